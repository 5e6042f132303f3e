"""Records of loguru, taken where a logger hands them to its handlers."""

import sys
import threading
from functools import wraps

from ..logs import lowest_level, switched_off
from . import log_record, logs, settings, sender
from .record import described

# Frames that are looked at, from the handler up.
_FRAMES = 100
_last = threading.local()


def observe(module):
    """`module` is `loguru._handler`."""
    if switched_off() or not settings.wanted("logs"):
        return
    level = lowest_level()
    original = module.Handler.emit

    @wraps(original)
    def emit(self, record, *args, **kwargs):
        try:
            # Several handlers are given the same one.
            if getattr(_last, "record", None) is not record:
                _last.record = record
                if record["level"].no >= level and not _comes_from_logging():
                    sender.put_log(_record(record))
        except Exception:
            pass
        # Some handlers pass their records on to `logging`.
        with logs.without():
            return original(self, record, *args, **kwargs)

    module.Handler.emit = emit


def _comes_from_logging():
    """Whether a handler of `logging` passes a record on, which has been taken there."""
    logging = sys.modules.get("logging")
    if logging is None:
        return False
    code = logging.Logger.callHandlers.__code__
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        if frame is None:
            return False
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def _record(record):
    attributes = {
        "code.file.path": record["file"].path,
        "code.function.name": record["function"],
        "code.line.number": record["line"],
        "thread.name": record["thread"].name,
    }
    error = record["exception"]
    if error is not None and error.value is not None:
        attributes.update(described(error.value))
    for key, value in record["extra"].items():
        if len(attributes) < settings.LOG_ATTRIBUTE_COUNT:
            attributes[str(key)] = logs.plain(value)
    level = record["level"]
    time = int(record["time"].timestamp() * 1e9)
    name = logs.NAMES.get(level.name, level.name)
    return log_record.Record(record["name"] or "loguru", time, logs.severity(level.no), name, record["message"], attributes)
