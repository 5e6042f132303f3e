"""httpx, sync and async, where a client hands a request to the network. Redirects come here one by one."""

from functools import wraps

from .. import call
from . import request

SCOPE = "otel_run.httpx"
_excluded = request.excluded_by("httpx")
_VERSIONS = {b"HTTP/1.0": "1.0", b"HTTP/1.1": "1.1", b"HTTP/2": "2"}


def observe(module):
    module.HTTPTransport.handle_request = _handle_request(module.HTTPTransport.handle_request)
    kind = module.AsyncHTTPTransport
    if hasattr(kind, "handle_async_request"):
        kind.handle_async_request = _handle_async_request(kind.handle_async_request)


def _begin(sent):
    try:
        url = sent.url
        if request.to_agent(url.host, url.port) or _excluded(url):
            return None
    except Exception:
        return None  # before 0.18, what is handed over was in pieces
    exchange = call.begin(SCOPE)
    if exchange is None:
        return None
    return exchange, _inject(exchange.span, sent.headers)


def _inject(span, headers):
    """The names that were added. They are taken out again: the next request, after a redirect, is
    made of this one."""
    added = []
    try:
        for name, value in request.headers(span, headers.__contains__):
            headers[name] = value
            added.append(name)
    except Exception:
        pass
    return added


def _end(begun, sent, response=None, error=None):
    exchange, added = begun
    try:
        for name in added:
            del sent.headers[name]
    except Exception:
        pass
    call.end(exchange, _attributes, sent, response, error)


def _attributes(sent, response, error):
    url = str(sent.url)
    if response is None:
        return request.attributes(sent.method, url, error=error)
    version = _VERSIONS.get(response.extensions.get("http_version"))
    return request.attributes(sent.method, url, response.status_code, version)


def _handle_request(original):
    @wraps(original)
    def handle_request(self, request, *args, **kwargs):
        begun = _begin(request)
        if begun is None:
            return original(self, request, *args, **kwargs)
        try:
            response = original(self, request, *args, **kwargs)
        except BaseException as error:
            _end(begun, request, error=error)
            raise
        _end(begun, request, response)
        return response

    return handle_request


def _handle_async_request(original):
    @wraps(original)
    async def handle_async_request(self, request, *args, **kwargs):
        begun = _begin(request)
        if begun is None:
            return await original(self, request, *args, **kwargs)
        try:
            response = await original(self, request, *args, **kwargs)
        except BaseException as error:
            _end(begun, request, error=error)
            raise
        _end(begun, request, response)
        return response

    return handle_async_request
