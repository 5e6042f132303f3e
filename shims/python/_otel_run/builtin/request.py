"""The span of a request that came in, as ASGI and WSGI servers describe it."""

from . import record, sender, settings
from .clock import now
from .record import Span, qualified

excluded = settings.excluded_urls()


class Request(Span):
    """What is known of it is kept as it came; `encode_request` makes attributes of it. The path is the
    decoded one, headers are the six of `encode_request`, bytes or text."""

    __slots__ = (
        "method", "path", "query", "scheme", "version", "peer", "headers", "route", "prefix", "status_code",
        "muted",
    )  # fmt: skip
    encoder = "encode_request"

    def __init__(self, scope, parent):
        Span.__init__(self, scope, record.SERVER, "", parent)
        self.route = self.prefix = self.status_code = None
        self.muted = False

    def become(self, trace_id, span_id, sampled):
        """Somebody else makes the span of this request. Ours goes nowhere, and what is recorded below it
        belongs to theirs."""
        self.muted = True
        self.trace_id, self.span_id = trace_id, span_id
        self.flags = self.flags & ~record.SAMPLED | sampled

    def finish(self, error=None):
        """The application is done with it. The answer may have been complete earlier (`stop`)."""
        if self.muted:
            return
        stop, self.stop = self.stop, None
        if isinstance(error, Exception) and error.__class__.__name__ != "CancelledError":
            self.exception(error)
        elif error is not None:
            # Nothing has failed here: it was told to stop, as when the client has gone.
            self.set("error.type", qualified(error.__class__))
        self.stop = now() if stop is None else stop
        sender.put_span(self)


def is_excluded(scheme, host, path):
    """Whether the user does not want to see requests to this URL."""
    return excluded is not None and excluded("%s://%s%s" % (scheme, host, path))
