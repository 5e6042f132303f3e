"""Exceptions that nobody has caught: of the main thread, of other threads, of asyncio. Hooks that were
there before are called as before.
"""

import sys

_ERROR, _FATAL = 17, 21


def of_the_main_thread():
    previous = sys.excepthook

    def excepthook(kind, error, traceback):
        try:
            _note(kind, error, _FATAL)
        except Exception:
            pass
        try:
            return previous(kind, error, traceback)
        finally:
            _flush()

    sys.excepthook = excepthook


def of_threads(threading):
    previous = getattr(threading, "excepthook", None)
    if previous is None:
        return  # before Python 3.8

    def excepthook(args):
        try:
            if args.exc_value is not None:
                name = getattr(args.thread, "name", None)
                _note(args.exc_type, args.exc_value, _ERROR, {"thread.name": name})
        except Exception:
            pass
        try:
            return previous(args)
        finally:
            _flush()

    threading.excepthook = excepthook


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


def _flush():
    """Now, in case the process does not get to its end in order."""
    sender = sys.modules.get(__package__ + ".sender")
    if sender is not None:
        sender.flush()
