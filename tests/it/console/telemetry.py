"""Makes spans, metrics and log records of every shape, prints them with the SDK's own console
exporters into the folder given as the argument, and sends the very same ones over OTLP/HTTP to
where OTEL_EXPORTER_OTLP_ENDPOINT says."""

import math
import sys
from pathlib import Path

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, ConsoleLogRecordExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    InMemoryMetricReader,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

folder = Path(sys.argv[1])
resource = Resource.create(
    {"service.name": "shop", "naïve": "Zürich ☃ 🦀", "list": ["a", "b"], "answer": 42, "share": 0.1},
    schema_url="https://opentelemetry.io/schemas/1.37.0",
)

# Numbers that Python and others print in different ways, and strings that need escapes.
ATTRIBUTES = {
    "text": 'quotes " and \\ and / and \x7f and \x1b[31mred\n\ttab \u2028 \u00e9 \U0001f980',
    "empty": "",
    "true": True,
    "int": -(2**53) - 1,
    "big": 2**63 - 1,
    "one": 1.0,
    "tenth": 0.1,
    "tiny": 1e-7,
    "small": 0.0001,
    "smaller": 0.00001234,
    "large": 1e15,
    "larger": 1e16,
    "huge": 1.7976931348623157e308,
    "minus zero": -0.0,
    "strings": ["x", "", "ÿ"],
    "ints": [1, -2, 3],
    "floats": [0.5, 1.0, 1e22],
    "bools": [True, False],
    "nothing": [],
}


def spans(exporters):
    provider = TracerProvider(resource=resource)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000))
    tracer = provider.get_tracer("spans", "1.2.3")
    remote = SpanContext(
        0x0102030405060708090A0B0C0D0E0F10,
        0x1112131415161718,
        is_remote=True,
        trace_flags=TraceFlags(1),
        trace_state=TraceState([("vendor", "a'b"), ("fw529@dt", "x"), ("third", 'q"\'\\')]),
    )
    parent = trace.set_span_in_context(NonRecordingSpan(remote))
    for index, kind in enumerate(SpanKind):
        span = tracer.start_span(
            f"span {kind.name}",
            context=parent if index % 2 else None,
            kind=kind,
            attributes=ATTRIBUTES if index == 1 else {"index": index},
            start_time=1_700_000_000_123_456_789 + index * 1_000_000_007,
            links=[Link(SpanContext(index + 1, index + 2, False), {"why": "because"})] * index,
        )
        if index == 1:
            span.add_event("first", {"n": 1.5}, timestamp=1_700_000_000_999_999_999)
            span.add_event("second", timestamp=1_700_000_001_000_000_000)
            span.set_status(Status(StatusCode.ERROR, "it broke: ☂"))
        if index == 2:
            span.set_status(StatusCode.OK)
            span.set_attributes({"nan": math.nan, "inf": math.inf, "-inf": -math.inf})
            state = TraceState([("vendor", "linked")])
            span.add_link(SpanContext(7, 8, True, trace_state=state))
        if index == 3:
            span.record_exception(ValueError("bad"))
        span.end(end_time=1_700_000_009_000_000_499 + index)
    provider.shutdown()


def metrics(exporters):
    """Collected once for each temporality, and handed to all exporters."""
    delta = {Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA}
    for preferred in ({}, delta):
        reader = InMemoryMetricReader(preferred_temporality=preferred)
        exponential = View(
            instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation()
        )
        provider = MeterProvider([reader], resource=resource, views=[exponential])
        meter = provider.get_meter(
            "meter ☃", "0.9", schema_url="https://example.org/schema", attributes={"scope": "yes"}
        )
        tracer = TracerProvider().get_tracer("sampled")
        with tracer.start_as_current_span("exemplars"):
            meter.create_counter("requests", "1", "Requests").add(5, {"path": "/", "n": 1})
            meter.create_counter("seconds", "s").add(0.25)
            meter.create_histogram("latency", "ms", "Latency").record(12.5, {"route": "/a"})
            meter.create_histogram("exponential", "By").record(1000.5)
        up_down = meter.create_up_down_counter("in.flight", description="Now")
        up_down.add(3)
        up_down.add(-5)
        meter.create_gauge("temperature", "Cel").set(-1.5e-7)
        exponential = meter.create_histogram("exponential")
        for value in (0.0, 0.001, 7.25, 1e9):
            exponential.record(value)
        meter.create_observable_gauge(
            "observed", [lambda options: [Observation(7), Observation(-1.5, {"side": "left"})]]
        )
        other = provider.get_meter("other", "")
        other.create_counter("plain").add(1)
        other.create_histogram("integers").record(7)
        data = reader.get_metrics_data()
        for exporter in exporters:
            exporter.export(data)
        provider.shutdown()


def logs(exporters):
    provider = LoggerProvider(resource=resource)
    for exporter in exporters:
        provider.add_log_record_processor(
            BatchLogRecordProcessor(exporter, schedule_delay_millis=3_600_000)
        )
    logger = provider.get_logger("logs", "1")
    time = 1_700_000_000_000_000_001
    logger.emit(
        LogRecord(
            timestamp=time,
            observed_timestamp=time + 1_000,
            severity_text="WARN",
            severity_number=SeverityNumber.WARN,
            body="plain ☃ text\n\x1b[0m",
            attributes={**ATTRIBUTES, "bytes": b"\x00\xff\x10", "map": {"a": 1, "b": [None, {"c": 2.0}]}},
            event_name="an.event",
        )
    )
    logger.emit(LogRecord(observed_timestamp=time + 1, body={"nested": {"deep": [1, 2.5, "x", True]}}))
    logger.emit(LogRecord(timestamp=time, observed_timestamp=time + 2, body=None))
    logger.emit(LogRecord(timestamp=time, observed_timestamp=time + 3, body=b"bytes", severity_number=SeverityNumber.FATAL4))
    for body in (42, 4.0, False, ["a", 1, []], {}):
        logger.emit(LogRecord(timestamp=time, observed_timestamp=time + 4, body=body))
    with TracerProvider().get_tracer("root").start_as_current_span("root"):
        logger.emit(LogRecord(timestamp=time, observed_timestamp=time + 5, body="in a span"))
    provider.shutdown()


with (
    open(folder / "traces", "w") as traces_out,
    open(folder / "metrics", "w") as metrics_out,
    open(folder / "logs", "w") as logs_out,
):
    spans([ConsoleSpanExporter(out=traces_out), OTLPSpanExporter()])
    metrics([ConsoleMetricExporter(out=metrics_out), OTLPMetricExporter()])
    logs([ConsoleLogRecordExporter(out=logs_out), OTLPLogExporter()])
