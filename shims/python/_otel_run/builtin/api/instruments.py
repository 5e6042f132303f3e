"""What the application measures, added up until it is sent."""

import os
from bisect import bisect_left
from threading import Lock

from .. import clock
from . import reader
from .span import plain

# Sets of attributes that one instrument keeps apart; what comes beyond falls into one of its own.
_LIMIT = 2000
_OVERFLOW = (("otel.metric.overflow", True),)
_BOUNDS = (0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0)
_DELTA, _CUMULATIVE = 1, 2


def _is_delta():
    """What is asked for, as far as it concerns counters and histograms."""
    name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
    return os.environ.get(name, "").strip().lower() in ("delta", "lowmemory")


class Point:
    """One value of the encoder's metrics."""

    exemplars = ()

    def __init__(self, key, start, now, **values):
        self.attributes, self.start_time_unix_nano, self.time_unix_nano = dict(key), start, now
        self.__dict__.update(values)


class Data:
    def __init__(self, points, **about):
        self.data_points = points
        self.__dict__.update(about)


class Instrument:
    """Values by their attributes. The proxy is the application's object."""

    observed = False

    def __init__(self, proxy, scope, monotonic):
        self.scope, self.monotonic, self._proxy = scope, monotonic, proxy
        self.name, self.unit, self.description = proxy._name, proxy._unit or "", proxy._description or ""
        self._delta = _is_delta() and (monotonic or monotonic is None)
        self.reset()

    def reset(self):
        """Begins anew, as a forked process does."""
        self._lock = Lock()
        self._values = {}
        self._start = clock.wall()

    def replaced(self):
        """Whether a provider has come and put its own instrument in this one's place."""
        return self._proxy._real_instrument is not self

    def _key(self, attributes):
        if not attributes:
            return ()
        key = tuple(sorted((str(name), _hashable(value)) for name, value in attributes.items()))
        return key if key in self._values or len(self._values) < _LIMIT else _OVERFLOW

    def _change(self, attributes, change, first):
        try:
            if not reader.worker.running:
                reader.worker.start()
            with self._lock:
                key = self._key(attributes)
                self._values[key] = change(self._values[key]) if key in self._values else first()
        except Exception:
            pass

    def collect(self):
        """The metric for the encoder; `data` without points when there is nothing to say."""
        with self._lock:
            now, start = clock.wall(), self._start
            points = [self._point(key, value, start, now) for key, value in self._values.items()]
            if self._delta:
                self._values, self._start = {}, now
        self.data = self._data(points)
        return self

    def _point(self, key, value, start, now):
        return Point(key, start, now, value=value)

    def _temporality(self):
        return _DELTA if self._delta else _CUMULATIVE


class Sum(Instrument):
    def add(self, amount, attributes=None, context=None):
        if amount < 0 and self.monotonic:
            return
        self._change(attributes, lambda value: value + amount, lambda: amount)

    def _data(self, points):
        return Data(points, aggregation_temporality=self._temporality(), is_monotonic=self.monotonic)


class Last(Instrument):
    def set(self, amount, attributes=None, context=None):
        self._change(attributes, lambda value: amount, lambda: amount)

    def _data(self, points):
        return Data(points)


class Distribution(Instrument):
    def __init__(self, proxy, scope, monotonic):
        wished = getattr(proxy, "_explicit_bucket_boundaries_advisory", None)
        self._bounds = tuple(wished) if wished is not None else _BOUNDS
        Instrument.__init__(self, proxy, scope, monotonic)

    def record(self, amount, attributes=None, context=None):
        if amount < 0:
            return

        def first():
            return self._with([[0] * (len(self._bounds) + 1), 0, amount, amount], amount)

        self._change(attributes, lambda value: self._with(value, amount), first)

    def _with(self, value, amount):
        value[0][bisect_left(self._bounds, amount)] += 1
        value[1] += amount
        value[2], value[3] = min(value[2], amount), max(value[3], amount)
        return value

    def _point(self, key, value, start, now):
        counts, total, least, most = value
        about = {"bucket_counts": list(counts), "explicit_bounds": self._bounds, "count": sum(counts)}
        return Point(key, start, now, sum=float(total), min=float(least), max=float(most), **about)

    def _data(self, points):
        return Data(points, aggregation_temporality=self._temporality())


class Observed(Instrument):
    """Asked for its values when they are sent."""

    observed = True

    def replaced(self):
        return self._proxy._real_instrument is not None

    def collect(self):
        values = {}
        for callback in self._proxy._callbacks or ():
            try:
                for observation in self._ask(callback):
                    key = self._key(observation.attributes)
                    values[key] = observation.value
            except Exception:
                continue
        before, now = self._values, clock.wall()
        if self._delta and self.monotonic:
            points = [Point(key, self._start, now, value=value - before.get(key, 0)) for key, value in values.items()]
            self._start = now
        else:
            points = [Point(key, self._start, now, value=value) for key, value in values.items()]
        self._values = values
        if self.monotonic is None:
            self.data = Data(points)
        else:
            delta = self._delta and self.monotonic
            about = {"aggregation_temporality": _DELTA if delta else _CUMULATIVE, "is_monotonic": self.monotonic}
            self.data = Data(points, **about)
        return self

    def _ask(self, callback):
        """The observations of a callback; some are generators that go on from time to time."""
        from opentelemetry.metrics import CallbackOptions

        if hasattr(callback, "send"):
            running = getattr(self, "_running", None)
            if running is None:
                running = self._running = set()
            if callback in running:
                return callback.send(CallbackOptions())
            running.add(callback)
            return next(callback)
        return callback(CallbackOptions())


def _hashable(value):
    value = plain(value)
    return tuple(value) if isinstance(value, list) else value
