"""Requests and WebSocket connections of ASGI applications."""

from . import context, propagation
from .clock import now
from .request import Request, excluded, is_excluded

# Where the span of a request lies in its scope: it is counted once, however many of us see it pass.
MARK = "otel_run.span"

_attach, _detach = context.attach, context.detach
_FIELDS = tuple(field.encode() for field in propagation.FIELDS)
_SERVER = 2


def wrap(app):
    """The application, observed. Lifespan and whatever is unknown pass through."""
    if getattr(app, "_otel_run", False):
        return app

    async def observed(scope, receive, send):
        kind = scope["type"]
        if kind == "http":
            if MARK in scope:
                return await app(scope, receive, send)
        elif kind != "websocket" or MARK in scope:
            return await app(scope, receive, send)
        span = _begin(scope)
        if span is None:
            return await app(scope, receive, send)
        scope[MARK] = span
        token = _attach(span)

        def sending(message):
            # Not a coroutine of its own: it would be one more frame for each message.
            what = message["type"]
            if what == "http.response.start":
                span.status_code = message["status"]
            elif what == "http.response.body":
                if not message.get("more_body"):
                    span.stop = now()
            elif what == "websocket.accept":
                span.status_code = 101
            elif what == "websocket.http.response.start":
                span.status_code = message["status"]
            elif what == "websocket.close" and span.status_code is None:
                span.status_code = 403
            return send(message)

        try:
            await app(scope, receive, sending)
        except BaseException as error:
            _finish(span, scope, error)
            raise
        else:
            _finish(span, scope, None)
        finally:
            _detach(token)

    observed._otel_run = True
    return observed


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
        span = Request("otel_run.asgi", _SERVER, "", parent)
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
        span.route = span.prefix = span.status_code = None
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
            route = scope.get("route")
            if route is not None:
                path = getattr(route, "path_format", None) or getattr(route, "path", None)
                span.route = path if isinstance(path, str) else None
        span.finish(error)
    except Exception:
        pass
