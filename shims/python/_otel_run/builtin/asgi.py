"""Requests and WebSocket connections of ASGI applications."""

from . import context, propagation
from .clock import now
from .request import Request, excluded, is_excluded

# Where the span of a request lies in its scope: it is counted once, however many of us see it pass.
MARK = "otel_run.span"

_attach, _detach = context.attach, context.detach
_FIELDS = tuple(field.encode() for field in propagation.FIELDS)


def wrap(app, isolated=True):
    """The application, observed. Lifespan and whatever is unknown pass through. `isolated` says that a
    server calls it in a task for each request: then the span stays current to the end of the task, and
    what the server itself logs about a failure belongs to it, too."""
    if getattr(app, "_otel_run", False):
        return app

    async def observed(scope, receive, send):
        kind = scope["type"]
        if (kind != "http" and kind != "websocket") or MARK in scope:
            return await app(scope, receive, send)
        span = _begin(scope)
        if span is None:
            return await app(scope, receive, send)
        scope[MARK] = span
        token = _attach(span)
        try:
            await app(scope, receive, (_sending if kind == "http" else _sending_websocket)(span, send))
        except BaseException as error:
            _finish(span, scope, error)
            raise
        finally:
            if not isolated:
                _detach(token)
        _finish(span, scope, None)

    observed._otel_run = True
    return observed


def _sending(span, send):
    # Not a coroutine of its own: it would be one more frame for each message.
    def sending(message):
        what = message["type"]
        if what == "http.response.body":
            if not message.get("more_body"):
                # What runs in the background afterwards is not the answer any more.
                span.stop = now()
        elif what == "http.response.start":
            span.status_code = message["status"]
        return send(message)

    return sending


def _sending_websocket(span, send):
    accepted = False

    def sending(message):
        nonlocal accepted
        what = message["type"]
        if what == "websocket.accept":
            accepted = True
        elif what == "websocket.http.response.start":
            span.status_code = message["status"]
        elif what == "websocket.close" and not accepted and span.status_code is None:
            span.status_code = 403
        return send(message)

    return sending


def _begin(scope):
    """The span of a request, or None if it is not wanted or cannot be understood."""
    try:
        headers = dict(scope["headers"])
        get = headers.get
        path = scope["path"]
        if excluded is not None and is_excluded(scope.get("scheme", ""), _text(get(b"host")), path):
            return None
        parent = None
        for field in _FIELDS:
            if field in headers:
                parent = propagation.extract(lambda name: _text(get(name.encode())))
                break
        span = Request("otel_run.asgi", parent)
        span.method = scope.get("method", "GET")
        span.path = path
        span.query = scope.get("query_string")
        span.scheme = scope.get("scheme")
        span.version = scope.get("http_version")
        span.peer = _peer(scope.get("client"))
        span.headers = (
            get(b"host"),
            get(b"user-agent"),
            get(b"forwarded"),
            get(b"x-forwarded-for"),
            get(b"x-forwarded-proto"),
            get(b"x-forwarded-host"),
        )
        return span
    except Exception:
        return None


def _peer(client):
    return client if client.__class__ is tuple or client is None else tuple(client[:2])


def _text(value):
    return value.decode("latin-1") if value else ""


def _finish(span, scope, error):
    try:
        if span.route is None:
            span.route = _route(scope)
        if error is None and span.status_code is None and scope["type"] == "http":
            span.set("error.type", "no_response")
        span.finish(error)
    except Exception:
        pass


def _route(scope):
    """Of frameworks that leave it in the scope: Litestar, and what is built like Starlette."""
    route = scope.get("path_template") or scope.get("route")
    if route.__class__ is not str:
        route = getattr(route, "path_format", None) or getattr(route, "path", None)
    return route if isinstance(route, str) else None
