#!/usr/bin/env bash
# Flask and requests under otel-run, to Azure Monitor or to a stand-in.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
azure
export CATALOGUE="http://127.0.0.1:$port/catalogue"
start otel-run --service_name flask --metrics_exporter none flask --app app run --port "$port"
for path in /items/7 /items/700; do request "$path" >&2; done
sleep 1.5 # the SDK hands over once a second, and SIGTERM ends this server at once
stop
