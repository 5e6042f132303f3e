"""A log record as it waits for the sender."""

from . import context


class Record:
    """A log record as it is sent. `time` is nanoseconds since 1970."""

    __slots__ = ("scope", "time", "severity", "level", "body", "attributes", "event", "trace_id", "span_id", "flags")
    encoder = "encode_log"

    def __init__(self, scope, time, severity, level, body, attributes, event=""):
        self.scope, self.time, self.severity, self.level = scope, time, severity, level
        self.body, self.attributes, self.event = body, attributes, event
        span = context.current()
        if span is not None:
            self.trace_id, self.span_id, self.flags = span.trace_id, span.span_id, span.flags
        else:
            self.trace_id = None
