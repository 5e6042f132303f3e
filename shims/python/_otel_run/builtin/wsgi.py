"""Requests of WSGI applications."""

from . import context, propagation
from .clock import now
from .request import HEADERS, Request, excluded, is_excluded

# Where the span of a request lies in its environ: it is counted once, however many of us see it pass.
MARK = "otel_run.span"

_attach, _detach = context.attach, context.detach
_FIELDS = frozenset("HTTP_" + field.upper().replace("-", "_") for field in propagation.FIELDS)


def wrap(app):
    """The application, observed."""
    if app is None or getattr(app, "_otel_run", False):
        return app

    def observed(environ, start_response):
        return call(app, environ, start_response)

    observed._otel_run = True
    return observed


def call(app, environ, start_response):
    """Has `app` answer a request, whose span ends when the answer has been given away."""
    span = _begin(environ) if MARK not in environ else None
    if span is None:
        return app(environ, start_response)
    environ[MARK] = span
    token = _attach(span)

    # Its arguments have no names in the specification, but servers let them be named.
    def starting(*args, **named):
        try:
            span.status_code = int((args[0] if args else named["status"])[:3])
            failure = args[2] if len(args) > 2 else named.get("exc_info")
            if failure:
                span.failure = failure[1]  # what this answer is instead of
        except Exception:
            pass
        return start_response(*args, **named)

    try:
        result = app(environ, starting)
    except BaseException as error:
        _finish(span, environ, token, error)
        raise
    kind = result.__class__
    if kind is list or kind is tuple or _is_file(result, environ.get("wsgi.file_wrapper")):
        # Nothing of the application runs any more, or the server does with it what it knows to do.
        _finish(span, environ, token, None)
        return result
    return (_SizedBody if hasattr(kind, "__len__") else _Body)(result, span, environ, token)


def _is_file(result, file_wrapper):
    if isinstance(file_wrapper, type):
        return isinstance(result, file_wrapper)
    return file_wrapper is not None and hasattr(result, "read")


def served(environ):
    """The server is done with a request, whether or not it has closed the answer: werkzeug's does not when
    the client has gone, and what holds the answer then may live on for long."""
    span = environ.get(MARK)
    if span is not None:
        span.finish()


class _Body:
    """An answer that is made while the server sends it. What stands between the application and the
    server finds in it what it would find in the application's own."""

    __slots__ = ("_result", "_span", "_environ", "_token", "_error", "_chunks")

    def __init__(self, result, span, environ, token):
        self._result, self._span, self._environ, self._token = result, span, environ, token
        self._error = self._chunks = None

    def __iter__(self):
        try:
            for chunk in self._result:
                yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            self._error = error
            raise
        self._span.stop = now()

    def __del__(self):
        # Not every server calls `close`.
        token, self._token = self._token, None
        if token is not None:
            _finish(self._span, self._environ, token, self._error)

    def __next__(self):
        if self._chunks is None:
            self._chunks = iter(self)
        return next(self._chunks)

    def __getattr__(self, name):
        return getattr(self._result, name)

    def close(self):
        token, self._token = self._token, None
        try:
            close = getattr(self._result, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._error = self._error or error
            raise
        finally:
            if token is not None:
                _finish(self._span, self._environ, token, self._error)


class _SizedBody(_Body):
    """Servers make a Content-Length of what they know to be one piece."""

    __slots__ = ()

    def __len__(self):
        return len(self._result)


def _begin(environ):
    """The span of a request, or None if it is not wanted or cannot be understood."""
    try:
        get = environ.get
        path = get("SCRIPT_NAME", "") + get("PATH_INFO", "")
        host = get("HTTP_HOST")
        scheme = get("wsgi.url_scheme")
        if excluded is not None and is_excluded(scheme, host, path):
            return None
        address = get("REMOTE_ADDR")
        told = (
            get("REQUEST_METHOD"),
            # What the client sent as UTF-8, WSGI hands over as Latin-1.
            path.encode("latin-1").decode("utf-8", "replace"),
            get("QUERY_STRING"),
            scheme,
            get("SERVER_PROTOCOL", "")[5:],
            (address, get("REMOTE_PORT")) if address else None,
        )
        headers = tuple(map(get, HEADERS))
        parent = None
        if not _FIELDS.isdisjoint(environ):
            parent = propagation.extract(lambda name: get("HTTP_" + name.upper().replace("-", "_")))
        return Request("otel_run.wsgi", told, headers, parent)
    except Exception:
        return None


def _finish(span, environ, token, error):
    try:
        if span.route is None and "bottle.route" in environ:
            span.route = environ["bottle.route"].rule
        if error is not None:
            span.fail(error)
        span.finish()
    except Exception:
        pass
    _detach(token)
