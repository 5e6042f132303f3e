"""A server with three workers that report metrics over OTLP; the first of them ends early.
Prints "ready" when all have reported, and ends with its stdin."""

import os
import subprocess
import sys

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

NASTY = 'a "quoted"\nline \\ and \\n, a tab \t, \u2028, é and 🦀, {le="1"} # {}'


def worker(number):
    resource = Resource.create(
        {
            "service.name": "shop",
            "service.instance.id": f"worker-{number}",
            "process.pid": os.getpid(),
            "shared": "same",
        }
    )
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=3_600_000)
    views = [
        View(instrument_name="size", aggregation=ExponentialBucketHistogramAggregation()),
    ]
    provider = MeterProvider([reader], resource=resource, views=views, shutdown_on_exit=False)
    meter = provider.get_meter("workers", "1.0", "https://example.org/schema", {"mascot": "bear"})
    with TracerProvider().get_tracer("sampled").start_as_current_span("request"):
        meter.create_counter("jobs", "{job}", 'Jobs "done"\nso far \\').add(
            number, {"path": NASTY, "http.method": "GET"}
        )
        wait = meter.create_histogram("wait", "s", "Time in the queue")
        for value in (0.001, 0.07, 3.0, 20_000.0):
            wait.record(value * number, {"le": "taken"})
    size = meter.create_histogram("size", "By")
    for value in (0, 1, 1000, 1_000_000):
        size.record(value * number)
    meter.create_up_down_counter("in_flight").add(number)
    meter.create_gauge("temperature", "Cel").set(20.5 + number)
    meter.create_observable_counter("cpu.time", [lambda options: [Observation(1.5)]], "s")
    # A name with two types.
    meter.create_gauge("jobs.total").set(1)
    reader.force_flush()
    print("reported", flush=True)
    sys.stdin.read()


def main():
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2, 3)
    ]
    for process in workers:
        assert process.stdout.readline() == "reported\n"
    workers[0].communicate()
    print("ready", flush=True)
    sys.stdin.read()
    for process in workers[1:]:
        process.communicate()


if len(sys.argv) > 1:
    worker(int(sys.argv[1]))
else:
    main()
