"""A call to another system that is observed, from its beginning to its end.

Libraries stand on each other: requests on urllib3, that on `http.client`. The outermost one that
is observed makes the span; while it lasts, those below it make none.
"""

from . import context, record
from .record import CLIENT, qualified

# Scopes for which the application has brought an instrumentation of its own.
muted = set()


class Call:
    """What `begin` gives and `end` takes."""

    __slots__ = ("span", "_current", "_outer")

    def __init__(self, span):
        self.span = span
        self._current = context.attach(span)
        self._outer = context.suppress(span)

    def leave(self):
        """Makes current what was so before the call."""
        context.resume(self._outer)
        context.detach(self._current)


def begin(scope):
    """The call begins here and now, or None if it is not to be observed. From here to `end` the
    library runs in one piece: no `yield` to the application between them."""
    try:
        return None if covered(scope) else Call(record.begin(scope, CLIENT))
    except Exception:
        return None


def begin_open(scope):
    """A span for a call that leaves and enters the library again before it ends (`finish`)."""
    try:
        return None if covered(scope) else record.begin(scope, CLIENT)
    except Exception:
        return None


def covered(scope):
    """Whether another one makes the span."""
    outer = context.suppressed()
    # A task that was created during a call inherits its mark, and may outlive the call.
    return (outer is not None and outer.stop is None) or (bool(muted) and scope in muted)


def end(call, describe, *about):
    """`describe(*about)` gives the attributes."""
    call.leave()
    finish(call.span, describe, *about)


def finish(span, describe, *about):
    try:
        if span.attributes is None:
            span.attributes = describe(*about)
    except Exception:
        pass
    try:
        record.end(span)
    except Exception:
        pass


def error_type(error):
    """The value of `error.type`."""
    return qualified(error.__class__)
