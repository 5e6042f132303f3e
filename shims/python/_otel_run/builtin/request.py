"""The span of a request that came in, as ASGI and WSGI servers describe it."""

from os import getpid

from . import process, record, sender, settings
from .clock import now
from .record import Span, qualified

excluded = settings.excluded_urls()
# Headers that make attributes, as WSGI calls them.
HEADERS = (
    "HTTP_HOST",
    "HTTP_USER_AGENT",
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
)


class Request(Span):
    """What is known of it is kept as it came; the sender's thread makes attributes of it. `told` is (method, path,
    query, scheme, version of the protocol, peer or None), `headers` the values of HEADERS, text or bytes.

    Its ids are one large number until somebody asks for them: most requests are nobody's parent."""

    encoder = "encode_request"
    kind = record.SERVER
    route = prefix = status_code = failure = ids = _trace_id = _span_id = None
    muted = accepted = finished = chosen = False

    def __init__(self, scope, told, headers, parent=None):
        if parent is not None or record.sampled is not None or record.twin is not None:
            Span.__init__(self, scope, record.SERVER, "", parent)
        else:
            if getpid() != process.pid:
                process.renew()
            self.scope = scope
            self.ids = record.draw(192)
            self.start = now()
        self.told = told + headers

    @property
    def trace_id(self):
        return self._trace_id if self.ids is None else self.ids.to_bytes(24, "big")[:16]

    @trace_id.setter
    def trace_id(self, value):
        self._trace_id = value

    @property
    def span_id(self):
        return self._span_id if self.ids is None else self.ids.to_bytes(24, "big")[16:]

    @span_id.setter
    def span_id(self, value):
        self._span_id = value

    def row(self):
        """Plain values, if there is nothing unusual to say."""
        if self.attributes or self.events or self.status or self.name or self.tracestate:
            return None
        return self.values()

    def values(self):
        # Nothing nested of ours: a tuple in a tuple takes the collector a second look.
        ids = self.ids
        if ids is None:
            ids = self._trace_id + self._span_id + (self.parent_id or b"")
        return (self.scope, ids, self.start, self.stop, self.flags, self.route, self.status_code) + self.told

    def become(self, trace_id, span_id, sampled):
        """Somebody else makes the span of this request. Ours goes nowhere, and what is recorded below it
        belongs to theirs."""
        self.muted, self.ids = True, None
        self.trace_id, self.span_id = trace_id, span_id
        self.flags = self.flags & ~record.SAMPLED | sampled

    def fail(self, error):
        """The application has ended with an exception."""
        stop, self.stop = self.stop, None
        if isinstance(error, Exception) and error.__class__.__name__ != "CancelledError":
            self.exception(error)
        else:
            # Nothing has failed here: it was told to stop, as when the client has gone.
            self.set("error.type", qualified(error.__class__))
        self.stop = stop

    def answered(self):
        """A framework has answered `failure` itself (failures.py)."""
        failure, self.failure = self.failure, None
        try:
            if self.events is None and (self.status_code or 500) >= 500:
                self.fail(failure)
        except Exception:
            pass

    def finish(self):
        """The application is done with it. The answer may have been complete earlier."""
        if self.finished:
            return
        self.finished = True
        if self.failure is not None:
            self.answered()
        if self.stop is None:
            self.stop = now()
        if not self.muted:
            sender.put_span(self)


def is_excluded(scheme, host, path):
    """Whether the user does not want to see requests to this URL."""
    return excluded is not None and excluded("%s://%s%s" % (scheme, host, path))
