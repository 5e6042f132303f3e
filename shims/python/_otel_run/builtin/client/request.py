"""What the HTTP libraries have in common."""

from .. import call, propagation, settings
from ...channel import agent

_agent = None


def to_agent(host, port):
    """Whether this is telemetry on its way to the agent."""
    global _agent
    if _agent is None:
        found = agent()
        _agent = (str(found[0][0]), int(found[0][1])) if found else ("", 0)
    return port == _agent[1] and host in (_agent[0], "localhost")


def excluded_by(*libraries):
    """`excluded(url)`: whether the user does not want to see requests of these libraries to it, as
    OTEL_PYTHON_EXCLUDED_URLS and OTEL_PYTHON_…_EXCLUDED_URLS say."""
    matches = settings.excluded_urls(*libraries)
    return (lambda url: False) if matches is None else (lambda url: matches(str(url)))


def headers(span, present):
    """What is to be added to the headers of a request. `present(name)` says whether it has one: who
    has put the context there knows better, and a second one would make both invalid."""
    try:
        pairs = propagation.headers(span)
        if any(present(name) for name, _ in pairs if name != "baggage"):
            return ()
        return [pair for pair in pairs if pair[0] != "baggage" or not present("baggage")]
    except Exception:
        return ()


def attributes(method, url, status=None, version=None, error=None, resent=0):
    """The attributes of the contract. `error` counts if no answer came."""
    found = {"http.request.method": method, "url.full": url}
    if status is not None:
        found["http.response.status_code"] = int(status)
    elif error is not None:
        found["error.type"] = call.error_type(error)
    if version:
        found["network.protocol.version"] = version
    if resent:
        found["http.request.resend_count"] = resent
    return found


def address(scheme, host, port, target):
    """The URL of a request that was not given as one."""
    host = host.rpartition("@")[2]  # what stands before it is a secret
    if ":" in host and not host.startswith("["):
        host = "[%s]" % host
    usual = {"http": 80, "https": 443}.get(scheme)
    where = host if port in (None, usual) else "%s:%s" % (host, port)
    return "%s://%s%s" % (scheme, where, target if target.startswith("/") else "/" + target)
