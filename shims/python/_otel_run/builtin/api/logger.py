"""Loggers of the API for an application that has set no provider."""

from functools import wraps

from .. import clock, context, record, sender
from . import bridge, wanted
from .span import plain
from .tracer import Scope


def provide(module):
    """`module` is `opentelemetry._logs._internal`."""

    class Logger(module.Logger):
        def emit(self, record=None, **fields):
            try:
                sender.put_log(Record(self._otel_run_scope, record, fields))
            except Exception:
                pass

        def enabled(self, **_):
            return True

    proxy = module.ProxyLogger
    original = proxy.__init__

    @wraps(original)
    def __init__(self, name, version=None, *args, **kwargs):
        original(self, name, version, *args, **kwargs)
        if wanted(name):
            logger = Logger(name)
            logger._otel_run_scope = Scope.of(name, version)
            self._noop_logger = logger

    proxy.__init__ = __init__


class Record:
    """A row for `encode_log`."""

    __slots__ = (
        "scope", "time", "observed", "severity", "level", "body", "attributes", "trace_id", "span_id", "flags", "event",
    )  # fmt: skip
    encoder = "encode_log"

    def __init__(self, scope, given, fields):
        def of(name):
            return getattr(given, name, None) if given is not None else fields.get(name)

        severity, ctx, error = of("severity_number"), of("context"), of("exception")
        self.scope = scope
        self.observed = clock.wall()
        self.time = of("timestamp") or self.observed
        self.severity = getattr(severity, "value", severity) or 0
        self.level, self.body, self.event = of("severity_text") or "", of("body"), of("event_name") or ""
        self.attributes = {str(key): plain(value) for key, value in (of("attributes") or {}).items()}
        if error is not None:
            self.attributes = dict(record.described(error), **self.attributes)
        self._place(context.current() if ctx is None else bridge.row_of(ctx), of("trace_id"), of("span_id"), of("trace_flags"))

    def _place(self, row, trace_id, span_id, flags):
        if trace_id and span_id:
            self.trace_id, self.span_id = trace_id.to_bytes(16, "big"), span_id.to_bytes(8, "big")
            self.flags = int(flags or 0)
        elif row is not None:
            self.trace_id, self.span_id, self.flags = row.trace_id, row.span_id, row.flags
        else:
            self.trace_id, self.span_id, self.flags = None, None, 0
