"""aiohttp's client, by the tracing that it offers itself."""

from functools import wraps

from .. import call
from . import request

SCOPE = "otel_run.aiohttp.client"
_excluded = request.excluded_by("aiohttp_client")
_config = None


def observe(module):
    """`module` is `aiohttp.client`."""
    kind = module.ClientSession
    kind.__init__ = _init(kind.__init__)


def _init(original):
    @wraps(original)
    def __init__(self, *args, **kwargs):
        try:
            with_ours = dict(kwargs, trace_configs=list(kwargs.get("trace_configs") or ()) + [_tracing()])
        except Exception:
            with_ours = kwargs
        original(self, *args, **with_ours)

    return __init__


def _tracing():
    global _config
    if _config is None:
        from aiohttp import TraceConfig

        config = TraceConfig()
        config.on_request_start.append(_start)
        config.on_request_redirect.append(_redirect)
        config.on_request_end.append(_end)
        config.on_request_exception.append(_exception)
        _config = config
    return _config


async def _start(session, about, params):
    try:
        _begin(about, params.method, params.url, params.headers, 0)
    except Exception:
        pass


def _begin(about, method, url, headers, count):
    about.otel_run = None
    if request.to_agent(url.host, url.port) or _excluded(url):
        return
    span = call.begin_open(SCOPE)
    if span is None:
        return
    added = []
    for name, value in request.headers(span, headers.__contains__):
        headers[name] = value
        added.append(name)
    about.otel_run = span, method, str(url), added, count


def _finish(about, response=None, error=None):
    """The count of requests that have been sent so far for the same thing."""
    begun, about.otel_run = getattr(about, "otel_run", None), None
    if begun is None:
        return None
    span, method, url, _, count = begun
    if response is None:
        # Asked by the application to raise for bad ones: an answer there was.
        status = getattr(error, "status", None) if hasattr(error, "request_info") else None
        call.finish(span, request.attributes, method, url, status or None, None, error, count)
    else:
        version = response.version
        version = "%d.%d" % (version.major, version.minor) if version is not None else None
        # After a redirect the method may be another one.
        call.finish(span, request.attributes, response.method, url, response.status, version, None, count)
    return count + 1


async def _redirect(session, about, params):
    try:
        begun = getattr(about, "otel_run", None)
        if begun is None:
            return
        # The next request has the same headers.
        for name in begun[3]:
            params.headers.popall(name, None)
        answer = params.response
        count = _finish(about, answer)
        where = answer.headers.get("Location") or answer.headers.get("URI")
        url = answer.url.join(answer.url.__class__(where))
        _begin(about, answer.method, url, params.headers, count)
    except Exception:
        pass


async def _end(session, about, params):
    try:
        _finish(about, params.response)
    except Exception:
        pass


async def _exception(session, about, params):
    try:
        _finish(about, error=params.exception)
    except Exception:
        pass
