"""Checks parts of the built-in shim, whose folder is the argument, in this interpreter. Each group of settings is a process of its own,
because the shim reads the variables once."""

import os
import subprocess
import sys

if sys.version_info < (3, 6):
    sys.exit(0)

sys.path.insert(0, sys.argv[1])

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = "00-%s-%s-01" % (TRACE, SPAN)


def propagation_w3c():
    from _otel_run.builtin import propagation, record

    parent = propagation.extract({"traceparent": PARENT, "tracestate": "a=1", "baggage": "k=v"}.get)
    assert (parent.trace_id.hex(), parent.span_id.hex(), parent.flags) == (TRACE, SPAN, 1)
    span = record.begin("otel_run.test", record.CLIENT, parent=parent)
    assert span.flags == 0x301 and span.parent_id == parent.span_id
    sent = dict(propagation.headers(span))
    assert sent == {"traceparent": "00-%s-%s-01" % (TRACE, span.span_id.hex()), "tracestate": "a=1", "baggage": "k=v"}
    alone = propagation.extract({"baggage": "k=v"}.get)
    root = record.begin("otel_run.test", record.CLIENT, parent=alone)
    assert root.parent_id is None and root.baggage == "k=v" and root.flags == 0x101
    assert propagation.extract({}.get) is None
    assert propagation.extract({"b3": "%s-%s-1" % (TRACE, SPAN)}.get) is None


def propagation_b3():
    from _otel_run.builtin import propagation, record

    for headers, flag in (
        ({"b3": "%s-%s-1" % (TRACE, SPAN)}, 1),
        ({"b3": "%s-%s-0" % (TRACE, SPAN)}, 0),
        ({"b3": "%s-%s-d" % (TRACE, SPAN)}, 1),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "0"}, 0),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-flags": "1"}, 1),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN}, 1),
    ):
        parent = propagation.extract(headers.get)
        assert (parent.trace_id.hex(), parent.span_id.hex(), parent.flags) == (TRACE, SPAN, flag), headers
    short = propagation.extract({"b3": "%s-%s-1" % (TRACE[:16], SPAN)}.get)
    assert short.trace_id.hex() == "0" * 16 + TRACE[:16]
    for bad in ("0", "x-y-1", "%s-%s" % ("0" * 32, SPAN), "-", ""):
        assert propagation.extract({"b3": bad}.get) is None, bad
    span = record.begin("otel_run.test", record.CLIENT, parent=short)
    sent = dict(propagation.headers(span))
    ids = span.trace_id.hex(), span.span_id.hex()
    assert sent == {"b3": "%s-%s-1" % ids, "x-b3-traceid": ids[0], "x-b3-spanid": ids[1], "x-b3-sampled": "1"}


def propagation_none():
    from _otel_run.builtin import propagation, record

    assert propagation.FIELDS == () and propagation.extract({"traceparent": PARENT}.get) is None
    assert propagation.headers(record.begin("otel_run.test", record.CLIENT)) == []


def sampler_ratio():
    from _otel_run.builtin import record

    flags = [record.begin("otel_run.test", record.SERVER).flags & 1 for _ in range(4000)]
    assert 800 < sum(flags) < 1200, sum(flags)
    unsampled = record.Remote(bytes(16), bytes(8), 0)
    assert not any(record.begin("otel_run.test", 2, parent=unsampled).flags & 1 for _ in range(100))


def sampler_off():
    from _otel_run.builtin import record

    assert record.begin("otel_run.test", record.SERVER, parent=record.Remote(bytes(16), bytes(8), 1)).flags == 0x300


def limits():
    from _otel_run.builtin import delivery, record, rows

    span = record.begin("otel_run.test", record.CLIENT, "limits")
    for number in range(5):
        span.set("key%d" % number, "x" * 100)
        span.event("event%d" % number, {"a": "y" * 100})
    record.end(span)
    span.set("late", 1)
    assert sorted(span.attributes) == ["key0", "key1", "key2"] and span.dropped == 2
    assert len(span.events) == 2
    message = delivery.request([rows.row(span)])
    assert b"x" * 10 in message and b"x" * 11 not in message and b"y" * 11 not in message


def excluded():
    from _otel_run.builtin import settings

    assert not settings.enabled("httpx") and settings.enabled("redis")
    match = settings.excluded_urls()
    assert match("http://a/healthz") and match("http://a/ping/1") and not match("http://a/pi")
    assert settings.excluded_urls("urllib3")("http://a/only") and not match("http://a/only")


