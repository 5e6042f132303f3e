"""Who reports: worker processes share one environment, and after a fork also one SDK, yet
each of them is an instance of its own."""

import os
import sys

_of = {}


def _given():
    """service.instance.id as the user set it for the whole launch."""
    for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        key, _, value = pair.partition("=")
        if key.strip() == "service.instance.id" and value.strip():
            return True
    return False


def _uuid():
    """A random UUID (version 4), without the module, which loads much for it."""
    number = int.from_bytes(os.urandom(16), "big") & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x4000 << 64 | 0x8000 << 48
    digits = "%032x" % number
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def attributes(resource):
    """The resource's attributes with those of this process, right also after a fork."""
    pid = os.getpid()
    mine = _of.get(pid)
    if mine is None:
        _of.clear()
        version = sys.version_info
        mine = _of[pid] = {
            "service.instance.id": _uuid(),
            "process.pid": pid,
            "process.executable.path": sys.executable or "",
            "process.runtime.name": sys.implementation.name,
            "process.runtime.version": ".".join(map(str, version[:3])),
        }
    merged = dict(resource)
    for key, value in mine.items():
        if key == "process.pid" or (key == "service.instance.id" and not _given()):
            merged[key] = value
        else:
            merged.setdefault(key, value)
    return merged
