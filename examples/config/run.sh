#!/usr/bin/env bash
# One application, and what is done to its telemetry by a file: first in OpenTelemetry's form, then by the
# applicationinsights.json of a Java team. To your Azure Monitor when APPLICATIONINSIGHTS_CONNECTION_STRING is set, else
# to a stand-in that prints what it gets.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
azure
for file in otel-run.yaml applicationinsights.json; do
  otel-run settings --effective --config "$file" uvicorn main:app >&2
  start otel-run --config "$file" uvicorn main:app --port "$port"
  for path in /health /orders/7 /orders/404; do request "$path" >&2; done
  stop
  port=$(free_port)
done
