#!/usr/bin/env bash
# Django and gunicorn under otel-run: spans and log records on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
start otel-run --traces_exporter console --metrics_exporter none --logs_exporter console --console_format pretty \
  gunicorn --workers 2 --bind "127.0.0.1:$port" --log-level warning shop.wsgi
for path in / /items/7 /items/700 /nothing; do request "$path" >&2; done
stop