def bounds():
    """Rows that nobody fetches are counted once there are too many, and told of later."""
    from _otel_run.builtin import record, sender

    sender._idle = False  # nobody wakes
    for _ in range(sender.LIMIT + 7):
        record.end(record.begin("otel_run.test", record.CLIENT))
    assert len(sender.spans) == sender.LIMIT and sender.lost["spans"] == 7

    posted = []
    from _otel_run.builtin import delivery

    class Channel:
        def post(self, body):
            posted.append(body)
            return len(posted) != 1

    delivery._channels.update({"/v1/traces": Channel(), "/v1/logs": Channel()})
    sender.flush()
    assert not sender.spans
    assert b"519 spans lost" in posted[-1], posted[-1][-200:]
    assert sender.lost["spans"] == 0


def sizes():
    """Nothing that waits, or goes on its way at once, is larger than it should be, whatever the application says."""
    import logging

    from _otel_run.builtin import delivery, logs, record, sender

    logs.capture(logging)
    logger = logging.getLogger("sizes")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    sender._idle = False  # nobody wakes

    logger.error("x" * (50 << 20), extra={"many": list(range(100000)), "large": 10 ** 10000})
    span = record.begin("otel_run.test", record.CLIENT)
    span.set("db.query.text", "select " * 1000000)
    record.end(span)
    waiting = sender.logs[0], sender.spans[0]
    assert all(1000 < len(each[1]) < 1 << 17 for each in waiting), list(map(len, waiting))

    for _ in range(sender.LIMIT - 1):
        logger.error("y" * 10000)
    held = sum(len(each[1]) for each in sender.logs)
    assert sender.ROOM * 0.9 < held < sender.ROOM * 1.6, held
    kept, posted = len(sender.logs), []

    class Channel:
        def post(self, body):
            posted.append(len(body))
            return True

    delivery._channels.update({"/v1/traces": Channel(), "/v1/logs": Channel()})
    lost = sender.lost["log records"]
    assert lost == sender.LIMIT - kept
    sender.flush()
    assert max(posted) < 5 << 20 and sum(posted) > held * 0.9, posted
    assert sender.lost["log records"] == 0 and sender._held == {"spans": 0, "log records": 0}

    # One that is larger than a request should be goes in several.
    rows = [("a", b"z" * 100000)] * 200
    posted.clear()
    assert delivery.logs(rows) == 0 and len(posted) > 4 and max(posted) < 5 << 20, posted


def calls():
    """A context that the application has put into its headers stays alone; a password in an address goes nowhere."""
    from _otel_run.builtin import record
    from _otel_run.builtin.client import request, urllib3

    span = record.begin("otel_run.test", record.CLIENT)
    for name in ("Traceparent", b"traceparent"):
        given = {"headers": {name: PARENT}}
        urllib3._inject(span, given)
        assert given == {"headers": {name: PARENT}}, given
    given = {"headers": {b"a": b"b"}}
    urllib3._inject(span, given)
    assert set(given["headers"]) == {b"a", "traceparent"}, given
    assert request.address("http", "user:secret@host", 8080, "/a") == "http://host:8080/a"
    assert request.address("http", "::1", 80, "a") == "http://[::1]/a"


def stopped_clock():
    """Tests of programs stop the clock, wherever a module has it. Nothing of ours waits for it to go on."""
    import socket
    import time

    from _otel_run.builtin import delivery, record, sender, worker  # noqa: F401

    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(5)
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:%d" % silent.getsockname()[1]
    functions = (time.time, time.monotonic, getattr(time, "time_ns", None), getattr(time, "monotonic_ns", None))
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if any(value is each for each in functions if each is not None):
                setattr(module, name, lambda: 1000)
    record.end(record.begin("otel_run.test", record.CLIENT))
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    sender.flush()


def hooks():
    from _otel_run.builtin import hooks

    seen = []
    hooks.when_imported("os", lambda module: seen.append(module.__name__))
    hooks.when_imported("wave", lambda module: seen.append(module.Wave_read.__name__))
    hooks.when_imported("wave", lambda module: 1 / 0)
    hooks.when_imported("no_such_module_anywhere", seen.append)
    hooks.install()
    import importlib.util

    bare = type(importlib.util.find_spec("colorsys").loader)
    import wave

    assert seen == ["os", "Wave_read"], seen
    assert type(wave.__loader__) is bare and "exec_module" not in vars(wave.__loader__)
    import importlib

    assert importlib.reload(wave) is wave
    assert seen == ["os", "Wave_read"], seen
    try:
        import no_such_module_anywhere
    except ImportError:
        pass


