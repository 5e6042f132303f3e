#!/usr/bin/env bash
# Log records, exceptions and custom events, to Azure Monitor or to a stand-in.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
azure
start otel-run --service_name orders --metrics_exporter none uvicorn main:app --port "$port"
for path in /orders/7 /divide/0 /checkout/7 /broken; do request "$path" >&2; done
sleep 1.5
stop
