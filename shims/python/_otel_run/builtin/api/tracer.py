"""Tracers for an application that has set no provider."""

from contextlib import contextmanager
from functools import wraps

from .. import clock, context
from . import bridge, wanted


def provide(module):
    """`module` is `opentelemetry.trace`."""
    from .span import Own, OwnView

    class Tracer(module.Tracer):
        def __init__(self, scope):
            self._scope = scope

        def start_span(
            self,
            name,
            context=None,
            kind=module.SpanKind.INTERNAL,
            attributes=None,
            links=None,
            start_time=None,
            record_exception=True,
            set_status_on_exception=True,
        ):
            try:
                return self._start(name, context, kind, attributes, links, start_time)
            except Exception:
                return module.INVALID_SPAN

        def _start(self, name, ctx, kind, attributes, links, start_time):
            parent = context.current() if ctx is None else bridge.row_of(ctx)
            row = Own(self._scope, kind.value + 1, str(name), parent)
            row.links = [(each.context, dict(each.attributes or {})) for each in links or ()]
            if start_time is not None:
                row.start = start_time - clock.offset()
            row.view = span = OwnView(row)
            if attributes:
                span.set_attributes(attributes)
            return span

        @contextmanager
        def start_as_current_span(
            self,
            name,
            context=None,
            kind=module.SpanKind.INTERNAL,
            attributes=None,
            links=(),
            start_time=None,
            record_exception=True,
            set_status_on_exception=True,
            end_on_exit=True,
        ):
            span = self.start_span(name, context, kind, attributes, links, start_time)
            with module.use_span(span, end_on_exit, record_exception, set_status_on_exception):
                yield span

    proxy = module.ProxyTracer
    original = proxy.__init__

    @wraps(original)
    def __init__(self, name, version=None, *args, **kwargs):
        original(self, name, version, *args, **kwargs)
        if wanted(name):
            self._noop_tracer = Tracer(Scope.of(name, version))

    proxy.__init__ = __init__


class Scope(str):
    """The name of what records, with its version."""

    version = None

    @classmethod
    def of(cls, name, version):
        scope = cls(name or "")
        scope.version = version or None
        return scope
