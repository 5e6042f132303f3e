"""What otel-run does inside a Python process: load the application's own OpenTelemetry
packages as `opentelemetry-instrument` would, and bring what they produce to the agent.

`begin` decides, `official` starts the SDK, `exporters` with `encode` and `wire` and `channel`
carry the data, `logs` captures `logging`, `ending` delivers the rest at the end, `identity`
tells worker processes apart.
"""
