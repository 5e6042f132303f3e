"""What to do in this process, decided in order of cost."""

import os
import sys

from . import role

_FOREIGN = ("ddtrace", "newrelic", "elasticapm", "opentelemetry.instrumentation.auto_instrumentation")
# Empty when Python cannot tell, as without PATH.
_PYTHON = sys.executable or "this Python"
_EXPORTERS = ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")


def begin(directory):
    """Starts telemetry in this process. Returns whether a ^C arrived meanwhile."""
    line = role.command_line()
    verdict, _ = role.judge(line)
    if verdict == "tool":
        os.environ["OTEL_RUN_DISABLE"] = "1"  # for what it starts
    if verdict != "active" or _nothing_wanted():
        return False
    foreign = [name for name in _FOREIGN if name in sys.modules]
    if foreign:
        _say("%s is loaded already in %s: it is left alone" % (foreign[0], _PYTHON))
        return False
    if _official():
        return _start_official(directory)

    if not _in_a_subinterpreter():
        from . import builtin

        builtin.start(line)
    return False


def _in_a_subinterpreter():
    """There a thread of ours would be fatal: the process aborts when an interpreter ends before its threads."""
    import _thread

    is_main = getattr(_thread, "_is_main_interpreter", None)
    if is_main is not None:
        return not is_main()
    import _signal

    try:
        # Only the main interpreter may; before Python 3.8 all of them.
        _signal.set_wakeup_fd(_signal.set_wakeup_fd(-1))
    except ValueError:
        return True
    return False


def _official():
    """Whether the application's own OpenTelemetry packages are to be loaded."""
    choice = os.environ.get("OTEL_RUN_SHIM", "").strip().lower()
    if choice == "builtin":
        return False
    from . import packages

    if packages.usable():
        return True
    if os.environ.get("OTEL_RUN_OVERLAY"):
        from . import overlay

        if overlay.use():
            return True
    if choice == "official":
        _say(
            "no %s in %s: the built-in shim is used instead (install opentelemetry-distro and the "
            "opentelemetry-instrumentation-* packages of its libraries)" % (packages.missing(), _PYTHON)
        )
    return False


def _start_official(directory):
    from . import official

    with _Interrupts() as interrupts:
        try:
            _start(official, directory)
        except BaseException as error:
            if not interrupts.seen:
                _say("OpenTelemetry did not start in %s: %s" % (_PYTHON, official.describe(error)))
    return interrupts.seen


def _start(official, directory):
    troubles = official.start(directory)

    from . import ending, fork, logs

    if os.environ.get("OTEL_LOGS_EXPORTER", "").strip().lower() != "none":
        logs.capture()
    fork.watch()
    ending.prepare()
    if official.ours():
        _complete(official.active)
    if troubles:
        _say("OpenTelemetry started with trouble in %s: %s" % (_PYTHON, "; ".join(troubles)))


def _complete(active):
    """What no instrumentation of the application's observes, our hooks do."""
    try:
        from . import exporters
        from .builtin import completion

        completion.complete(active)
        exporters.has_raw_spans = True
    except Exception:
        pass


def _say(text):
    from .notice import say

    say(text)


def _nothing_wanted():
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return True
    return all(os.environ.get(name, "").strip().lower() == "none" for name in _EXPORTERS)


class _Interrupts:
    """Tells a real ^C from a KeyboardInterrupt that some library raises while it loads."""

    seen = False

    def __enter__(self):
        import signal

        def note(signum, frame):
            self.seen = True
            signal.default_int_handler(signum, frame)

        self._ours = note
        try:
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, note)
        except ValueError:
            pass  # not the main thread (an embedded interpreter)
        return self

    def __exit__(self, *_):
        import signal

        if signal.getsignal(signal.SIGINT) is self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
