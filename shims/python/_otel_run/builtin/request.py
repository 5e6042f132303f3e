"""The span of a request that came in, as ASGI and WSGI servers describe it."""

from . import sender, settings
from .clock import now
from .record import Span

excluded = settings.excluded_urls()


class Request(Span):
    """What is known of it is kept as it came; `encode_request` makes attributes of it. The path is the
    decoded one, headers are the six of `encode_request`, bytes or text."""

    __slots__ = (
        "method", "path", "query", "scheme", "version", "peer", "headers", "route", "prefix", "status_code",
    )  # fmt: skip
    encoder = "encode_request"

    def finish(self, error=None):
        """The application is done with it. The answer may have been complete earlier (`stop`)."""
        if error is not None:
            stop, self.stop = self.stop, None
            self.exception(error)
            self.stop = stop
        if self.stop is None:
            self.stop = now()
        sender.put_span(self)


def is_excluded(scheme, host, path):
    """Whether the user does not want to see requests to this URL."""
    return excluded is not None and excluded("%s://%s%s" % (scheme, host, path))
