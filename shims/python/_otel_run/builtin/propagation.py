"""Trace context and baggage in the headers of requests, as OTEL_PROPAGATORS wants them (W3C unless set;
also B3, https://github.com/openzipkin/b3-propagation).
"""

from . import settings
from .record import Remote

_KNOWN = ("tracecontext", "baggage", "b3", "b3multi")
_names = [each.strip().lower() for each in settings.text("OTEL_PROPAGATORS", "tracecontext,baggage").split(",")]
# Those that we speak, in the user's order; `none` and names of others fall out.
PROPAGATORS = tuple(each for each in _names if each in _KNOWN)

_OF = {
    "tracecontext": ("traceparent",),
    "baggage": ("baggage",),
    "b3": ("b3", "x-b3-traceid", "x-b3-sampled"),
    "b3multi": ("b3", "x-b3-traceid", "x-b3-sampled"),
}
# A request without any of these has nothing to extract.
FIELDS = tuple(sorted({field for each in PROPAGATORS for field in _OF[each]}))

_HEX = frozenset("0123456789abcdef")
_LONGEST_STATE = 512
_LONGEST_BAGGAGE = 8192
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


def extract(get):
    """The parent that the headers name, or None. `get(name)` gives the text of a header or None. Of
    baggage without a trace, the parent has no ids."""
    parent, baggage = None, ""
    for each in PROPAGATORS:
        if each == "baggage":
            baggage = get("baggage") or ""
        else:
            parent = (_w3c(get) if each == "tracecontext" else _b3(get)) or parent
    if len(baggage) > _LONGEST_BAGGAGE:
        baggage = ""
    if parent is not None:
        parent.baggage = baggage
    elif baggage:
        parent = Remote(None, None, 0, "", baggage)
    return parent


def headers(span):
    """(name, value) pairs that carry `span` to another service."""
    out = []
    for each in PROPAGATORS:
        if each == "tracecontext":
            ids = (span.trace_id.hex(), span.span_id.hex(), span.flags & 1)
            out.append(("traceparent", "00-%s-%s-%02x" % ids))
            if span.tracestate:
                out.append(("tracestate", span.tracestate))
        elif each == "baggage":
            if span.baggage:
                out.append(("baggage", span.baggage))
        elif each == "b3":
            out.append(("b3", "%s-%s-%d" % (span.trace_id.hex(), span.span_id.hex(), span.flags & 1)))
        else:
            out.append(("x-b3-traceid", span.trace_id.hex()))
            out.append(("x-b3-spanid", span.span_id.hex()))
            out.append(("x-b3-sampled", str(span.flags & 1)))
    return out


def _is_hex(text, length):
    return len(text) == length and _HEX.issuperset(text)


def _w3c(get):
    """`traceparent` of W3C's recommendation, with future versions read as it asks."""
    text = (get("traceparent") or "").strip()
    if len(text) != 55 and not (len(text) > 55 and text[:2] != "00" and text[55] == "-"):
        return None
    version, trace_id, span_id, flags = text[:2], text[3:35], text[36:52], text[53:55]
    dashes = text[2] == text[35] == text[52] == "-"
    if not dashes or not _HEX.issuperset(version + trace_id + span_id + flags):
        return None
    if version == "ff" or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    state = (get("tracestate") or "").strip()
    if len(state) > _LONGEST_STATE:
        state = ""
    return Remote(bytes.fromhex(trace_id), bytes.fromhex(span_id), int(flags, 16) & 1, state)


def _b3(get):
    single = (get("b3") or "").strip().lower()
    if single:
        parts = single.split("-")
        if len(parts) < 2:
            return None  # a decision about sampling alone
        trace_id, span_id, sampled = parts[0], parts[1], parts[2] if len(parts) > 2 else ""
    else:
        trace_id = (get("x-b3-traceid") or "").strip().lower()
        span_id = (get("x-b3-spanid") or "").strip().lower()
        sampled = "d" if (get("x-b3-flags") or "").strip() == "1" else (get("x-b3-sampled") or "").strip().lower()
    trace_id = trace_id.rjust(32, "0") if len(trace_id) == 16 else trace_id
    if not _is_hex(trace_id, 32) or not _is_hex(span_id, 16) or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return Remote(bytes.fromhex(trace_id), bytes.fromhex(span_id), int(sampled in ("", "1", "d", "true")))
