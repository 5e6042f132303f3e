#!/usr/bin/env bash
# A FastAPI server with OpenTelemetry's own packages under otel-run, and its telemetry on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
start otel-run \
  --traces_exporter console --metrics_exporter console --logs_exporter console --console_format "${1:-pretty}" \
  --metric_export_interval 5000 --service_name main \
  uvicorn main:app --port "$port"
for path in / /items/1 /items/2 /items/404; do request "$path" >&2; done
stop
