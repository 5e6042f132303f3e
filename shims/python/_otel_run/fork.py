"""Keeps the SDK going in processes that were forked.

The SDK starts its threads anew when Python's hooks tell it of a fork. Two things it misses: a
lock that a thread of the parent held, and servers that fork in C and call no hooks (uWSGI). In
their workers its metric reader is dead, and at the end the SDK waits half a minute for the
thread that is not there.
"""

import os
import threading

from . import channel

_pid = os.getpid()


def watch():
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_in_child)


def adopt(at_end=False):
    """Makes up for hooks that were not called; to be called before the SDK does something.
    Returns whether there was anything to make up for."""
    if _pid == os.getpid():
        return False
    channel.renew()
    _in_child()
    for part in _batches() + _readers():
        if getattr(part, "_pid", None) == _pid or not hasattr(part, "_at_fork_reinit"):
            continue
        if at_end:
            _stand_in(part)
        else:
            part._at_fork_reinit()
    return True


class _Gone:
    """In the place of a thread that this process does not have, and cannot start any more."""

    def join(self, timeout=None):
        pass

    def is_alive(self):
        return False


def _stand_in(part):
    for name in ("_worker_thread", "worker_thread", "_daemon_thread"):
        if getattr(part, name, None) is not None:
            setattr(part, name, _Gone())


def _in_child():
    global _pid
    _pid = os.getpid()
    for reader in _readers():
        if hasattr(reader, "_export_lock"):
            reader._export_lock = threading.Lock()


def _readers():
    from opentelemetry import metrics

    provider = metrics.get_meter_provider()
    config = getattr(provider, "_sdk_config", None)
    return list(getattr(provider, "_metric_readers", None) or getattr(config, "metric_readers", ()))


def _batches():
    from opentelemetry import trace
    from opentelemetry._logs import get_logger_provider

    spans = getattr(trace.get_tracer_provider(), "_active_span_processor", None)
    logs = getattr(get_logger_provider(), "_multi_log_record_processor", None)
    processors = list(getattr(spans, "_span_processors", ())) + list(getattr(logs, "_log_record_processors", ()))
    return [getattr(each, "_batch_processor", each) for each in processors]
