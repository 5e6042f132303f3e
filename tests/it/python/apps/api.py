"""OpenTelemetry's API without its SDK: what an application records itself works, below what is
observed and above it. Checks itself; the argument says how much the API's release offers.
"""

import logging
import sqlite3
import sys
import threading

from opentelemetry import baggage, context, metrics, propagate, trace

tracer = trace.get_tracer("shop", "1.2.3")
current = trace.get_current_span
assert current() is trace.INVALID_SPAN

with tracer.start_as_current_span("root", kind=trace.SpanKind.SERVER) as root:
    assert current() is root and root.is_recording()
    root.set_attribute("user", "ann")
    root.set_attributes({"numbers": (1, 2), "ratio": 0.5})
    root.add_event("thought", {"about": "it"})
    # Spans that are observed are its children ...
    sqlite3.connect(":memory:").execute("select 1")
    token = context.attach(baggage.set_baggage("tenant", "blue"))
    assert baggage.get_baggage("tenant") == "blue" and current() is root
    headers = {}
    propagate.inject(headers)
    assert headers["baggage"] == "tenant=blue", headers
    assert headers["traceparent"].split("-")[2] == trace.format_span_id(root.get_span_context().span_id)
    context.detach(token)
    assert baggage.get_baggage("tenant") is None and current() is root

    # ... also where a thread takes the context with it.
    here = context.get_current()

    def elsewhere():
        assert current() is trace.INVALID_SPAN
        token = context.attach(here)
        sqlite3.connect(":memory:").execute("select 2")
        context.detach(token)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    logging.getLogger("shop").warning("within")
    try:
        with tracer.start_as_current_span("fails"):
            raise ValueError("out of stock")
    except ValueError:
        pass

    @tracer.start_as_current_span("decorated")
    def decorated():
        return current().get_span_context()

    assert decorated().trace_id == root.get_span_context().trace_id
    manual = tracer.start_span("manual", links=[trace.Link(root.get_span_context(), {"why": "so"})])
    manual.set_status(trace.Status(trace.StatusCode.ERROR, "no good"))
    manual.end()
    manual.set_attribute("late", "ignored")
    # What exporters of the application's own do is not to be seen.
    token = context.attach(context.set_value("suppress_instrumentation", True))
    sqlite3.connect(":memory:").execute("select 3")
    context.detach(token)

remote = trace.SpanContext(0xABC, 0xDEF, True, trace.TraceFlags(1))
with trace.use_span(trace.NonRecordingSpan(remote)):
    tracer.start_span("of a remote parent").end()
assert current() is trace.INVALID_SPAN

meter = metrics.get_meter("shop", "1.2.3")
jobs = meter.create_counter("jobs", unit="{job}", description="Jobs done")
jobs.add(2, {"kind": "a"})
jobs.add(3, {"kind": "a"})
meter.create_up_down_counter("waiting").add(-4)
sizes = meter.create_histogram("sizes", unit="By")
for size in (3, 300, 30000):
    sizes.record(size)


def temperature(options):
    yield metrics.Observation(21.5, {"room": "1"})


meter.create_observable_gauge("temperature", [temperature])
meter.create_observable_counter("heartbeats", [temperature])
if sys.argv[1:] == ["current"]:
    meter.create_gauge("level").set(7)
    from opentelemetry._logs import SeverityNumber, get_logger

    get_logger("events").emit(body="an event", severity_number=SeverityNumber.ERROR, event_name="shop.event")
