"""Applications that have set up an SDK themselves, and with it something that traces requests: an
instrumentation, or FastAPI's own telemetry. Their span of a request is the better one.
"""

from . import context, patch
from .request import Request


def avoid(sdk):
    server = sdk.trace_api.SpanKind.SERVER

    @patch.method(sdk.Tracer, "start_span")
    def start_span(theirs, self, *args, **kwargs):
        started = theirs(self, *args, **kwargs)
        try:
            kind = kwargs.get("kind") or (args[2] if len(args) > 2 else None)
            ours = context.current() if kind is server else None
            if isinstance(ours, Request) and not ours.muted and ours.stop is None:
                of = started.get_span_context()
                sampled = int(of.trace_flags) & 1
                ours.become(of.trace_id.to_bytes(16, "big"), of.span_id.to_bytes(8, "big"), sampled)
        except Exception:
            pass
        return started
