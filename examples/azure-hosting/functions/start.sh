# What host.json starts: the functions host says on which port it will call.
exec "${OTEL_RUN:-./bin/otel-run}" uvicorn main:app --port "$FUNCTIONS_CUSTOMHANDLER_PORT"
