"""Batches of rows, encoded, joined and posted. Runs in the sender's thread, and at the end in the main one."""

import os

from .. import identity
from ..channel import Channel, agent, renew
from ..encode import attributes
from ..wire import message, text, varint
from . import clock, process, settings
from .rows import row as waiting

# The agent looks for spans to be completed only in requests with this header.
_RAW = ("x-otel-run-shim", "1")

# Bytes of one request; the agent takes no more than 20 MiB.
_LARGEST = 1 << 22

_scopes = {}
_channels = {}
_resource = None


def spans(rows):
    """How many of them the agent did not take."""
    return _post("/v1/traces", rows, settings.wanted("traces"))


def logs(rows):
    return _post("/v1/logs", rows, settings.wanted("logs"))


def _post(path, rows, wanted):
    if not wanted:
        return 0
    channel = _channels.get(path)
    if channel is None:
        to = agent()
        if to is None:
            return len(rows)
        channel = _channels[path] = Channel(to[0], path, to[1] + [_RAW])
    body = request(rows)
    if len(body) > _LARGEST and len(rows) > 1:
        half = len(rows) // 2
        return _post(path, rows[:half], True) + _post(path, rows[half:], True)
    return 0 if channel.post(body) else len(rows)


def request(rows):
    """An Export…ServiceRequest, rows grouped by scope."""
    groups, requests = {}, []
    for row in rows:
        if len(row) > 2:
            requests.append(row)
        else:
            groups.setdefault(row[0], []).append(row[1])
    if requests:
        for name, encoded in process.load("encode_request").fields(requests, clock.offset()):
            groups.setdefault(name, []).extend(encoded)
    parts = [message(1, resource())]
    for name, encoded in groups.items():
        scope = _scopes.get(name)
        if scope is None:
            if len(_scopes) >= 256:
                _scopes.clear()
            scope = _scopes[name] = message(1, text(1, name) + text(2, getattr(name, "version", None)))
        parts.append(b"\x12" + varint(len(scope) + sum(map(len, encoded))) + scope)
        parts += encoded
    # Joined once: batches are long.
    return b"".join([b"\x0a" + varint(sum(map(len, parts)))] + parts)


def resource():
    """The bytes of this process's Resource."""
    global _resource
    if _resource is None:
        _resource = attributes(1, identity.attributes(_given()))
    return _resource


def _given():
    given = {}
    for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        key, separator, value = pair.partition("=")
        if separator and key.strip():
            given[key.strip()] = _decoded(value.strip())
    service = settings.text("OTEL_SERVICE_NAME")
    if service:
        given["service.name"] = service
    given["telemetry.sdk.language"] = "python"
    given["telemetry.sdk.name"] = "otel-run"
    version = settings.text("OTEL_RUN_VERSION")
    if version:
        given["telemetry.sdk.version"] = version
    return given


def _decoded(value):
    if "%" not in value:
        return value
    from urllib.parse import unquote

    return unquote(value)


def report(lost):
    """Tells how much could not be delivered, as a log record; tried again later if that fails, too."""
    Record = process.load("log_record").Record
    told = {what: count for what, count in lost.items() if count}
    text = "%s lost: more than could be delivered" % " and ".join("%d %s" % (n, what) for what, n in told.items())
    note = Record("otel_run.shim", clock.now() + clock.offset(), 13, "WARN", text, None)
    if not settings.wanted("logs") or not logs([waiting(note)]):
        for what, count in told.items():
            lost[what] -= count


def close():
    for channel in _channels.values():
        channel.close()


def _in_child():
    global _resource
    _resource = None


process.on_fork(_in_child)
process.on_fork(renew)
