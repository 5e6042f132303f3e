#!/usr/bin/env bash
# A Next.js server under otel-run: a few requests, and their telemetry on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
export PORT=$port HOSTNAME=127.0.0.1 NEXT_TELEMETRY_DISABLED=1 PATH="$PWD/node_modules/.bin:$PATH"
[ -d .next ] || next build >&2
start otel-run \
  --traces_exporter console --metrics_exporter console --logs_exporter console --console_format "${1:-pretty}" \
  --metric_export_interval 5000 \
  next start --hostname 127.0.0.1
for path in / /items/1 /items/2 /items/404; do request "$path" >&2; done
stop
