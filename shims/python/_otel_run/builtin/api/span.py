"""A span of ours as an object of the API."""

from opentelemetry.trace import Span, SpanContext, Status, StatusCode, TraceFlags, TraceState

from .. import clock, record, settings

_OK, _ERROR = 1, 2


class View(Span):
    """Reads and fills the row. Only what the application has begun itself can it end."""

    def __init__(self, row):
        self._row = row
        self._context = None

    def get_span_context(self):
        context = self._context
        if context is None:
            row = self._row
            state = TraceState.from_header([row.tracestate]) if row.tracestate else TraceState()
            ids = int.from_bytes(row.trace_id, "big"), int.from_bytes(row.span_id, "big")
            context = self._context = SpanContext(*ids, False, TraceFlags(row.flags & 1), state)
        return context

    def is_recording(self):
        return self._row.stop is None and bool(self._row.flags & 1)

    def set_attribute(self, key, value):
        try:
            self._row.set(str(key), plain(value))
        except Exception:
            pass

    def set_attributes(self, attributes):
        for key, value in (attributes or {}).items():
            self.set_attribute(key, value)

    def add_event(self, name, attributes=None, timestamp=None):
        try:
            self._add_event(name, attributes, timestamp)
        except Exception:
            pass

    def _add_event(self, name, attributes, timestamp):
        row = self._row
        before = len(row.events or ())
        row.event(str(name), {str(key): plain(value) for key, value in (attributes or {}).items()})
        if timestamp is not None and row.events and len(row.events) > before:
            row.events[-1] = (timestamp - clock.offset(),) + row.events[-1][1:]

    def add_link(self, context, attributes=None):
        links = getattr(self._row, "links", None)
        if links is not None and len(links) < settings.EVENT_COUNT:
            links.append((context, dict(attributes or {})))

    def update_name(self, name):
        if self._row.stop is None:
            self._row.name = str(name)

    def set_status(self, status, description=None):
        row = self._row
        if isinstance(status, Status):
            status, description = status.status_code, status.description
        decided = row.status is not None and row.status[0] == _OK
        if row.stop is not None or decided or not isinstance(status, StatusCode) or not status.value:
            return
        row.status = (status.value, str(description) if description and status.value == _ERROR else "")

    def record_exception(self, exception, attributes=None, timestamp=None, escaped=False):
        try:
            described = record.described(exception)
            described["exception.escaped"] = str(escaped)
            described.update(attributes or {})
            self._add_event("exception", described, timestamp)
        except Exception:
            pass

    def end(self, end_time=None):
        pass


class Own(record.Span):
    """A span that the application has begun itself."""

    __slots__ = ("links",)
    encoder = "api.encode"


class OwnView(View):
    def end(self, end_time=None):
        try:
            row = self._row
            if row.stop is None:
                record.end(row)
                if end_time is not None:
                    row.stop = max(row.start, end_time - clock.offset())
        except Exception:
            pass

    # The API's base class passes the exception on to nobody.
    def __exit__(self, kind, error, traceback):
        if error is not None and self.is_recording() and isinstance(error, Exception):
            self.record_exception(error)
            self.set_status(StatusCode.ERROR, "%s: %s" % (kind.__name__, error))
        self.end()


def plain(value):
    """A value that nobody changes afterwards."""
    if isinstance(value, (str, bool, int, float, bytes)) or value is None:
        return value
    if isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "__iter__"):
        return list(value)
    return str(value)
