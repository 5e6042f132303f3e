"""The shim that needs nothing installed: requests, logs and exceptions of a Python program, seen
where its servers and libraries pass, and sent to the agent as they were seen (shims/CONTRACT.md).

`start` only notes what is to happen when a module is imported. A process that imports none of
them pays for this file and `hooks`; the sender's thread starts with the first record.
"""

import atexit

from .. import native  # noqa: F401 (before the program can patch what is in it)
from . import ending, exceptions, hooks, libraries, settings

# What the program imports, the function of ours that looks after it then, and what it is called by
# OTEL_PYTHON_DISABLED_INSTRUMENTATIONS.
_HOOKS = (
    ("logging", "logs:capture", "logging"),
    ("loguru._handler", "loguru:observe", "logging"),
    ("threading", "exceptions:of_threads", "exceptions"),
    ("asyncio.base_events", "exceptions:of_loops", "exceptions"),
    ("signal", "ending:before_signals", None),
    ("multiprocessing.util", "ending:before_children_end", None),
    ("uvicorn.config", "servers:uvicorn", "asgi"),
    ("hypercorn.app_wrappers", "servers:hypercorn", "asgi"),
    ("daphne.server", "servers:daphne", "asgi"),
    ("granian.asgi", "servers:granian_asgi", "asgi"),
    ("granian.wsgi", "servers:granian_wsgi", "wsgi"),
    ("gunicorn.workers.base", "servers:gunicorn", "wsgi"),
    ("gunicorn.workers.gasgi", "servers:gunicorn_asgi", "asgi"),
    ("waitress.server", "servers:waitress", "wsgi"),
    ("cheroot.wsgi", "servers:cheroot", "wsgi"),
    ("werkzeug.serving", "servers:werkzeug", "wsgi"),
    ("wsgiref.simple_server", "servers:wsgiref", "wsgi"),
    ("gevent.pywsgi", "servers:gevent", "wsgi"),
    ("eventlet.wsgi", "servers:eventlet", "wsgi"),
    ("socketserver", "http_server:observe", "http.server"),
    ("starlette.routing", "routes:starlette", "asgi"),
    ("fastapi.routing", "routes:fastapi", "asgi"),
    ("starlette.applications", "frameworks:starlette", "asgi"),
    ("django.core.handlers.base", "routes:django", None),
    ("django.core.handlers.asgi", "frameworks:django_asgi", "asgi"),
    ("django.core.handlers.wsgi", "frameworks:django_wsgi", "wsgi"),
    ("flask.app", "frameworks:flask", "wsgi"),
    ("quart.app", "routes:quart", "asgi"),
    ("quart.app", "frameworks:quart", "asgi"),
    ("litestar.app", "frameworks:litestar", "asgi"),
    ("bottle", "frameworks:bottle", "wsgi"),
    ("falcon.app", "routes:falcon", "wsgi"),
    ("falcon.app", "frameworks:falcon", "wsgi"),
    ("falcon.asgi.app", "routes:falcon", "asgi"),
    ("falcon.asgi.app", "frameworks:falcon_asgi", "asgi"),
    ("pyramid.router", "routes:pyramid", "wsgi"),
    ("pyramid.router", "frameworks:pyramid", "wsgi"),
    ("django.core.handlers.exception", "failures:django", None),
    ("flask.app", "failures:flask", "wsgi"),
    ("quart.app", "failures:quart", "asgi"),
    ("litestar.middleware._internal.exceptions.middleware", "failures:litestar", "asgi"),
    ("litestar.middleware.exceptions.middleware", "failures:litestar", "asgi"),
    ("bottle", "failures:bottle", "wsgi"),
    ("falcon.app", "failures:falcon", "wsgi"),
    ("falcon.asgi.app", "failures:falcon_asgi", "asgi"),
    ("opentelemetry.sdk.trace", "doubles:avoid", None),
)


# Those of them that look after requests.
_OF_REQUESTS = ("servers", "http_server", "routes", "frameworks", "doubles")


def start(line):
    """Registers what is to be observed. `line` is the command line of this process."""
    _watch(_HOOKS)
    hooks.install()
    libraries.watch()
    libraries.watch_api()
    if any(word.endswith("uwsgi") for word in line[:2]):
        from . import uwsgi

        uwsgi.watch(line)
    # First registered, last called: what the program's own functions do at its end is seen, too.
    atexit.register(ending.at_exit)
    if settings.enabled("exceptions"):
        atexit.register(exceptions.of_the_main_thread)


def watch_requests():
    """Registers the hooks of servers and frameworks alone."""
    _watch(each for each in _HOOKS if each[1].partition(":")[0] in _OF_REQUESTS)


def _watch(table):
    for module, target, library in table:
        if library is None or settings.enabled(library):
            hooks.when_imported(module, hooks.later(target))
