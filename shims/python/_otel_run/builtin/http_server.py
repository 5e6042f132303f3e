"""Requests to handlers of the standard library's `http.server`."""

from . import context, patch, propagation
from .request import HEADERS, Request, excluded, is_excluded

# The span of the request that a handler is at, and the token of the context.
_NONE = (None, None)


def observe(socketserver):
    """Handlers are looked at when a server is made for them: run as `python -m http.server`, the module
    that defines them is `__main__`."""

    @patch.after(socketserver.BaseServer, "__init__")
    def init(self, _):
        # Python up to 3.8 runs its own server with a partial call of the handler.
        handler = getattr(self.RequestHandlerClass, "func", self.RequestHandlerClass)
        for kind in handler.__mro__:
            if kind.__name__ == "BaseHTTPRequestHandler" and "_otel_run" not in kind.__dict__:
                kind._otel_run = _NONE
                _observe(kind)


def _observe(handler):
    @patch.method(handler, "handle_one_request")
    def handle_one_request(theirs, self):
        if hasattr(type(self), "make_environ") or hasattr(type(self), "get_environ"):
            return theirs(self)  # the front of a WSGI server, which is looked after as such
        # While the request is awaited there is nothing to be seen yet.
        self._otel_run = _NONE
        error = None
        try:
            return theirs(self)
        except BaseException as caught:
            error = caught
            raise
        finally:
            span, token = self.__dict__.pop("_otel_run", _NONE)
            if span is not None:
                _finish(span, token, error)

    @patch.after(handler, "parse_request")
    def parse_request(self, understood):
        if understood and "_otel_run" in self.__dict__:
            span = _begin(self)
            if span is not None:
                self._otel_run = (span, context.attach(span))

    @patch.method(handler, "send_response_only")
    def send_response_only(theirs, self, code, *args, **kwargs):
        span = self._otel_run[0]
        if span is not None and code >= 200:
            span.status_code = int(code)
        return theirs(self, code, *args, **kwargs)


def _begin(handler):
    get = handler.headers.get
    path, _, query = handler.path.partition("?")
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    if excluded is not None and is_excluded("http", get("host") or "", path):
        return None
    parent = propagation.extract(get)
    scheme = "https" if hasattr(handler.connection, "cipher") else "http"
    client = handler.client_address
    peer = client[:2] if isinstance(client, tuple) else None
    told = (handler.command, path, query, scheme, handler.request_version[5:], peer)
    headers = tuple(get(name[5:].replace("_", "-")) for name in HEADERS)
    return Request("otel_run.http.server", told, headers, parent)


def _finish(span, token, error):
    try:
        if error is not None:
            span.fail(error)
        span.finish()
    except Exception:
        pass
    context.detach(token)
