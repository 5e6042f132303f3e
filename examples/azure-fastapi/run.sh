#!/usr/bin/env bash
# FastAPI with a counter and a histogram of its own, to Azure Monitor: to yours when
# APPLICATIONINSIGHTS_CONNECTION_STRING is set, else to a stand-in that prints what it gets.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
azure
start otel-run --service_name shop --metric_export_interval 5000 uvicorn main:app --port "$port"
for name in alice bob alice nobody; do request "/$name/" >&2; done
sleep 6 # one interval of metrics
stop
