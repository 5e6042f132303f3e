"""urllib3, and with it requests and botocore. Its pools repeat requests and follow redirects; each
attempt is a request of its own, and has a span of its own.
"""

from functools import wraps

from .. import call
from . import request

SCOPE = "otel_run.urllib3"
_excluded = request.excluded_by("urllib3", "requests")
_VERSIONS = {10: "1.0", 11: "1.1", 20: "2"}


def observe(module):
    pool = module.HTTPConnectionPool
    pool._make_request = _make_request(pool._make_request)


def _make_request(original):
    @wraps(original)
    def _make_request(self, conn, method, url, *args, **kwargs):
        attempt = None if _left_out(self, url) else call.begin(SCOPE)
        if attempt is None:
            return original(self, conn, method, url, *args, **kwargs)
        _inject(attempt.span, kwargs)
        try:
            response = original(self, conn, method, url, *args, **kwargs)
        except BaseException as error:
            call.end(attempt, _attributes, self, method, url, kwargs, None, error)
            raise
        call.end(attempt, _attributes, self, method, url, kwargs, response, None)
        return response

    return _make_request


def _left_out(pool, target):
    try:
        return request.to_agent(pool.host, pool.port) or _excluded(_url(pool, target))
    except Exception:
        return True


def _url(pool, target):
    if "://" in target.split("?", 1)[0]:
        return target
    return request.address(pool.scheme, pool.host, pool.port, target)


def _inject(span, kwargs):
    """Puts the context into a copy of the headers: they are the application's."""
    try:
        before = kwargs.get("headers")
        headers = {} if before is None else before.copy() if hasattr(before, "copy") else dict(before)
        names = {name.decode("latin-1").lower() if isinstance(name, bytes) else name.lower() for name in headers}
        for name, value in request.headers(span, names.__contains__):
            headers[name] = value
        kwargs["headers"] = headers
    except Exception:
        pass


def _attributes(pool, method, target, kwargs, response, error):
    url = _url(pool, target)
    resent = len(getattr(kwargs.get("retries"), "history", None) or ())
    if response is None:
        return request.attributes(method, url, error=error, resent=resent)
    version = _VERSIONS.get(getattr(response, "version", None))
    return request.attributes(method, url, response.status, version, resent=resent)
