"""The current span, for each task and each thread."""

try:
    from _contextvars import ContextVar
except ImportError:
    from .context36 import ContextVar

_span = ContextVar("otel_run.span", default=None)
_suppressed = ContextVar("otel_run.suppressed", default=False)

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


# Whether a client call goes on here that has its span already, made by an outer library.
suppressed = _suppressed.get


def suppress():
    """From here on, inner libraries make no spans; the token is for `resume`."""
    return _suppressed.set(True)


def resume(token):
    try:
        _suppressed.reset(token)
    except ValueError:
        pass
