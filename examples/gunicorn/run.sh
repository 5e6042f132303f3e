#!/usr/bin/env bash
# Four gunicorn workers under otel-run, one Prometheus endpoint for all of them.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
metrics=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start otel-run --traces_exporter none --metrics_exporter prometheus --logs_exporter none \
  --exporter_prometheus_port "$metrics" --metric_export_interval 1000 \
  gunicorn --workers 4 --worker-class uvicorn_worker.UvicornWorker --bind "127.0.0.1:$port" --log-level warning main:app
for item in $(seq 40); do request "/items/$item" >/dev/null; done
sleep 3 # an export interval and more

echo "== what Prometheus sees of 40 requests to four workers" >&2
(port=$metrics; request /metrics) | grep -E '^http_server_request_duration_seconds_(count|sum)|^process_cpu_time|^process_thread'
stop
