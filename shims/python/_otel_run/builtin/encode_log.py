"""Log records as OTLP."""

from ..encode import attributes, value
from ..wire import fixed32, fixed64, message, number, text
from . import settings
from .encode import shortened


def encode(row, offset):
    """A LogRecord."""
    out = [
        fixed64(1, row.time),
        number(2, row.severity),
        text(3, row.level),
        message(5, value(row.body)),
        attributes(6, shortened(row.attributes, settings.LOG_ATTRIBUTE_LENGTH)),
    ]
    if row.trace_id is not None:
        out.append(fixed32(8, row.flags & 0xFF))
        out.append(message(9, row.trace_id))
        out.append(message(10, row.span_id))
    out.append(fixed64(11, row.time))
    out.append(text(12, row.event))
    return b"".join(out)
