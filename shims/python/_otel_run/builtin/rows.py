"""What waits for the sender: bytes, or tuples of plain values (`Request.row`). Objects that wait, with all that hangs on them,
are looked at by Python's garbage collector again and again, and that costs a request more than all the rest.
"""

from ..wire import message
from . import clock, process

# Bytes of one item. What is larger has its texts cut to so many characters.
_LARGEST, _CUT = 1 << 17, 1 << 13

_encoders = {}


def row(item):
    """(scope, the item as a field of its scope's ScopeSpans or ScopeLogs); None of an item that is odd."""
    try:
        module = _encoders.get(item.__class__)
        if module is None:
            module = _encoders[item.__class__] = process.load(item.encoder)
        encoded = module.encode(item, clock.offset())
        if len(encoded) > _LARGEST:
            process.load("encode").cut(item, _CUT)
            encoded = module.encode(item, clock.offset())
        return (item.scope, message(2, encoded)) if len(encoded) <= _LARGEST else None
    except (Exception, SystemExit):  # whatever has become of our files, the program does not end by it
        return None


def size(waiting):
    """Bytes, about."""
    if len(waiting) == 2:
        return len(waiting[1])
    return sum([len(each) for each in waiting if each.__class__ is bytes or each.__class__ is str])
