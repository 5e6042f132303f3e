"""Requests and WebSocket connections of ASGI applications."""

from operator import itemgetter

from . import context, propagation
from .clock import now
from .request import HEADERS, Request, excluded, is_excluded

# Where the span of a request lies in its scope: it is counted once, however many of us see it pass.
MARK = "otel_run.span"

_attach, _detach = context.attach, context.detach
_FIELDS = frozenset(field.encode() for field in propagation.FIELDS)
_NAMES = tuple(name[5:].lower().replace("_", "-").encode() for name in HEADERS)
_http = itemgetter("method", "path", "query_string", "scheme", "http_version", "client")


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
        span = _begin(scope, kind)
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
                    # What runs in the background afterwards is not the answer any more.
                    span.stop = now()
            elif what == "websocket.accept":
                span.accepted = True
            elif what == "websocket.http.response.start":
                span.status_code = message["status"]
            elif what == "websocket.close" and not span.accepted and span.status_code is None:
                span.status_code = 403
            return send(message)

        try:
            await app(scope, receive, sending)
        except BaseException as error:
            _failed(span, error)
            raise
        else:
            if span.status_code is None and kind == "http":
                span.set("error.type", "no_response")
        finally:
            if span.route is None:
                span.route = _route(scope)
            span.finish()
            if not isolated:
                _detach(token)

    observed._otel_run = True
    return observed


def _begin(scope, kind):
    """The span of a request, or None if it is not wanted or cannot be understood."""
    try:
        told = _http(scope) if kind == "http" else _websocket(scope)
        pairs = scope["headers"]
        headers = dict(pairs) if pairs.__class__ is list else {}
        if not headers or len(headers) != len(pairs):
            headers = _headers(scope)
        if excluded is not None and is_excluded(told[3], _text(headers.get(b"host")), told[1]):
            return None
        parent = None
        if not _FIELDS.isdisjoint(headers):
            parent = propagation.extract(lambda name: _text(headers.get(name.encode())))
        return Request("otel_run.asgi", told, tuple(map(headers.get, _NAMES)), parent)
    except Exception:
        return None


def _headers(scope):
    """By their names; the values of one that was repeated in one list, as HTTP has it (RFC 9110, 5.3)."""
    pairs = scope["headers"] = list(scope["headers"])  # read once only, it may be
    headers = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _websocket(scope):
    get = scope.get
    return "GET", scope["path"], get("query_string"), get("scheme"), get("http_version"), get("client")


def _text(value):
    return value.decode("latin-1") if value else ""


def _failed(span, error):
    try:
        span.fail(error)
    except Exception:
        pass


def _route(scope):
    """Of frameworks that leave it in the scope: Litestar, and what is built like Starlette."""
    route = scope.get("path_template") or scope.get("route")
    if route.__class__ is not str:
        route = getattr(route, "path_format", None) or getattr(route, "path", None)
    return route if isinstance(route, str) else None
