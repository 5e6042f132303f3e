"""The attributes of a row, those of a request among them, as the API takes them."""

from ..encode_request import RAW

_TOLD = ("http.request.method", "url.path", "url.query", "url.scheme", "network.protocol.version")


def attributes(row):
    found = {}
    told = getattr(row, "told", None)
    if told is not None:
        for name, value in zip(_TOLD, told):
            _put(found, name, value)
        _put(found, "http.route", row.route)
        _put(found, "http.response.status_code", row.status_code)
        for name, value in zip(RAW, told[6:]):
            _put(found, name, value)
        address, port = (tuple(told[5] or ()) + (None, None))[:2]
        _put(found, "network.peer.address", address)
        _put(found, "network.peer.port", int(port) if port else None)
    found.update(row.attributes or {})
    return found


def _put(found, name, value):
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value).decode("latin-1")
    if value is not None and value != "":
        found[name] = value
