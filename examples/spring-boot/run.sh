#!/usr/bin/env bash
# A Spring Boot server under otel-run with the official Java agent: a few requests, and their telemetry on the console.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

prepare
echo "== application and agent" >&2
mvn --quiet --batch-mode package
[ -f target/agent/opentelemetry-javaagent.jar ] || mvn --quiet --batch-mode \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dmdep.stripVersion -DoutputDirectory=target/agent \
  -Dartifact=io.opentelemetry.javaagent:opentelemetry-javaagent:2.33.1
start otel-run \
  --traces_exporter console --metrics_exporter console --logs_exporter console --console_format "${1:-pretty}" \
  --metric_export_interval 5000 --java_agent target/agent/opentelemetry-javaagent.jar \
  java -jar target/shop.jar --server.port="$port"
for path in / /items/1 /items/2 /items/404; do request "$path" >&2; done
stop