def requests():
    """What waits of a usual request is plain values, which the garbage collector forgets; and the values of a
    repeated header are one list."""
    import gc

    from _otel_run.builtin import asgi, delivery, sender

    sender._idle = False  # nobody wakes
    pairs = [(b"host", b"a"), (b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"203.0.113.10")]
    scope = dict(method="GET", path="/a", query_string=b"q=1", scheme="http", http_version="1.1", client=("::1", 9))
    scope["headers"] = iter(pairs)
    span = asgi._begin(scope, "http")
    span.status_code, span.route = 200, "/{x}"
    span.finish()
    span.finish()
    assert scope["headers"] == pairs and len(sender.spans) == 1
    waiting = sender.spans[0]
    message = delivery.request([waiting])
    for part in (b"203.0.113.9, 203.0.113.10", b"/{x}", b"q=1", b"::1", b"otel_run.asgi"):
        assert part in message, part
    assert span.trace_id + b"\x12\x08" + span.span_id in message
    for odd in (["::2", 9], "/run/socket", ("::2", "port"), ("::2", [9]), ({}, 9), 5, ()):
        strange = asgi._begin(dict(scope, client=odd), "http")
        strange.stop = strange.start
        assert b"q=1" in delivery.request([strange.row()]), odd
    # One that cannot be encoded takes no other with it.
    odd = waiting[:8] + (object(),) + waiting[9:]
    assert delivery.request([waiting, odd, waiting]).count(b"/{x}") == 2
    both = delivery.request([waiting, ("otel_run.wsgi",) + waiting[1:]])
    assert both.count(b"otel_run.asgi") == both.count(b"otel_run.wsgi") == 1 and both.count(b"/{x}") == 2
    for path, query in (("/\ud800", "\ud801"), ("/\u00e9", b"\xe9"), ("/a", bytearray(b"x")), ("/a", None), ("", "")):
        span = asgi._begin(dict(scope, path=path, query_string=query), "http")
        span.stop = span.start
        assert b"203.0.113.10" in delivery.request([span.row()]), path
    if sys.implementation.name == "cpython" and sys.version_info < (3, 14):
        gc.collect()
        assert not gc.is_tracked(waiting)
    span = asgi._begin(dict(scope, client=None), "http")
    span.set("mine", "told")
    span.finish()
    assert span.row() is None and len(sender.spans[1]) == 2 and b"told" in delivery.request([sender.spans[1]])


def start_is_cheap():
    """Nothing heavy is loaded for a program that does nothing."""
    bare = set(sys.modules)
    from _otel_run import builtin

    builtin.start(["python"])
    heavy = "logging threading asyncio socket uuid json re random enum urllib.parse contextlib functools".split()
    loaded = [name for name in heavy if name in sys.modules and name not in bare]
    assert not loaded, loaded


def compiled_files_are_kept():
    """Ours, in our own folder; of nobody else, if the user does not want them."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(sys.argv[1], folder + "/shim", ignore=shutil.ignore_patterns("__pycache__"))
        with open(folder + "/theirs.py", "w") as file:
            file.write("import logging, sys\nassert sys.dont_write_bytecode\n")
        paths = os.pathsep.join((folder + "/shim", folder))
        environment = dict(os.environ, PYTHONPATH=paths, OTEL_RUN_ACTIVE="1", OTEL_RUN_SHIM="builtin")
        subprocess.check_call([sys.executable, "-B", "-c", "import theirs"], env=environment)
        kept = os.listdir(folder + "/shim/_otel_run/builtin/__pycache__")
        assert any(name.startswith("logs.") for name in kept), kept
        assert not os.path.exists(folder + "/__pycache__")


GROUPS = (
    (propagation_w3c, {}),
    (propagation_b3, {"OTEL_PROPAGATORS": "b3,b3multi"}),
    (propagation_none, {"OTEL_PROPAGATORS": "none"}),
    (sampler_ratio, {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}),
    (requests, {}),
    (sampler_off, {"OTEL_TRACES_SAMPLER": "always_off"}),
    (
        limits,
        {
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "3",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "10",
            "OTEL_SPAN_EVENT_COUNT_LIMIT": "2",
        },
    ),
    (
        excluded,
        {
            "OTEL_PYTHON_EXCLUDED_URLS": "healthz,(broken",
            "OTEL_PYTHON_FLASK_EXCLUDED_URLS": "ping/.*",
            "OTEL_PYTHON_URLLIB3_EXCLUDED_URLS": "only",
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "httpx, sqlite3",
        },
    ),
    (bounds, {}),
    (sizes, {}),
    (calls, {}),
    (stopped_clock, {}),
    (hooks, {}),
    (start_is_cheap, {}),
    (compiled_files_are_kept, {}),
)

if len(sys.argv) > 2:
    globals()[sys.argv[2]]()
else:
    for check, variables in GROUPS:
        environment = dict(os.environ, **variables)
        command = [sys.executable, "-B", __file__, sys.argv[1], check.__name__]
        code = subprocess.call(command, env=environment, timeout=100)
        if code:
            sys.exit("%s failed in %s" % (check.__name__, sys.version))
