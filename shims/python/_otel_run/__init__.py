"""What otel-run does inside a Python process: load the application's own OpenTelemetry
packages as `opentelemetry-instrument` would, and bring what they produce to the agent.

`begin` decides, `official` starts the SDK, `exporters` with `encode` and `wire` and `channel`
carry the data, `logs` captures `logging`, `django` waits for Django's settings, `fork` and
`ending` look after processes that are forked and that end, `identity` tells them apart.
"""
