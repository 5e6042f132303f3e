#!/usr/bin/env bash
# A FastAPI server under otel-run: a few requests, and what is known of them afterwards.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
export STOCK="http://127.0.0.1:$port"
telemetry=$(mktemp)
trap 'clean_up; rm -f "$telemetry"' EXIT
start otel-run \
  --traces_exporter console --metrics_exporter console --logs_exporter console --console_format "${1:-pretty}" \
  --console_output "$telemetry" --service_name main \
  uvicorn main:app --port "$port"
for path in /items/1 /orders/2 /orders/404; do request "$path" >&2; done
sleep 1 # so that the figures of the machine are of more than a moment
stop

if [ "${1:-pretty}" != pretty ]; then
  cat "$telemetry"
  exit
fi
section() {
  echo
  echo "== $1"
  grep -E "$2" "$telemetry"
}
section "spans: the way of each request" '^[^ ]+ SPAN '
section "log records, with the trace and the span that they belong to" '^[^ ]+ (INFO|WARN|ERROR) '
section "metrics of requests, calls and queries" '^[^ ]+ METRIC (http|db)\.'
section "the server's processes and their machine (some of the figures)" \
  '^[^ ]+ METRIC (process.(cpu.time|memory.usage|thread.count|uptime)|system.(cpu.utilization|memory.usage)) ' | tail -n 18
