"""A program that sends the OTLP requests in the files named on its command line to where its
environment says, and trusts nothing but a 200. Those in files named `traces-raw` come as from a
built-in shim."""

import os
import sys
import urllib.request

endpoint = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
name, _, value = os.environ["OTEL_EXPORTER_OTLP_HEADERS"].partition("=")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for path in sys.argv[1:]:
    signal = os.path.basename(path).partition("-")[0]
    with open(path, "rb") as file:
        body = file.read()
    headers = {name: value, "Content-Type": "application/x-protobuf"}
    if os.path.basename(path).startswith("traces-raw"):
        headers["X-OTel-Run-Shim"] = "1"
    request = urllib.request.Request(f"{endpoint}/v1/{signal}", body, headers)
    with opener.open(request, timeout=10) as reply:
        assert reply.status == 200, reply.status
# One write: the agent may print to the same stream.
os.write(1, b"sent\n")
