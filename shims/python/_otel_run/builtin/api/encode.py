"""Spans of the application's own as OTLP: as those of ours, with links."""

from ...encode import attributes
from ...wire import fixed32, message, text
from .. import encode as plain


def encode(span, offset):
    """A Span."""
    out = plain.encode(span, offset)
    for context, details in span.links or ():
        out += message(13, _link(context, details))
    return out


def _link(context, details):
    state = ",".join("%s=%s" % item for item in context.trace_state.items()) if context.trace_state else ""
    known = 0x300 if context.is_remote else 0x100
    return (
        message(1, context.trace_id.to_bytes(16, "big"))
        + message(2, context.span_id.to_bytes(8, "big"))
        + text(3, state)
        + attributes(4, details)
        + fixed32(6, known | int(context.trace_flags) & 0xFF)
    )
