"""Exceptions that nobody has caught: of the main thread, of other threads, of asyncio. Hooks are called as
without us.
"""

import sys

_ERROR, _FATAL = 17, 21
_ended = False


def of_the_main_thread():
    """Called when the main thread has come to its end. No hook is put in `sys`: whatever looks whether there
    is one finds what it would find without us."""
    global _ended
    if _ended or sys.flags.inspect or hasattr(sys, "ps1"):
        return  # at a prompt nothing ends by it
    _ended = True
    try:
        error, trace = sys.last_value, sys.last_traceback
        # What debuggers and the like have caught and left there did not come out of the outermost frame.
        if trace is None or trace.tb_frame.f_back is None:
            _note(error.__class__, error, _FATAL)
    except Exception:
        pass


def of_threads(threading):
    """What a thread hands to `threading.excepthook`, whichever that is."""
    soon = getattr(threading, "_register_atexit", None)
    if soon is not None:
        # The main thread may have long ended when the last of the others does.
        soon(of_the_main_thread)
    make = getattr(threading, "_make_invoke_excepthook", None)
    if make is None:
        return  # before Python 3.8

    def _make_invoke_excepthook():
        theirs = make()

        def invoke_excepthook(thread):
            try:
                kind, error, _ = sys.exc_info()
                _note(kind, error, _ERROR, {"thread.name": thread.name})
            except Exception:
                pass
            return theirs(thread)

        return invoke_excepthook

    threading._make_invoke_excepthook = _make_invoke_excepthook


def of_loops(base_events):
    """What a task, a callback or a transport raised, and nobody fetched. The default handler writes it
    to the log, which need not say it a second time."""
    if sys.version_info < (3, 7):
        from .context36 import tasks_inherit

        tasks_inherit(base_events)
    previous = base_events.BaseEventLoop.call_exception_handler

    def call_exception_handler(self, context):
        try:
            error = context.get("exception")
            noted = error is not None and _note(error.__class__, error, _ERROR, body=context.get("message"))
        except Exception:
            noted = False
        if not noted:
            return previous(self, context)
        from .logs import without

        with without():
            return previous(self, context)

    base_events.BaseEventLoop.call_exception_handler = call_exception_handler


def _note(kind, error, severity, attributes=None, body=None):
    """Whether it is on its way. What ends a program on purpose is no failure."""
    if issubclass(kind, (KeyboardInterrupt, SystemExit, GeneratorExit)):
        return False
    from . import clock, log_record, record, sender, settings

    if not settings.wanted("logs"):
        return False
    told = record.described(error)
    text = "%s: %s" % (told["exception.type"], told.get("exception.message", ""))
    level = "FATAL" if severity == _FATAL else "ERROR"
    told.update(attributes or {})
    when = clock.now() + clock.offset()
    sender.put_log(log_record.Record("otel_run.exceptions", when, severity, level, body or text, told, "exception"))
    return True
