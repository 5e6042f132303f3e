"""SDK objects as OTLP protobuf (opentelemetry/proto, version 1).

Only attributes that the SDK has kept since its first stable release are read without a
default, so that one encoder serves all releases.
"""

from . import identity, wire
from .wire import double, fixed32, fixed64, message, number, text, utf8

_LIMIT = 4096
_MAX_DEPTH = 16
_pairs = {}
_resources = {}


def value(v, depth=0):
    """An AnyValue."""
    if isinstance(v, str):
        return message(1, utf8(v))
    if isinstance(v, bool):
        return b"\x10\x01" if v else b"\x10\x00"
    if isinstance(v, int):
        return b"\x18" + wire.signed(v) if wire.fits_int64(v) else message(1, str(v).encode())
    if isinstance(v, float):
        return double(4, v)
    if v is None:
        return b""
    if isinstance(v, bytes):
        return message(7, v)
    if depth < _MAX_DEPTH:
        if hasattr(v, "items"):
            return message(6, b"".join(message(1, pair(str(k), x, depth + 1)) for k, x in v.items()))
        if isinstance(v, (list, tuple, set, frozenset)) or hasattr(v, "__getitem__"):
            return message(5, b"".join(message(1, value(x, depth + 1)) for x in v))
    return message(1, utf8(str(v)))


def pair(key, v, depth=0):
    """A KeyValue."""
    return message(1, utf8(key)) + message(2, value(v, depth))


def attributes(field, items):
    """Repeated KeyValue. Most attributes of a server repeat from request to request, so their
    bytes are kept (a bounded number of them)."""
    if not items:
        return b""
    out = []
    for key, v in items.items():
        kind = v.__class__
        if kind is str or kind is int or kind is bool:
            known = (field, key, kind, v)
            encoded = _pairs.get(known)
            if encoded is None:
                encoded = message(field, pair(key, v))
                if len(encoded) < 256:
                    if len(_pairs) >= _LIMIT:
                        _pairs.clear()
                    _pairs[known] = encoded
        else:
            encoded = message(field, pair(str(key), v))
        out.append(encoded)
    return b"".join(out)


def resource(r):
    """A Resource with the attributes of this process."""
    mine = identity.attributes(r.attributes)
    known = _resources.get(id(r))
    if known is not None and known[0] is r and known[1] == mine["process.pid"]:
        return known[2]
    encoded = attributes(1, mine)
    if len(_resources) >= 16:
        _resources.clear()
    _resources[id(r)] = (r, mine["process.pid"], encoded)
    return encoded


def scope(s):
    """An InstrumentationScope."""
    if s is None:
        return b""
    return text(1, s.name) + text(2, s.version) + attributes(3, getattr(s, "attributes", None))


def _schema(thing):
    return text(3, getattr(thing, "schema_url", None))


def _request(records, resource_of, scope_of, encode):
    """Records of one signal by resource and by scope: an Export…ServiceRequest."""
    groups = {}
    for record in records:
        try:
            encoded = message(2, encode(record))
        except Exception:
            continue  # one that is odd does not take the others with it
        r, s = resource_of(record), scope_of(record)
        scopes = groups.setdefault(id(r), (r, {}))[1]
        scopes.setdefault(id(s), (s, []))[1].append(encoded)
    out = []
    for r, scopes in groups.values():
        body = [message(1, resource(r))]
        for s, encoded in scopes.values():
            encoded.insert(0, message(1, scope(s)))
            encoded.append(_schema(s))
            body.append(message(2, b"".join(encoded)))
        body.append(_schema(r))
        out.append(message(1, b"".join(body)))
    return b"".join(out)


# Spans


def spans(batch):
    return _request(batch, lambda s: s.resource, lambda s: s.instrumentation_scope, span)


def _ids(context):
    return message(1, context.trace_id.to_bytes(16, "big")) + message(2, context.span_id.to_bytes(8, "big"))


def _state(context):
    state = context.trace_state
    return text(3, ",".join("%s=%s" % item for item in state.items())) if state else b""


def _flags(context, remote):
    known = 0x100 | (0x200 if remote is not None and remote.is_remote else 0)
    return known | (int(context.trace_flags) & 0xFF)


def span(s):
    context, parent = s.context, s.parent
    out = [
        _ids(context),
        _state(context),
        message(4, parent.span_id.to_bytes(8, "big")) if parent is not None else b"",
        text(5, s.name),
        number(6, s.kind.value + 1),
        fixed64(7, s.start_time or 0),
        fixed64(8, s.end_time or 0),
        attributes(9, s.attributes),
        number(10, getattr(s, "dropped_attributes", 0)),
    ]
    for event in s.events:
        out.append(message(11, _event(event)))
    out.append(number(12, getattr(s, "dropped_events", 0)))
    for link in s.links:
        out.append(message(13, _link(link)))
    out.append(number(14, getattr(s, "dropped_links", 0)))
    status = s.status
    if status is not None and (status.status_code.value or status.description):
        out.append(message(15, text(2, status.description) + number(3, status.status_code.value)))
    # Field 16 takes two bytes of tag, so it is outside the usual ones.
    out.append(fixed32(16, _flags(context, parent)))
    return b"".join(out)


