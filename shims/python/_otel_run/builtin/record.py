"""Spans: begun, filled, ended, and then waiting as they are for the sender."""

import os
from _random import Random

from . import context, process, sampler, sender, settings
from .clock import now

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5

# W3C trace flags, and what OTLP adds to them.
SAMPLED = 1
_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200

_getpid = os.getpid
sampled = sampler.choose()
draw = None
# Where the application's SDK is to begin and end our spans: `twin(span, parent)` begins them there.
twin = None


def _seed():
    global draw
    draw = Random(int.from_bytes(os.urandom(32), "big")).getrandbits


_seed()
process.on_fork(_seed)


class Remote:
    """The parent span of another process, out of the headers of a request (propagation.extract)."""

    __slots__ = ("trace_id", "span_id", "flags", "tracestate", "baggage")
    is_remote = True

    def __init__(self, trace_id, span_id, flags, tracestate="", baggage=""):
        self.trace_id, self.span_id, self.flags = trace_id, span_id, flags
        self.tracestate, self.baggage = tracestate, baggage


class Span:
    """What happens under `scope` (`otel_run.…`). Ids are bytes, times are of `clock.now`."""

    encoder = "encode"
    is_remote = False
    # What is not so is said by the instance; a span that says little is made quickly.
    kind = INTERNAL
    name = tracestate = baggage = ""
    parent_id = stop = attributes = events = status = None
    flags = _HAS_REMOTE | SAMPLED
    dropped = 0

    def __init__(self, scope, kind, name, parent):
        if _getpid() != process.pid:
            process.renew()
        self.scope = scope
        self.kind = kind
        self.name = name
        if parent is None or parent.trace_id is None:
            # Two ids for the price of one.
            ids = draw(192).to_bytes(24, "big")
            self.trace_id = trace_id = ids[:16]
            self.span_id = ids[16:]
            if parent is not None:
                self.baggage = parent.baggage
            if sampled is not None:
                self.flags = _HAS_REMOTE | sampled(trace_id, None)
        else:
            self.trace_id = trace_id = parent.trace_id
            self.span_id = draw(64).to_bytes(8, "big")
            self.parent_id = parent.span_id
            self.tracestate = parent.tracestate
            self.baggage = parent.baggage
            flags = parent.flags & 1 if sampled is None else sampled(trace_id, parent)
            self.flags = flags | _HAS_REMOTE | (_IS_REMOTE if parent.is_remote else 0)
        self.start = now()
        if twin is not None:
            twin(self, parent)

    def set(self, key, value):
        """An attribute; text, numbers, truth values and lists of these. None leaves it out."""
        if value is None or self.stop is not None:
            return
        attributes = self.attributes
        if attributes is None:
            attributes = self.attributes = {}
        if key in attributes or len(attributes) < settings.ATTRIBUTE_COUNT:
            attributes[key] = value
        else:
            self.dropped += 1

    def row(self):
        """What waits for the sender instead of the encoded span, if there is something."""
        return None

    def event(self, name, attributes=None):
        """Something that happens at this moment."""
        if self.stop is not None:
            return
        if self.events is None:
            self.events = []
        if len(self.events) < settings.EVENT_COUNT:
            self.events.append((now(), name, attributes or {}))

    def exception(self, error):
        """An event `exception`, and `error.type`."""
        kind = qualified(error.__class__)
        self.set("error.type", kind)
        self.event("exception", described(error, kind))


def begin(scope, kind, name="", parent=None):
    """A span that starts now, below `parent` or else the current one. It is not made current."""
    return Span(scope, kind, name, context.current() if parent is None else parent)


def end(span, attributes=None, exception=None):
    """The span ends now and is sent; once only."""
    if span.stop is not None:
        return
    if attributes:
        for key, value in attributes.items():
            span.set(key, value)
    if exception is not None:
        span.exception(exception)
    span.stop = now()
    sender.put_span(span)


def qualified(kind):
    """`ValueError`, `package.module.Error`."""
    module = getattr(kind, "__module__", None)
    name = getattr(kind, "__qualname__", None) or kind.__name__
    return name if module in (None, "builtins") else "%s.%s" % (module, name)


def described(error, kind=None):
    """The attributes `exception.*` of an exception."""
    import traceback

    attributes = {"exception.type": kind or qualified(error.__class__)}
    try:
        attributes["exception.message"] = str(error)
    except Exception:
        pass
    try:
        lines = traceback.format_exception(error.__class__, error, error.__traceback__)
        attributes["exception.stacktrace"] = "".join(lines)
    except Exception:
        pass
    return attributes
