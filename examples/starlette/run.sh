#!/usr/bin/env bash
# Starlette and uvicorn under otel-run: spans and log records on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
start otel-run --traces_exporter console --metrics_exporter none --logs_exporter console --console_format pretty \
  uvicorn main:app --port "$port"
for path in / /items/7 /items/700 /nothing; do request "$path" >&2; done
stop