def _event(event):
    return (
        fixed64(1, event.timestamp)
        + text(2, event.name)
        + attributes(3, event.attributes)
        + number(4, getattr(event, "dropped_attributes", 0) or 0)
    )


def _link(link):
    return (
        _ids(link.context)
        + _state(link.context)
        + attributes(4, link.attributes)
        + number(5, getattr(link, "dropped_attributes", 0) or 0)
        + fixed32(6, _flags(link.context, link.context))
    )


# Log records


def logs(batch):
    def resource_of(data):
        # Where the resource lives has changed between releases.
        return getattr(data, "resource", None) or data.log_record.resource

    return _request(batch, resource_of, lambda data: data.instrumentation_scope, log)


def log(data):
    record = data.log_record
    severity = record.severity_number
    out = [
        fixed64(1, record.timestamp) if record.timestamp else b"",
        number(2, severity.value if severity is not None else 0),
        text(3, record.severity_text),
        message(5, value(record.body)) if record.body is not None else b"",
        attributes(6, record.attributes),
        number(7, getattr(data, "dropped_attributes", None) or getattr(record, "dropped_attributes", 0) or 0),
    ]
    if record.trace_flags is not None:
        out.append(fixed32(8, int(record.trace_flags) & 0xFF))
    if record.trace_id:
        out.append(message(9, record.trace_id.to_bytes(16, "big")))
    if record.span_id:
        out.append(message(10, record.span_id.to_bytes(8, "big")))
    if record.observed_timestamp:
        out.append(fixed64(11, record.observed_timestamp))
    out.append(text(12, getattr(record, "event_name", None)))
    return b"".join(out)


# Metrics


def metrics(data):
    out = []
    for of_resource in data.resource_metrics:
        body = [message(1, resource(of_resource.resource))]
        for of_scope in of_resource.scope_metrics:
            inner = [message(1, scope(of_scope.scope))]
            for each in of_scope.metrics:
                try:
                    encoded = metric(each)
                except Exception:
                    encoded = None
                if encoded is not None:
                    inner.append(message(2, encoded))
            inner.append(_schema(of_scope.scope))
            body.append(message(2, b"".join(inner)))
        body.append(_schema(of_resource.resource))
        out.append(message(1, b"".join(body)))
    return b"".join(out)


def metric(m):
    """A Metric, or None for a kind that this encoder does not know."""
    data = m.data
    if not data.data_points:
        return None
    first = data.data_points[0]
    temporality = number(2, int(getattr(data, "aggregation_temporality", 0)))
    if hasattr(first, "scale"):
        points, field, rest = map(_exponential, data.data_points), 10, temporality
    elif hasattr(first, "bucket_counts"):
        points, field, rest = map(_histogram, data.data_points), 9, temporality
    elif hasattr(data, "is_monotonic"):
        points, field, rest = map(_number, data.data_points), 7, temporality + number(3, int(data.is_monotonic))
    elif hasattr(first, "value"):
        points, field, rest = map(_number, data.data_points), 5, b""
    else:
        return None
    body = b"".join(message(1, point) for point in points) + rest
    return text(1, m.name) + text(2, m.description) + text(3, m.unit) + message(field, body)


def _times(point):
    start = point.start_time_unix_nano
    return (fixed64(2, start) if start else b"") + fixed64(3, point.time_unix_nano)


def _amount(v, as_double, as_int):
    if isinstance(v, int) and wire.fits_int64(v):
        return fixed64(as_int, v)
    return double(as_double, v)


def _exemplars(field, point):
    return b"".join(message(field, _exemplar(e)) for e in getattr(point, "exemplars", None) or ())


def _exemplar(e):
    return (
        fixed64(2, e.time_unix_nano)
        + _amount(e.value, 3, 6)
        + (message(4, e.span_id.to_bytes(8, "big")) if e.span_id else b"")
        + (message(5, e.trace_id.to_bytes(16, "big")) if e.trace_id else b"")
        + attributes(7, e.filtered_attributes)
    )


def _number(point):
    return _times(point) + _amount(point.value, 4, 6) + _exemplars(5, point) + attributes(7, point.attributes)


def _range(point, low, high):
    # Of no value at all the SDK says min = inf and max = -inf.
    if point.min is None or point.max is None or point.min > point.max:
        return b""
    return double(low, point.min) + double(high, point.max)


def _histogram(point):
    return (
        _times(point)
        + fixed64(4, point.count)
        + double(5, point.sum)
        + wire.packed_fixed64(6, point.bucket_counts)
        + wire.packed_double(7, point.explicit_bounds)
        + _exemplars(8, point)
        + attributes(9, point.attributes)
        + _range(point, 11, 12)
    )


def _buckets(field, buckets):
    if not buckets.bucket_counts:
        return b""
    offset = wire.zigzag(buckets.offset)
    return message(field, b"\x08" + offset + wire.packed_varint(2, buckets.bucket_counts))


def _exponential(point):
    return (
        attributes(1, point.attributes)
        + _times(point)
        + fixed64(4, point.count)
        + double(5, point.sum)
        + b"\x30"
        + wire.zigzag(point.scale)
        + fixed64(7, point.zero_count)
        + _buckets(8, point.positive)
        + _buckets(9, point.negative)
        + number(10, point.flags)
        + _exemplars(11, point)
        + _range(point, 12, 13)
    )
