#!/usr/bin/env bash
# Pyramid and waitress under otel-run: spans and log records on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
start otel-run --traces_exporter console --metrics_exporter none --logs_exporter console --console_format pretty \
  waitress-serve --listen "127.0.0.1:$port" main:app
for path in / /items/7 /items/700 /nothing; do request "$path" >&2; done
sleep 1 # SIGTERM ends this server at once, and what it knows is handed over five times a second
stop
