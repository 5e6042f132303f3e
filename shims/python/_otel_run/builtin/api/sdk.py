"""Spans of ours through the application's SDK: its tracer begins and ends them, so that sampling,
context, processors and export are the SDK's. What a hook writes down goes to both.
"""

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from .. import clock, record, sender
from . import request

_tracers = {}


def use():
    """From now on, spans of hooks are the SDK's."""
    record.twin = _begun
    sender.put_span = _ended


def _tracer(scope):
    tracer = _tracers.get(scope)
    if tracer is None:
        tracer = _tracers[scope] = trace.get_tracer(scope)
    return tracer


def _begun(row, parent):
    """The span that the SDK begins for a row gives the row its ids."""
    span = _tracer(row.scope).start_span(row.name, context=_context(parent), kind=SpanKind(row.kind - 1))
    context = span.get_span_context()
    row.view = span
    row.trace_id = context.trace_id.to_bytes(16, "big")
    row.span_id = context.span_id.to_bytes(8, "big")
    row.flags = row.flags & ~0xFF | int(context.trace_flags)
    row.tracestate = ",".join("%s=%s" % item for item in context.trace_state.items())


def _context(parent):
    """The API's context below which the span begins: not the current one if a hook said otherwise."""
    if parent is None or parent.trace_id is None:
        return trace.set_span_in_context(trace.INVALID_SPAN)
    span = getattr(parent, "view", None)
    if span is None:
        state = TraceState.from_header([parent.tracestate]) if parent.tracestate else TraceState()
        ids = int.from_bytes(parent.trace_id, "big"), int.from_bytes(parent.span_id, "big")
        span = NonRecordingSpan(SpanContext(*ids, parent.is_remote, TraceFlags(parent.flags & 0xFF), state))
    return trace.set_span_in_context(span)


def _ended(row):
    try:
        span = row.view
        offset = clock.offset()
        if row.name:
            span.update_name(row.name)
        span.set_attributes(request.attributes(row))
        for when, name, attributes in row.events or ():
            span.add_event(name, attributes, when + offset)
        if row.status is not None:
            span.set_status(Status(StatusCode(row.status[0]), row.status[1] or None))
        span.end(row.stop + offset)
    except Exception:
        pass
