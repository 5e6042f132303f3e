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


def serves_itself():
    """Whether FastAPI observes the requests that it serves, as it does once a provider is set."""
    return "fastapi.telemetry" in sys.modules and is_configured()
