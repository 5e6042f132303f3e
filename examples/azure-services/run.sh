#!/usr/bin/env bash
# Three services in two languages that call each other: one transaction, and an Application Map.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
azure
stock=$(free_port) prices=$(free_port)
export STOCK="http://127.0.0.1:$stock" PRICES="http://127.0.0.1:$prices" OTEL_METRICS_EXPORTER=none
beside "$stock" otel-run --service_name stock node --require @opentelemetry/auto-instrumentations-node/register stock.js "$stock"
beside "$prices" otel-run --service_name prices flask --app prices run --port "$prices"
start otel-run --service_name shop uvicorn shop:app --port "$port"
for path in /orders/7 /orders/700; do request "$path" >&2; done
sleep 1.5 # an SDK hands over once a second
stop
