"""A service whose framework has an instrumentation and whose libraries have none; it may set up the SDK
itself (OWN_PROVIDER), and then prints the spans of that.
"""

import os
import sqlite3
import sys
import urllib.request

if os.environ.get("OWN_PROVIDER"):
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

    def line(span):
        parent = "%016x" % span.parent.span_id if span.parent else "-"
        ids = "%032x" % span.context.trace_id, "%016x" % span.context.span_id
        return "own %s %s %s %s\n" % (span.kind.name, *ids, parent)

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stdout, formatter=line)))
    trace.set_tracer_provider(provider)

from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/orders")
def orders(request: Request):
    with urllib.request.urlopen("%sstock" % request.base_url) as response:
        return response.read().decode()


@app.get("/stock")
def stock():
    return sqlite3.connect(":memory:").execute("select 7").fetchone()[0]
