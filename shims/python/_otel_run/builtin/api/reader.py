"""Collects what the instruments have gathered and sends it, at the interval of
OTEL_METRIC_EXPORT_INTERVAL and at the end."""

from ... import native
from ...native import monotonic
from .. import delivery, process, sender, settings
from ...channel import Channel, agent
from ...encode import metric
from ...wire import message, text
from ..worker import Worker

# Instruments that are kept; those beyond it measure nothing.
_LIMIT = 2000

_instruments = []
# When the next values are due, once this process has some.
_due = None
_turn = native.allocate_lock()
_channel = None


def add(instrument):
    if len(_instruments) < _LIMIT and settings.wanted("metrics"):
        _instruments.append(instrument)
        if instrument.observed and not worker.running:
            worker.start()


def _run():
    global _due
    interval = (settings.number("OTEL_METRIC_EXPORT_INTERVAL") or 60000) / 1000.0
    # A thread that had to leave for a fork has left its time to this one.
    _due = _due or monotonic() + interval
    while worker.wait(max(_due - monotonic(), 0)):
        flush()
        _due = monotonic() + interval
    flush()


# Started with the first value of each process.
worker = Worker(_run)


def flush():
    """Sends what there is now."""
    global _channel
    if not _turn.acquire(False):
        return  # the other one does it
    try:
        body = _request()
        to = agent() if body else None
        if to is None:
            return
        if _channel is None:
            _channel = Channel(to[0], "/v1/metrics", to[1])
        _channel.post(body)
    except Exception:
        pass
    finally:
        _turn.release()


def _request():
    """An ExportMetricsServiceRequest, or nothing."""
    scopes = {}
    for instrument in list(_instruments):
        if instrument.replaced():
            _instruments.remove(instrument)
            continue
        encoded = metric(instrument.collect())
        if encoded is not None:
            scopes.setdefault((instrument.scope, instrument.scope.version), []).append(message(2, encoded))
    if not scopes:
        return b""
    body = [message(1, delivery.resource())]
    for (name, version), encoded in scopes.items():
        body.append(message(2, message(1, text(1, name) + text(2, version)) + b"".join(encoded)))
    return message(1, b"".join(body))


def _in_child():
    """The values so far are the parent's."""
    global _due, _turn
    _turn = native.allocate_lock()
    for instrument in _instruments:
        instrument.reset()
    _due = None
    if any(instrument.observed for instrument in _instruments):
        worker.start()


process.on_fork(_in_child)
sender.others.append(flush)
