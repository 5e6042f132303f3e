"""The attributes of a row, those of a request among them, as the API takes them."""

_REQUEST = (
    ("http.request.method", "method"),
    ("url.scheme", "scheme"),
    ("network.protocol.version", "version"),
    ("http.route", "route"),
    ("http.response.status_code", "status_code"),
    ("url.path", "path"),
    ("url.query", "query"),
)
_HEADERS = (
    "otel_run.host", "user_agent.original", "otel_run.forwarded", "otel_run.x_forwarded_for",
    "otel_run.x_forwarded_proto", "otel_run.x_forwarded_host",
)  # fmt: skip


def attributes(row):
    found = {}
    if hasattr(row, "status_code"):
        for name, field in _REQUEST:
            _put(found, name, getattr(row, field, None))
        for name, value in zip(_HEADERS, row.headers or ()):
            _put(found, name, value)
        address, port = row.peer or (None, None)
        _put(found, "network.peer.address", address)
        _put(found, "network.peer.port", port or None)
    found.update(row.attributes or {})
    return found


def _put(found, name, value):
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value).decode("latin-1")
    if value is not None and value != "":
        found[name] = value
