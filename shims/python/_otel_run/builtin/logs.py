"""Log records, taken where a logger hands them to its handlers: there they have passed levels and
filters, whatever the program does to its handlers. The text is made at once, since its arguments may
be others by the time the sender looks at them.
"""

import threading

from ..logs import lowest_level, switched_off, wanted
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
_DEPTH = 4
_busy = threading.local()


def capture(logging):
    """Has every record of a logger sent, unless nobody wants that."""
    if switched_off() or not settings.wanted("logs"):
        return
    level = lowest_level()
    pass_on = logging.Logger.callHandlers

    def callHandlers(self, record):
        try:
            if record.levelno >= level and wanted(record.name) and not getattr(_busy, "now", False):
                _busy.now = True
                try:
                    sender.put_log(_record(record))
                finally:
                    _busy.now = False
        except Exception:
            pass
        return pass_on(self, record)

    logging.Logger.callHandlers = callHandlers


class without:
    """No records of this thread for a while: what they say is said already."""

    def __enter__(self):
        self._before, _busy.now = getattr(_busy, "now", False), True

    def __exit__(self, *_):
        _busy.now = self._before


def _record(record):
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
    return Record(
        record.name,
        int(record.created * 1e9),
        severity(record.levelno),
        NAMES.get(level, level),
        _body(record),
        attributes,
    )


def severity(level):
    """OpenTelemetry's severity number of a level of `logging`."""
    if level < 10:
        return 0 if level <= 0 else 1
    step, rest = divmod(min(level, 53), 10)
    return min(step, 5) * 4 + 1 + min(rest, 3)


def _body(record):
    try:
        if record.args or isinstance(record.msg, str):
            return record.getMessage()
        return plain(record.msg)
    except Exception:
        return str(record.msg)


def plain(value, depth=0):
    """The value as OTLP can say it, and as it is now."""
    if value is None or isinstance(value, (str, bool, int, float, bytes)):
        return value
    if depth < _DEPTH and isinstance(value, (list, tuple)):
        return [plain(each, depth + 1) for each in value]
    if depth < _DEPTH and isinstance(value, dict):
        return {str(key): plain(each, depth + 1) for key, each in value.items()}
    try:
        return str(value)
    except Exception:
        return object.__repr__(value)
