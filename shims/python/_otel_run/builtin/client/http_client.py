"""`http.client`, and with it whatever stands on it: urllib.request, boto, xmlrpc."""

from functools import wraps

from .. import call
from . import request

SCOPE = "otel_run.http.client"
# Those above have theirs excluded here, too: what they leave out comes this way.
_excluded = request.excluded_by("urllib", "urllib3", "requests")


class _Exchange:
    """A request on its connection, until its response is there."""

    __slots__ = ("span", "method", "url")

    def __init__(self, span, method, url):
        self.span, self.method, self.url = span, method, url

    def end(self, response=None, error=None):
        call.finish(self.span, self._attributes, response, error)

    def _attributes(self, response, error):
        if response is None:
            return request.attributes(self.method, self.url, error=error)
        version = {9: "0.9", 10: "1.0", 11: "1.1"}.get(response.version)
        return request.attributes(self.method, self.url, response.status, version)


def observe(module):
    kind = module.HTTPConnection
    kind.putrequest = _putrequest(kind.putrequest)
    kind.endheaders = _endheaders(kind.endheaders)
    kind.getresponse = _getresponse(kind.getresponse)
    kind.close = _close(kind.close)


def _taken(connection):
    """The exchange that goes on, which is the caller's to end now."""
    return connection.__dict__.pop("_otel_run", None)


def _putrequest(original):
    @wraps(original)
    def putrequest(self, method, url, *args, **kwargs):
        result = original(self, method, url, *args, **kwargs)
        try:
            _begin(self, method, url)
        except Exception:
            pass
        return result

    return putrequest


def _begin(connection, method, url):
    host, port = connection.host, connection.port
    if request.to_agent(host, port):
        return
    before = _taken(connection)
    if before is not None:
        before.end()  # nobody asked for its response
    if "://" not in url.split("?", 1)[0]:
        tunnel = getattr(connection, "_tunnel_host", None)
        if tunnel:
            host, port = tunnel, getattr(connection, "_tunnel_port", None)
        scheme = "https" if connection.default_port == 443 else "http"
        url = request.address(scheme, host, port, url)
    if _excluded(url):
        return
    span = call.begin_open(SCOPE)
    if span is None:
        return
    connection._otel_run = _Exchange(span, method, url)


def _endheaders(original):
    @wraps(original)
    def endheaders(self, *args, **kwargs):
        exchange = self.__dict__.get("_otel_run")
        if exchange is None:
            return original(self, *args, **kwargs)
        _inject(self, exchange.span)
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            if _taken(self) is not None:
                exchange.end(error=error)
            raise

    return endheaders


def _inject(connection, span):
    try:
        head = b"\n".join(connection._buffer).lower()
        for name, value in request.headers(span, lambda name: b"\n%s:" % name.encode() in head):
            connection.putheader(name, value)
    except Exception:
        pass


def _getresponse(original):
    @wraps(original)
    def getresponse(self, *args, **kwargs):
        exchange = _taken(self)  # `original` may close the connection
        try:
            response = original(self, *args, **kwargs)
        except BaseException as error:
            if exchange is not None:
                exchange.end(error=error)
            raise
        if exchange is not None:
            exchange.end(response)
        return response

    return getresponse


def _close(original):
    @wraps(original)
    def close(self):
        exchange = _taken(self)
        if exchange is not None:
            exchange.end()  # nobody waited for the response
        return original(self)

    return close
