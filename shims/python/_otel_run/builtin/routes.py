"""Which route of a framework has answered. The span of the request lies in its scope or environ, also
in copies that middleware makes of them.
"""

from . import patch
from .asgi import MARK


def _span(scope):
    return scope.get(MARK)


def starlette(module):
    """Starlette and FastAPI: each route that handles a request says so, mounts before what they hold."""
    for kind in ("Route", "WebSocketRoute"):
        _watch(getattr(module, kind), _of_route)
    _watch(module.Mount, _of_mount)


def _watch(kind, note):
    handle = kind.__dict__["handle"]

    # Not a coroutine of its own: it would be one more frame for each request.
    def observed(self, scope, receive, send):
        try:
            if MARK in scope:
                note(self, scope, scope[MARK])
        except Exception:
            pass
        return handle(self, scope, receive, send)

    observed.__wrapped__ = handle
    kind.handle = observed


def _of_route(route, scope, span):
    if span.chosen:
        span.chosen = False  # FastAPI has said it already
        return
    prefix = span.prefix
    if prefix is None:
        prefix = scope.get("root_path", "")
    span.route = prefix + route.path_format


def _of_mount(mount, scope, span):
    prefix = span.prefix
    if prefix is None:
        # Before this mount has taken its part of the path.
        prefix = scope.get("app_root_path", "")
    elif span.route == prefix + "/" and prefix.endswith(mount.path):
        return  # FastAPI has said it already
    span.prefix = prefix + mount.path
    span.route = span.prefix + "/"


def fastapi(module):
    """Routers that include others know the whole path of a route only when they have selected it."""
    selected = module._route_selected
    # What it needs to have something to do; then it need not be called for each request.
    telemetry = "fastapi.telemetry"
    always = telemetry not in selected.__code__.co_consts

    def _route_selected(*, scope, path, mount=False, **more):
        try:
            if path and MARK in scope:
                span = scope[MARK]
                prefix = span.prefix
                if prefix is None:
                    prefix = scope.get("app_root_path" if mount else "root_path", "")
                if mount:
                    span.prefix = prefix + path.rpartition("/{path")[0]
                    span.route = span.prefix + "/"
                else:
                    span.route = prefix + path
                    span.chosen = True
        except Exception:
            pass
        if always or telemetry in scope:
            return selected(scope=scope, path=path, mount=mount, **more)

    module._route_selected = _route_selected


def django(module):
    """The patterns of the URL configuration, one after the other as they have matched."""

    @patch.method(module.BaseHandler, "resolve_request")
    def resolve_request(theirs, self, request):
        match = theirs(self, request)
        try:
            scope = getattr(request, "scope", None)
            span = _span(request.environ if scope is None else scope)
            if span is not None and match.route is not None:
                prefix = request.path[: len(request.path) - len(request.path_info)]
                span.route = prefix.rstrip("/") + "/" + match.route.lstrip("^/").rstrip("$")
        except Exception:
            pass
        return match


def flask(app, environ, start_response):
    """Has Flask answer. When it starts the response, the request lies in its environ."""
    script = environ.get("SCRIPT_NAME", "")

    def starting(*args, **named):
        try:
            span, rule = _span(environ), environ["werkzeug.request"].url_rule
            if span is not None and rule is not None:
                span.route = script + rule.rule
        except Exception:
            pass
        return start_response(*args, **named)

    return app(environ, starting)


def quart(module):
    for name in ("handle_request", "handle_websocket"):

        @patch.method(module.Quart, name)
        async def handle(theirs, self, request):
            try:
                return await theirs(self, request)
            finally:
                try:
                    span, rule = _span(request.scope), request.url_rule
                    if span is not None and rule is not None:
                        span.route = request.scope.get("root_path", "") + rule.rule
                except Exception:
                    pass


def falcon(module):
    """Both of Falcon's applications find their responder in the same way."""

    @patch.method(module.App, "_get_responder")
    def get_responder(theirs, self, request):
        found = theirs(self, request)
        try:
            scope = getattr(request, "scope", None)
            span = _span(request.env if scope is None else scope)
            if span is not None and found[3]:
                span.route = request.root_path + found[3]
        except Exception:
            pass
        return found


def pyramid(module):
    @patch.method(module.Router, "handle_request")
    def handle_request(theirs, self, request):
        try:
            return theirs(self, request)
        finally:
            try:
                span, route = _span(request.environ), request.matched_route
                if span is not None and route is not None:
                    span.route = request.script_name + "/" + route.pattern.lstrip("/")
            except Exception:
                pass
