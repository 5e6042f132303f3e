"""An application that traces itself: FastAPI's own telemetry, with an SDK that prints."""

import logging
import sys

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult


class Printer(SpanExporter):
    def export(self, spans):
        for span in spans:
            if span.kind is trace.SpanKind.SERVER:
                print("span %032x %016x" % (span.context.trace_id, span.context.span_id))
        sys.stdout.flush()
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(Printer()))
trace.set_tracer_provider(provider)

app = FastAPI()


@app.get("/hello/{name}")
def hello(name: str):
    logging.getLogger("shop").warning("hello %s", name)
    return name
