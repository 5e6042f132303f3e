#!/usr/bin/env bash
# A program for which nothing is installed: its requests, figures of the host and of its processes, and how it ended.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
start otel-run --traces_exporter console --metrics_exporter console --logs_exporter console --console_format pretty \
  --metric_export_interval 1000 \
  python3 -m http.server --bind 127.0.0.1 "$port"
for _ in 1 2 3; do request / >/dev/null; done
sleep 2
stop
