"""Subclasses of driver classes that are written in C and cannot be changed.

An object of such a subclass is an object of the class, with everything that the application and the
libraries above know of it. A class of the application is extended the same way.
"""

_LIMIT = 256
_made = {}


def extended(base, make):
    """`base` with what `make(base)` gives: the base classes and attributes of its subclass. Made once
    for each class; whatever cannot be extended stays as it is."""
    if not isinstance(base, type) or "_otel_run_extended" in base.__dict__:
        return base
    key = base, make
    found = _made.get(key)
    if found is None:
        if len(_made) >= _LIMIT:
            _made.clear()
        try:
            found = _subclass(base, *make(base))
        except Exception:
            found = base
        _made[key] = found
    return found


def _subclass(base, bases, attributes):
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
    return type(base)(base.__name__, bases, dict(attributes, _otel_run_extended=True, **names))
