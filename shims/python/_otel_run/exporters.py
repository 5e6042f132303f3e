"""Exporters for the SDK, registered with it by the entry points beside this package."""

import os

from opentelemetry.sdk._configuration import _OTelSDKConfigurator
from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricExporter, MetricExportResult
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

try:
    from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
except ImportError:
    from opentelemetry.sdk._logs.export import LogExporter as LogRecordExporter
    from opentelemetry.sdk._logs.export import LogExportResult as LogRecordExportResult

from . import encode, fork
from .channel import Channel, agent


# Whether spans of our hooks are among those of the SDK.
has_raw_spans = False


def _channel(path, *more):
    address, headers = agent()
    return Channel(address, path, headers + list(more))


def _deliver(channel, encoder, data):
    """Whether the agent took it. The SDK would print what goes wrong."""
    try:
        fork.adopt()
        return channel.post(encoder(data))
    except Exception:
        return False


class Spans(SpanExporter):
    def __init__(self):
        self._channel = _channel("/v1/traces")
        self._raw = False

    def export(self, spans):
        if has_raw_spans and not self._raw:
            self._raw = True
            # The agent completes spans of our hooks only where it is told that there are some.
            self._channel = _channel("/v1/traces", ("x-otel-run-shim", "1"))
        taken = _deliver(self._channel, encode.spans, spans)
        return SpanExportResult.SUCCESS if taken else SpanExportResult.FAILURE

    def shutdown(self, *_, **__):
        self._channel.close()

    def force_flush(self, timeout_millis=30000):
        return True


class Logs(LogRecordExporter):
    def __init__(self):
        self._channel = _channel("/v1/logs")

    def export(self, batch):
        taken = _deliver(self._channel, encode.logs, batch)
        return LogRecordExportResult.SUCCESS if taken else LogRecordExportResult.FAILURE

    def shutdown(self, *_, **__):
        self._channel.close()

    def force_flush(self, timeout_millis=30000):
        return True


class Metrics(MetricExporter):
    def __init__(self):
        super().__init__(preferred_temporality=_temporality(), preferred_aggregation=_aggregation())
        self._channel = _channel("/v1/metrics")

    def export(self, metrics_data, timeout_millis=10000, **_):
        taken = _deliver(self._channel, encode.metrics, metrics_data)
        return MetricExportResult.SUCCESS if taken else MetricExportResult.FAILURE

    def shutdown(self, timeout_millis=30000, **_):
        self._channel.close()

    def force_flush(self, timeout_millis=10000):
        return True


def _temporality():
    """OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE (OTLP exporter specification)."""
    cumulative, delta = AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA
    wish = os.environ.get("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "").strip().lower()
    chosen = {
        kind: cumulative
        for kind in (Counter, UpDownCounter, Histogram, ObservableCounter, ObservableUpDownCounter, ObservableGauge)
    }
    if wish in ("delta", "lowmemory"):
        chosen[Counter] = chosen[Histogram] = delta
    if wish == "delta":
        chosen[ObservableCounter] = delta
    return chosen


def _aggregation():
    """OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION."""
    wish = os.environ.get("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "").strip().lower()
    if wish != "base2_exponential_bucket_histogram":
        return {}
    from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation

    return {Histogram: ExponentialBucketHistogramAggregation()}


class Configurator(_OTelSDKConfigurator):
    """For applications that have the SDK and instrumentations but no distribution."""
