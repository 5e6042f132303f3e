"""OpenTelemetry's API without its SDK: what the application records itself, sent as all the rest.

No provider is set anywhere. The API hands out proxies until the application sets one; we stand where
they would do nothing. So whoever looks whether telemetry is configured (FastAPI does, and then
observes its requests itself) finds what it would find without us, and an application that sets a
provider takes over by the API's own rules.
"""

import sys

# Libraries whose own telemetry would say again what our hooks say.
_DOUBLES = ("fastapi",)


def wanted(scope):
    """Whether what is recorded under this name is to be sent."""
    return not isinstance(scope, str) or scope.split(".")[0] not in _DOUBLES


def is_configured():
    """Whether the application has set a provider of its own."""
    module = sys.modules.get("opentelemetry.trace")
    return module is not None and getattr(module, "_TRACER_PROVIDER", None) is not None


# Whatever traces requests through the provider of the application.
_TRACE_REQUESTS = ("fastapi.telemetry",) + tuple(
    "opentelemetry.instrumentation.%s" % name for name in "asgi wsgi django tornado aiohttp_server".split()
)


def traces_requests():
    """Whether the application has set up something that makes spans of requests itself."""
    return is_configured() and any(name in sys.modules for name in _TRACE_REQUESTS)
