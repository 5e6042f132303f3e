"""Log records, taken where a logger hands them to its handlers: there they have passed levels and
filters, whatever the program does to its handlers. What they say is noted at once, since objects may be others
by the time the sender looks at them.
"""

import threading
from functools import wraps

from ..logs import lowest_level, switched_off, wanted
from ..wire import fits_int64
from . import sender, settings
from .log_record import Record
from .record import described

_STANDARD = frozenset(
    """
    args asctime created exc_info exc_text filename funcName levelname levelno lineno module msecs message msg name
    pathname process processName relativeCreated stack_info taskName thread threadName
    """.split()
)
NAMES = {"WARNING": "WARN"}
# Of nested values: how deep, and how many altogether. Of texts: characters.
_DEPTH, _MOST = 4, 1000
LONGEST = 1 << 16
_busy = threading.local()


def capture(logging):
    """Has every record of a logger sent, unless nobody wants that."""
    if switched_off() or not settings.wanted("logs"):
        return
    level = lowest_level()
    pass_on = logging.Logger.callHandlers

    @wraps(pass_on)
    def callHandlers(self, record):
        told = None if getattr(_busy, "now", False) else _quietly(_record, record, level)
        if told is None:
            return pass_on(self, record)
        try:
            return pass_on(self, record)
        finally:
            _quietly(_send, told, record)

    logging.Logger.callHandlers = callHandlers


def _quietly(function, *args):
    """What objects of the program say of themselves may be logged in turn, and may fail."""
    _busy.now = True
    try:
        return function(*args)
    except Exception:
        return None
    finally:
        _busy.now = False


def _send(told, record):
    told.body = _body(record)
    sender.put_log(told)


class without:
    """No records of this thread for a while: what they say is said already."""

    def __enter__(self):
        self._before, _busy.now = getattr(_busy, "now", False), True

    def __exit__(self, *_):
        _busy.now = self._before


def _record(record, level):
    if record.levelno < level or not wanted(record.name):
        return None
    attributes = {
        "code.file.path": record.pathname,
        "code.function.name": record.funcName,
        "code.line.number": record.lineno,
        "thread.name": record.threadName,
    }
    if record.exc_info and record.exc_info[1] is not None:
        attributes.update(described(record.exc_info[1]))
    for key, value in record.__dict__.items():
        if key not in _STANDARD and len(attributes) < settings.LOG_ATTRIBUTE_COUNT:
            attributes[str(key)] = plain(value)
    level = record.levelname
    time = int(record.created * 1e9)
    return Record(record.name, time, severity(record.levelno), NAMES.get(level, level), None, attributes)


def severity(level):
    """OpenTelemetry's severity number of a level of `logging`."""
    if level < 10:
        return 0 if level <= 0 else 1
    step, rest = divmod(min(level, 53), 10)
    return min(step, 5) * 4 + 1 + min(rest, 3)


def _body(record):
    """The text that a handler has made, if one has: arguments say what they are at some cost, and not always the
    same twice. One with colours is made anew."""
    if isinstance(record.msg, (dict, list, tuple)) and not record.args:
        return plain(record.msg)
    try:
        text = record.__dict__.get("message")
        if text.__class__ is not str or "\x1b" in text:
            text = record.getMessage()
        return text[:LONGEST]
    except Exception:
        return plain(record.msg)


def plain(value):
    """The value as OTLP can say it, and as it is now; of many values and long texts, the beginning."""
    return _plain(value, 0, [_MOST])


def _plain(value, depth, left):
    # Not `isinstance`: proxies, as those of Flask, pretend to be what they stand for, or raise.
    kind = type(value)
    if value is None or issubclass(kind, (bool, float)) or (issubclass(kind, int) and fits_int64(value)):
        return value
    if issubclass(kind, (str, bytes)):
        return value[:LONGEST]
    if depth < _DEPTH and issubclass(kind, (list, tuple)):
        return [_plain(each, depth + 1, left) for each in _some(value, left)]
    if depth < _DEPTH and issubclass(kind, dict):
        return {str(key): _plain(each, depth + 1, left) for key, each in _some(value.items(), left)}
    try:
        return str(value)[:LONGEST]
    except Exception:
        return object.__repr__(value)


def _some(values, left):
    for each in values:
        left[0] -= 1
        if left[0] < 0:
            return
        yield each
