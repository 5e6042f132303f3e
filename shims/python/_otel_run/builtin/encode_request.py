"""Requests that a server has answered, as OTLP. Most of what a request says was said by others before
it, so the bytes are kept by what they were made of; the stores are bounded.
"""

from struct import Struct

from ..encode import pair
from ..wire import message, text, utf8, varint
from .encode import head, tail
from .request import HEADERS

_LIMIT, _LONGEST = 1024, 2048
_sorts, _peers, _hosts = {}, {}, {}
# Kind (server), start, end and flags.
_frame = Struct("<3sQcQ2sI").pack
_NONE = (None,) * len(HEADERS)


class _Text:
    """Attributes of one key whose value is a text: all but the text itself is made once for each
    length that it has had."""

    def __init__(self, key):
        self._key = message(1, key.encode())
        self._fronts = {}

    def __call__(self, value):
        value = utf8(value) if isinstance(value, str) else latin1(value)
        length = len(value)
        front = self._fronts.get(length)
        if front is None:
            inner = b"\x0a" + varint(length)
            value_field = b"\x12" + varint(len(inner) + length) + inner
            front = b"\x4a" + varint(len(self._key) + len(value_field) + length) + self._key + value_field
            if length < 512:
                self._fronts[length] = front
        return front + value


def latin1(value):
    """Bytes of a header as UTF-8."""
    return value if value.isascii() else value.decode("latin-1").encode()


if not hasattr(bytes, "isascii"):

    def latin1(value):  # noqa: F811 (Python 3.6)
        return value.decode("latin-1").encode()


_path, _query = _Text("url.path"), _Text("url.query")
RAW = ("otel_run.host", "user_agent.original", "otel_run.forwarded", "otel_run.x_forwarded_for")
RAW += ("otel_run.x_forwarded_proto", "otel_run.x_forwarded_host")


def _attribute(key, value):
    return message(9, pair(key, value)) if value not in (None, "") else b""


def _kept(store, key, make):
    if len(store) >= _LIMIT:
        store.clear()
    made = make(*key)
    if len(made) < _LONGEST:
        store[key] = made
    return made


def _sort(method, scheme, version, route, status):
    return b"".join(
        (
            _attribute("http.request.method", method),
            _attribute("url.scheme", scheme),
            _attribute("network.protocol.version", version),
            _attribute("http.route", route),
            _attribute("http.response.status_code", status),
        )
    )


def _peer(address, port=None, *_):
    # Of a Unix socket there is no port; some servers say it in digits.
    return _attribute("network.peer.address", address) + _attribute("network.peer.port", int(port) if port else None)


def _host(*values):
    return b"".join(_attribute(key, _decoded(value)) for key, value in zip(RAW, values) if value)


def _decoded(value):
    return value if isinstance(value, str) else value.decode("latin-1")


def headers(request):
    """The values of the headers in RAW; None for those that are not there."""
    get = request.headers.get
    found = get(b"host"), get(b"user-agent"), get(b"forwarded"), get(b"x-forwarded-for")
    found += get(b"x-forwarded-proto"), get(b"x-forwarded-host")
    return tuple(map(get, HEADERS)) if found == _NONE else found


def row(request):
    """What waits of a request of which there is nothing unusual to say: plain values alone, which the
    garbage collector looks at once and never again. Else None."""
    if request.attributes or request.events or request.status or request.dropped or request.name:
        return None
    return _row(request)


def _row(request):
    first = request.ids if request.ids is not None else head(request)
    times = request.start, request.stop, request.flags
    # Nothing nested of ours: a tuple in a tuple takes the collector a second look.
    return (request.scope, first, *times, request.route, request.status_code, *request.told, *headers(request))


def encode(request, offset):
    """A Span of a server."""
    return encode_row(_row(request), offset) + text(5, request.name) + tail(request, offset)


def encode_row(row, offset):
    """A Span of what waits."""
    _, first, start, stop, flags, route, status, method, path, query, scheme, version, peer, *host = row
    host = tuple(host)
    if first.__class__ is int:
        ids = first.to_bytes(24, "big")
        first = b"\x0a\x10" + ids[:16] + b"\x12\x08" + ids[16:]
    sort = (method, scheme, version, route, status)
    out = [
        first,
        _frame(b"\x30\x02\x39", start + offset, b"\x41", stop + offset, b"\x85\x01", flags),
        _sorts.get(sort) or _kept(_sorts, sort, _sort),
        _path(path),
        _hosts.get(host) or _kept(_hosts, host, _host),
    ]
    if query:
        out.append(_query(query))
    if peer is not None:
        try:
            if peer.__class__ is not tuple:
                peer = tuple(peer)
            out.append(_peers.get(peer) or _kept(_peers, peer, _peer))
        except Exception:
            pass  # servers say strange things about clients; the request is told all the same
    return b"".join(out)
