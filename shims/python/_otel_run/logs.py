"""Records of `logging`, captured where a logger hands them to its handlers.

No handler is added anywhere: a handler on the root logger would make `logging.basicConfig` do
nothing and take warnings from stderr that Python prints while there is none, and applications
that configure logging remove handlers that they do not know.
"""

import logging
import os
import threading
import warnings

# Of the SDK, and of the instrumentation package that is to replace its handler.
SWITCHES = ("OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED", "OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION")
# One line for each request, which the server span says already.
_ACCESS_LOGS = frozenset(("uvicorn.access", "gunicorn.access", "hypercorn.access", "granian.access"))
_busy = threading.local()


def switched_off():
    return any(os.environ.get(name, "").strip().lower() not in ("", "true") for name in SWITCHES)


def capture():
    """Sends a copy of every log record to the SDK, unless the user said no."""
    if switched_off() or any(
        type(each).__module__.startswith("opentelemetry.") for each in logging.getLogger().handlers
    ):
        return  # by the user, or an instrumentation does it
    from opentelemetry._logs import get_logger_provider, set_logger_provider
    from opentelemetry.sdk._logs import LoggerProvider

    provider = get_logger_provider()
    if not isinstance(provider, LoggerProvider):
        provider = _provider()
        set_logger_provider(provider)
    _patch(_handler(provider), lowest_level())


def _provider():
    """SDKs up to 1.2x made no provider for logs when they were not to add their handler."""
    from opentelemetry import trace
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    from .exporters import Logs

    provider = LoggerProvider(resource=trace.get_tracer_provider().resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(Logs()))
    return provider


def _handler(provider):
    """The SDK's translation of a logging record; never added to a logger."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from opentelemetry.sdk._logs import LoggingHandler
        except ImportError:
            from opentelemetry.instrumentation.logging.handler import LoggingHandler
        handler = LoggingHandler(level=logging.NOTSET, logger_provider=provider)
    # The logging module keeps account of all handlers, to close them at the end. Not of ours.
    logging._handlerList[:] = [each for each in logging._handlerList if each() is not handler]
    return handler


def lowest_level():
    name = os.environ.get("OTEL_PYTHON_LOG_HANDLER_LEVEL", "").strip().upper()
    level = logging.getLevelName(name) if name else logging.NOTSET
    return level if isinstance(level, int) else logging.NOTSET


def _patch(handler, level):
    pass_on = logging.Logger.callHandlers

    def callHandlers(self, record):
        if getattr(_busy, "now", False):
            # What the SDK says about a record that it translates was not the program's idea.
            if _of_the_sdk(record.name):
                return None
        elif record.levelno >= level and wanted(record.name):
            _busy.now = True
            try:
                _emit(handler, record)
            except Exception:
                pass
            finally:
                _busy.now = False
        return pass_on(self, record)

    logging.Logger.callHandlers = callHandlers


def _emit(handler, record):
    try:
        handler.emit(record)
    except Exception:
        # Some releases cannot take every `extra`: without them, then.
        message = record.getMessage()
        where = (record.pathname, record.lineno)
        plain = logging.LogRecord(record.name, record.levelno, *where, message, (), record.exc_info, record.funcName)
        plain.created = record.created
        handler.emit(plain)


def wanted(name):
    return name not in _ACCESS_LOGS and not _of_the_sdk(name)


def _of_the_sdk(name):
    return name == "opentelemetry" or name.startswith("opentelemetry.")
