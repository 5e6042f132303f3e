"""The current span, for each task and each thread."""

try:
    from _contextvars import ContextVar
except ImportError:
    from .context36 import ContextVar

_span = ContextVar("otel_run.span", default=None)
_suppressed = ContextVar("otel_run.suppressed", default=None)

# The span that is current here, or None.
current = _span.get
# Makes a span the current one; the token is for `detach`.
attach = _span.set


def detach(token):
    """Makes current what was so before."""
    try:
        _span.reset(token)
    except ValueError:
        pass  # closed somewhere else than it was opened, as generators are


# The span of a client call that goes on here, made by an outer library, or None. A task that was
# created during the call still has it when the call is over: look at its `stop`.
suppressed = _suppressed.get


def suppress(span):
    """From here on, and while `span` lasts, inner libraries make no spans; the token is for `resume`."""
    return _suppressed.set(span)


def resume(token):
    try:
        _suppressed.reset(token)
    except ValueError:
        pass
