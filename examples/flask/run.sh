#!/usr/bin/env bash
# Flask's development server under otel-run, spans on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
start otel-run --traces_exporter console --metrics_exporter none --logs_exporter none --console_format pretty \
  flask --app app run --port "$port"
for path in / /items/1 /nothing; do request "$path" >&2; done
sleep 1.5 # the SDK hands over once a second, and SIGTERM ends this server at once
stop
