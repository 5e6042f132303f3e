"""Delivers what is left when the process ends in ways in which the SDK does not notice.

The SDK flushes at interpreter exit. Servers that stop on SIGTERM and then end by that same
signal (uvicorn) and children that `multiprocessing` forks never get there.
"""

import atexit
import os
import signal
import sys

from . import channel, fork, signals

_anchor = type("Anchor", (), {})()


def prepare():
    # Last registered, first called: before the SDK's own.
    atexit.register(_at_exit)
    signals.before_death(signal, flush)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork)


def _at_exit():
    channel.ending()
    try:
        if fork.adopt(at_end=True):
            flush()
    except Exception:
        pass
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        _quiet_threads()


def _quiet_threads():
    """Threads and locks from before gevent took over `threading` cannot unregister themselves.
    Python prints a traceback for each that the SDK has left, and they have nothing left to do."""
    report = sys.unraisablehook

    # Called when modules are gone already: everything it needs is its own.
    def hook(unraisable, report=report, getattr=getattr, str=str):
        about = unraisable.object
        thread = getattr(about, "__self__", None)
        if str(getattr(thread, "name", "")).startswith("Otel"):
            return
        if str(getattr(about, "__name__", "")) == "_removeHandlerRef":
            return
        report(unraisable)

    sys.unraisablehook = hook


def flush():
    """Hands everything over, within the budget of an ending process."""
    channel.ending()
    fork.adopt()
    for provider in _providers():
        try:
            provider.force_flush(timeout_millis=int(channel.ENDING * 1000))
        except Exception:
            pass


def _providers():
    from opentelemetry import metrics, trace
    from opentelemetry._logs import get_logger_provider

    found = (trace.get_tracer_provider(), get_logger_provider(), metrics.get_meter_provider())
    return [provider for provider in found if hasattr(provider, "force_flush")]


def _before_fork():
    util = sys.modules.get("multiprocessing.util")
    if util is not None and not hasattr(_anchor, "registered"):
        _anchor.registered = True
        # A child of multiprocessing forgets the finalizers of its parent, then runs these.
        util.register_after_fork(_anchor, lambda _: util.Finalize(None, flush, exitpriority=-100))
