#!/usr/bin/env bash
# A server with nothing but Node.js itself, under otel-run.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
export PORT=$port
start otel-run \
  --traces_exporter console --metrics_exporter console --logs_exporter console --console_format "${1:-pretty}" \
  --metric_export_interval 5000 \
  node app.js
for path in / /twice; do request "$path" >&2; done
stop
