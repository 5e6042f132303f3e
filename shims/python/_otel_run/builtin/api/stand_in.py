"""Our spans as the API sees them, and the API's as we see them."""

from .span import View


def view(row):
    """The API's object for a span of ours; the same one each time."""
    try:
        return row.view
    except AttributeError:
        row.view = made = View(row)
        return made


def of(span):
    """Our object for a span of the API, or None for none."""
    if span is None:
        return None
    if isinstance(span, View):
        return span._row
    known = getattr(span, "_otel_run_row", None)
    if known is None:
        known = StandIn(span)
        try:
            span._otel_run_row = known
        except AttributeError:
            pass
    return known if known.trace_id is not None else None


def with_baggage(row, text):
    """A span that goes on with other baggage."""
    return StandIn(view(row), text)


class StandIn:
    """For a span that is not ours, or has other baggage than it began with."""

    __slots__ = ("trace_id", "span_id", "flags", "tracestate", "baggage", "view", "is_remote")
    stop = None

    def __init__(self, span, baggage=""):
        self.trace_id = self.span_id = None
        self.flags, self.tracestate, self.baggage, self.is_remote = 0, "", baggage, False
        self.view = span
        if span is None:
            return
        context = span.get_span_context()
        if context.is_valid:
            self.trace_id = context.trace_id.to_bytes(16, "big")
            self.span_id = context.span_id.to_bytes(8, "big")
            self.flags = int(context.trace_flags) & 0xFF
            self.is_remote = context.is_remote
            self.tracestate = ",".join("%s=%s" % item for item in context.trace_state.items())

    def set(self, key, value):
        if self.view is not None:
            self.view.set_attribute(key, value)

    def event(self, name, attributes=None):
        if self.view is not None:
            self.view.add_event(name, attributes)

    def exception(self, error):
        if self.view is not None:
            self.view.record_exception(error)
