"""Compares the shim's encoder with the official one (both decoded again)."""

import math
import sys
import unittest
from unittest import mock

sys.path.insert(0, sys.argv.pop())
from _otel_run import encode, identity
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

RESOURCE = Resource({"service.name": "shop", "n": 1, "process.pid": 7}, schema_url="https://example.com/r")
ATTRIBUTES = {
    "text": "grüß",
    "empty": "",
    "int": -5,
    "zero": 0,
    "large": 2**62,
    "true": True,
    "false": False,
    "float": 2.5,
    "texts": ["a", "b"],
    "ints": [1, -2, 3],
    "floats": [0.5, math.inf],
    "bools": [True, False],
    "none": [],
}
REMOTE = SpanContext(0xABC << 100, 0xDEF, True, TraceFlags(1), TraceState([("a", "b"), ("c", "d")]))


@mock.patch.object(identity, "attributes", lambda resource: dict(resource))
class Encoding(unittest.TestCase):
    maxDiff = None

    def same(self, ours, theirs):
        read = type(theirs).FromString(ours)
        self.assertEqual(read, theirs)

    def test_spans(self):
        memory = InMemorySpanExporter()
        provider = TracerProvider(resource=RESOURCE, span_limits=SpanLimits(max_events=2, max_links=1))
        provider.add_span_processor(SimpleSpanProcessor(memory))
        first = provider.get_tracer("first", "1.0", schema_url="https://example.com/s", attributes={"q": True})
        second = provider.get_tracer("second")
        remote = set_span_in_context(NonRecordingSpan(REMOTE))
        links = [Link(REMOTE, {"x": 1.5}), Link(REMOTE)]
        with first.start_as_current_span("root", remote, SpanKind.SERVER, ATTRIBUTES, links) as span:
            for name in ("dropped", "one", "two"):
                span.add_event(name, {"k": [1.5]})
            span.set_status(Status(StatusCode.ERROR, "bad"))
            with second.start_as_current_span("child", kind=SpanKind.CLIENT) as child:
                child.set_status(Status(StatusCode.OK))
            with first.start_as_current_span("", kind=SpanKind.PRODUCER):
                pass
        with first.start_as_current_span("other root", kind=SpanKind.CONSUMER):
            pass
        spans = memory.get_finished_spans()
        self.assertEqual(len(spans), 4)
        ours, theirs = encode.spans(spans), encode_spans(spans)
        read = type(theirs).FromString(ours)
        for span in spans_of(read):
            # The official exporter leaves out the flags of the trace and a link's state.
            self.assertEqual(span.flags & 0xFF, span_flags(spans, span.span_id))
            span.flags &= ~0xFF
            for link in span.links:
                self.assertEqual((link.flags & 0xFF, link.trace_state), (1, "a=b,c=d"))
                link.flags &= ~0xFF
                link.trace_state = ""
        for span in spans_of(theirs):
            if not span.status.code and not span.status.message:
                span.ClearField("status")
        self.assertEqual(read, theirs)

    def test_metrics(self):
        reader = InMemoryMetricReader()
        views = [View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())]
        provider = MeterProvider([reader], RESOURCE, views=views)
        meter = provider.get_meter("meter", "2", "https://example.com/m", {"q": "x"})
        counter = meter.create_counter("counter", "1", "a counter")
        histogram = meter.create_histogram("histogram", "s")
        exponential = meter.create_histogram("exponential", "ms")
        for value in (0, 1, 2.5, 1000):
            counter.add(value, ATTRIBUTES)
            histogram.record(value, {"a": 1})
            exponential.record(value)
        meter.create_counter("int").add(2**53)
        meter.create_up_down_counter("up").add(-3)
        meter.create_gauge("gauge").set(-1.5)
        with TracerProvider().get_tracer("t").start_as_current_span("exemplar"):
            counter.add(1, {"with": "exemplar"})
        data = reader.get_metrics_data()
        self.same(encode.metrics(data), encode_metrics(data))

    def test_logs(self):
        memory = InMemoryLogRecordExporter()
        provider = LoggerProvider(RESOURCE)
        provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
        logger = provider.get_logger("logger", "3", "https://example.com/l")
        logger.emit(LogRecord(body="plain", severity_number=SeverityNumber.WARN, severity_text="WARN"))
        logger.emit(LogRecord(timestamp=5, observed_timestamp=6, body={"a": [1, {"b": None}], "c": 1.5}, event_name="e"))
        logger.emit(LogRecord(body=17, attributes={"nested": {"k": [True, "x"]}, **ATTRIBUTES}))
        logger.emit(LogRecord(body=b"\x00\xff"))
        with TracerProvider().get_tracer("t").start_as_current_span("around"):
            logger.emit(LogRecord(body="in a span"))
        records = memory.get_finished_logs()
        self.assertEqual(len(records), 5)
        ours, theirs = encode.logs(records), encode_logs(records)
        self.same(ours, theirs)

    def test_values_beyond_the_format(self):
        for value, text in ((2**70, str(2**70)), ("\ud800", "?"), (object, str(object))):
            pair = encode.pair("k", value)
            self.assertTrue(pair.endswith(text.encode()), pair)
        deep = value = []
        for _ in range(100):
            value.append([])
            value = value[0]
        self.assertLess(len(encode.value(deep)), 500)


def spans_of(request):
    return [span for r in request.resource_spans for scope in r.scope_spans for span in scope.spans]


def span_flags(spans, span_id):
    return next(s.context.trace_flags for s in spans if s.context.span_id == int.from_bytes(span_id, "big"))


unittest.main()
