#!/usr/bin/env bash
# A Koa server under otel-run: a few requests, and their telemetry on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
export PORT=$port
start otel-run \
  --traces_exporter console --metrics_exporter console --logs_exporter console --console_format "${1:-pretty}" \
  --metric_export_interval 5000 \
  node app.js
for path in / /items/1 /items/2 /items/404; do request "$path" >&2; done
stop
