"""The API's current context and ours say the same.

Whatever the API attaches is attached to ours as well, so ours is always the newest: where the two
differ, one of our hooks has begun a span since, and the API is shown that one.
"""

import sys
from functools import wraps

from .. import baggage, context
from ..record import SERVER
from . import traces_requests

# How an attached context remembers what it was attached as: (row, whether to suppress).
_MARK = "_otel_run"


class _Forever:
    stop = None


class _Token:
    __slots__ = ("api", "ours", "outer")


def observe(module):
    """`module` is `opentelemetry.context.contextvars_context`."""
    kind = module.ContextVarsRuntimeContext
    attach, get_current, detach = kind.attach, kind.get_current, kind.detach

    def bridged_attach(self, ctx):
        try:
            row, suppressed = _attached(ctx)
        except Exception:
            return attach(self, ctx)
        if _is_hidden(context.current()) and not _is_recording(row):
            row = context.current()
        token = _Token()
        token.api = attach(self, ctx)
        token.ours = context.attach(row)
        token.outer = context.suppress(_Forever) if suppressed else None
        return token

    def bridged_detach(self, token):
        if token.__class__ is not _Token:
            return detach(self, token)
        if token.outer is not None:
            context.resume(token.outer)
        context.detach(token.ours)
        return detach(self, token.api)

    def bridged_get_current(self):
        ctx = get_current(self)
        try:
            row = context.current()
            mark = ctx.__dict__.get(_MARK)
            if row is (mark[0] if mark is not None else None) or _is_hidden(row):
                return ctx
            return _shown(ctx, row)
        except Exception:
            return ctx

    kind.attach, kind.detach, kind.get_current = bridged_attach, bridged_detach, bridged_get_current
    kind._otel_run_own = get_current


# How the keys begin under which a context has what `_shown` changes.
_CHANGED = ("current-span-", "baggage-")


def shorten(module):
    """Values that have nothing to do with spans are looked up without one: FastAPI asks for some of its
    own several times in each request. `module` is `opentelemetry.context`."""
    runtime, get_value = module._RUNTIME_CONTEXT, module.get_value
    own = getattr(runtime, "_otel_run_own", None)
    if own is None:
        return  # contexts of another kind (OTEL_PYTHON_CONTEXT)

    @wraps(get_value)
    def shortened(key, context=None):
        if context is None and key.__class__ is str and not key.startswith(_CHANGED):
            return own().get(key)
        return get_value(key, context)

    module.get_value = shortened


def _is_hidden(row):
    """Our span of a request is not for those who make one of it themselves: they would make a child of
    it. When theirs has begun, it takes the place of ours (`doubles`)."""
    return getattr(row, "kind", None) == SERVER and traces_requests()


def _is_recording(row):
    view = getattr(row, "view", None)
    return view is not None and view.is_recording()


def row_of(ctx):
    """What stands for the span of a context in ours, or None."""
    return _attached(ctx)[0]


def _attached(ctx):
    mark = ctx.__dict__.get(_MARK)
    if mark is None:
        mark = ctx.__dict__[_MARK] = (_row(ctx), any(ctx.get(key) for key in _suppressing()))
    return mark


def _row(ctx):
    # Loaded now: while the API loads its contexts, it has no spans yet.
    from opentelemetry.trace.propagation import _SPAN_KEY

    from . import stand_in

    row = stand_in.of(ctx.get(_SPAN_KEY))
    key = _baggage_key()
    items = ctx.get(key) if key is not None else None
    text = baggage.text(items) if items else ""
    if row is None:
        return stand_in.StandIn(None, text) if text else None
    return row if text == row.baggage or not _differs(items, row.baggage) else stand_in.with_baggage(row, text)


def _differs(items, text):
    return dict(items or {}) != baggage.items(text)


def _baggage_key():
    module = sys.modules.get("opentelemetry.baggage")
    return getattr(module, "_BAGGAGE_KEY", None)


def _suppressing():
    """Keys by which exporters and instrumentations keep others from observing what they do."""
    module = sys.modules["opentelemetry.context"]
    names = ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY")
    found = [getattr(module, name, None) for name in names]
    return [key for key in found if key] + ["suppress_instrumentation", "suppress_http_instrumentation"]


def _shown(ctx, row):
    """`ctx` with the span that is current for us."""
    if row is None and _MARK not in ctx.__dict__:
        return ctx  # attached before we came
    from . import stand_in

    view = stand_in.view(row) if row is not None else None
    key = _baggage_key()
    known = getattr(view, "_otel_run_shown", None)
    if known is not None and known[0] is ctx and known[1] == key:
        return known[2]
    from opentelemetry.trace.propagation import _SPAN_KEY

    merged = dict(ctx)
    for each, value in ((_SPAN_KEY, view), (key, baggage.items(row.baggage) if row is not None else None)):
        if value:
            merged[each] = value
        else:
            merged.pop(each, None)
    shown = ctx.__class__(merged)
    shown.__dict__[_MARK] = (row, False)
    if view is not None:
        view._otel_run_shown = (ctx, key, shown)
    return shown
