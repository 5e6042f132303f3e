"""Instruments of the API for an application that has set no provider. The API's proxies pass on to
what we put into them, until a provider puts its own there.
"""

from functools import wraps

from . import wanted
from .tracer import Scope

# Method of a meter: the class that keeps its values, and whether these are observed by callbacks.
_KINDS = {
    "create_counter": ("Sum", True),
    "create_up_down_counter": ("Sum", False),
    "create_histogram": ("Distribution", None),
    "create_gauge": ("Last", None),
    "create_observable_counter": ("Observed", True),
    "create_observable_up_down_counter": ("Observed", False),
    "create_observable_gauge": ("Observed", None),
}


def provide(module):
    """`module` is `opentelemetry.metrics._internal`."""
    meter = module._ProxyMeter
    for name, (kind, monotonic) in _KINDS.items():
        if hasattr(meter, name):
            setattr(meter, name, _creating(getattr(meter, name), kind, monotonic))


def _creating(original, kind, monotonic):
    @wraps(original)
    def create(self, *args, **kwargs):
        proxy = original(self, *args, **kwargs)
        try:
            if self._real_meter is None and wanted(self._name):
                _fill(proxy, Scope.of(self._name, self._version), kind, monotonic)
        except Exception:
            pass
        return proxy

    return create


def _fill(proxy, scope, kind, monotonic):
    from . import instruments, reader

    ours = getattr(instruments, kind)(proxy, scope, monotonic)
    if kind != "Observed":
        proxy._real_instrument = ours
    reader.add(ours)
