"""Requests that a server has answered, as OTLP. Many are encoded at once, value by value and not request by
request: loops that Python runs in C. Most of what a request says was said by others before it, so bytes are
kept by what they were made of; the stores are bounded.
"""

from itertools import repeat
from struct import Struct

from ..encode import pair
from ..wire import message, text, utf8, varint
from .encode import tail

_LIMIT, _LONGEST = 1024, 2048
# Keys of the headers, in the order of `request.HEADERS`.
RAW = ("otel_run.host", "user_agent.original", "otel_run.forwarded", "otel_run.x_forwarded_for")
RAW += ("otel_run.x_forwarded_proto", "otel_run.x_forwarded_host")

_HEAD = b"\x0a\x10%b\x12\x08%b"
_frame = Struct("<4sI").pack
_times = Struct("<cQcQ").pack
_is_ascii = getattr(bytes, "isascii", None) or (lambda value: False)  # Python 3.6
_ids = Struct("16s8s").iter_unpack


class _Store(dict):
    """What `make(*key)` has made; `make(key)` if the key is no tuple."""

    def __init__(self, make):
        self._make = make

    def __missing__(self, key):
        made = self._make(*key) if key.__class__ is tuple else self._make(key)
        if len(made) < _LONGEST:
            if len(self) >= _LIMIT:
                self.clear()
            self[key] = made
        return made


def _front(key):
    """Makes what stands before a text of a length in an attribute; nothing before an empty one."""
    key = message(1, key)

    def make(length):
        if not length:
            return b""
        inner = b"\x0a" + varint(length)
        value = b"\x12" + varint(len(inner) + length) + inner
        return b"\x4a" + varint(len(key) + len(value) + length) + key + value

    return make


def _attribute(key, value):
    return message(9, pair(key, value)) if value not in (None, "") else b""


def _sort(method, scheme, version, route, status, flags):
    # The kind is that of servers.
    return _frame(b"\x30\x02\x85\x01", flags) + b"".join(
        (
            _attribute("http.request.method", method),
            _attribute("url.scheme", scheme),
            _attribute("network.protocol.version", version),
            _attribute("http.route", route),
            _attribute("http.response.status_code", status),
        )
    )


def _peer(address=None, port=None, *_):
    # Of a Unix socket there is no port; some servers say it in digits.
    return _attribute("network.peer.address", address) + _attribute("network.peer.port", int(port) if port else None)


def _peer_of(client):
    try:
        return _peers[client if client.__class__ is tuple else tuple(client)]
    except Exception:
        return b""  # servers say strange things about clients; the request is told all the same


def _named(*values):
    return b"".join(_attribute(key, _decoded(value)) for key, value in zip(RAW, values) if value)


def _decoded(value):
    return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _utf8(values):
    try:
        if all(map(_is_ascii, values)):
            return values
    except TypeError:
        pass  # text
    try:
        return list(map(str.encode, values))
    except (TypeError, ValueError):
        return [utf8(_decoded(value)) if value else b"" for value in values]


def _heads(ids):
    """The ids of spans as fields: large numbers, or bytes with the parent's behind."""
    try:
        return map(_HEAD.__mod__, _ids(b"".join(map(int.to_bytes, ids, repeat(24), repeat("big")))))
    except TypeError:
        return map(_head, ids)


def _head(ids):
    if ids.__class__ is int:
        ids = ids.to_bytes(24, "big")
    head = _HEAD % (ids[:16], ids[16:24])
    return head + b"\x22\x08" + ids[24:] if len(ids) > 24 else head


_sorts, _peers, _headers = _Store(_sort), _Store(_peer), _Store(_named)
_paths, _queries = _Store(_front(b"url.path")), _Store(_front(b"url.query"))
# What stands before a span of a length in its scope.
_spans = _Store(lambda length: b"\x12" + varint(length))


def fields(waiting, offset):
    """Requests that wait as plain values (`Request.row`), as fields of their scope: pairs of it and a list of
    bytes."""
    try:
        return _fields(waiting, offset)
    except Exception:
        found = []  # one that is odd does not take the others with it
        for row in waiting:
            try:
                found += _fields([row], offset)
            except Exception:
                pass
        return found


def _fields(waiting, offset):
    bodies = _bodies(waiting, offset)
    out = [b""] * (2 * len(bodies))
    out[0::2] = map(_spans.__getitem__, map(len, bodies))
    out[1::2] = bodies
    scopes = [row[0] for row in waiting]
    if scopes.count(scopes[0]) == len(scopes):
        return [(scopes[0], out)]
    return [(scope, out[2 * at : 2 * at + 2]) for at, scope in enumerate(scopes)]


def _bodies(waiting, offset):
    column = list(zip(*waiting))
    _, ids, starts, stops, flags, routes, states, methods, paths, queries, schemes, versions, peers = column[:13]
    paths, queries = _utf8(paths), _utf8(queries)
    of_day = offset.__add__
    parts = (
        _heads(ids),
        map(_times, repeat(b"\x39"), map(of_day, starts), repeat(b"\x41"), map(of_day, stops)),
        map(_sorts.__getitem__, zip(methods, schemes, versions, routes, states, flags)),
        map(_paths.__getitem__, map(len, paths)),
        paths,
        map(_queries.__getitem__, map(len, queries)),
        queries,
        map(_headers.__getitem__, zip(*column[13:])),
        map(_peer_of, peers),
    )
    return list(map(b"".join, zip(*parts)))


def encode(request, offset):
    """A Span of one of which there is more to say than its plain values do."""
    state = text(3, request.tracestate)
    return _bodies([request.values()], offset)[0] + state + text(5, request.name) + tail(request, offset)
