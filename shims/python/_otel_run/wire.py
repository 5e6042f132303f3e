"""The protobuf wire format, as much of it as OTLP needs. A message is a bytes object."""

import struct

_SMALL = [bytes((n,)) for n in range(128)]
_fixed64 = struct.Struct("<Q").pack
_double = struct.Struct("<d").pack
_INT64 = 1 << 63


def varint(n):
    """An unsigned integer, seven bits a byte."""
    if n < 128:
        return _SMALL[n]
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def signed(n):
    """int32, int64 and enumerations: two's complement in 64 bits."""
    return varint(n & 0xFFFFFFFFFFFFFFFF)


def zigzag(n):
    """sint32."""
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def tag(field, kind):
    return varint(field << 3 | kind)


def _tags(kind):
    return [b""] + [tag(field, kind) for field in range(1, 17)]


_VARINT, _FIXED64, _BYTES, _FIXED32 = _tags(0), _tags(1), _tags(2), _tags(5)


def number(field, n):
    """A varint field; zero is the default and stays out."""
    return _VARINT[field] + varint(n) if n else b""


def message(field, body):
    """A field of bytes: an embedded message, a string already encoded, packed numbers."""
    return _BYTES[field] + varint(len(body)) + body


def text(field, value):
    """A string field; empty stays out."""
    return message(field, utf8(value)) if value else b""


def utf8(value):
    return value.encode("utf-8", "replace")


def fixed64(field, n):
    return _FIXED64[field] + _fixed64(n & 0xFFFFFFFFFFFFFFFF)


def fixed32(field, n):
    return _FIXED32[field] + struct.pack("<I", n & 0xFFFFFFFF)


def double(field, x):
    return _FIXED64[field] + _double(x)


def packed_fixed64(field, numbers):
    numbers = list(numbers)
    return message(field, struct.pack("<%dQ" % len(numbers), *numbers)) if numbers else b""


def packed_double(field, numbers):
    numbers = list(numbers)
    return message(field, struct.pack("<%dd" % len(numbers), *numbers)) if numbers else b""


def packed_varint(field, numbers):
    body = b"".join(map(varint, numbers))
    return message(field, body) if body else b""


def fits_int64(n):
    return -_INT64 <= n < _INT64
