"""Spans and log records as OTLP, for rows of any kind."""

from struct import Struct

from ..encode import attributes
from ..wire import fixed64, message, number, text
from . import settings

# trace_id = 1 and span_id = 2 with their lengths, start = 7 and end = 8.
_ids = Struct("<2s16s2s8s").pack
_times = Struct("<cQcQ").pack
_flags = Struct("<2sI").pack


def head(span):
    """Ids, and whatever the parent has handed down."""
    out = _ids(b"\x0a\x10", span.trace_id, b"\x12\x08", span.span_id)
    if span.tracestate:
        out += text(3, span.tracestate)
    if span.parent_id is not None:
        out += b"\x22\x08" + span.parent_id
    return out


def middle(span, offset):
    """Kind, times and flags."""
    return (
        b"\x30%c" % span.kind
        + _times(b"\x39", span.start + offset, b"\x41", span.stop + offset)
        + _flags(b"\x85\x01", span.flags)
    )


def tail(span, offset):
    """What the application itself has added to a span."""
    out = [attributes(9, shortened(span.attributes, settings.ATTRIBUTE_LENGTH)), number(10, span.dropped)]
    for when, name, details in span.events or ():
        event = fixed64(1, when + offset) + text(2, name) + attributes(3, shortened(details, settings.ATTRIBUTE_LENGTH))
        out.append(message(11, event))
    if span.status is not None:
        code, description = span.status
        out.append(message(15, text(2, description) + number(3, code)))
    return b"".join(out)


def encode(span, offset):
    """A Span."""
    return head(span) + text(5, span.name) + middle(span, offset) + tail(span, offset)


def shortened(items, length):
    """Attributes whose texts keep to the user's limit."""
    if length is None or not items:
        return items
    return {key: _short(value, length) for key, value in items.items()}


def cut(item, length):
    """What is far too large keeps the beginning of its texts."""
    item.attributes = shortened(item.attributes, length)
    if getattr(item, "body", None):
        item.body = _short(item.body, length)
    if getattr(item, "events", None):
        item.events = [(when, name, shortened(details, length)) for when, name, details in item.events]


def _short(value, length):
    if isinstance(value, (str, bytes)):
        return value[:length]
    if isinstance(value, (list, tuple)):
        return [_short(each, length) for each in value]
    if isinstance(value, dict):
        return shortened(value, length)
    return value
