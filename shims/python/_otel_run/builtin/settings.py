"""What the user's variables of OpenTelemetry say about this shim's work. Whatever concerns delivery
the agent knows; what reduces the work is read here.
"""

import os

# Libraries whose lists of excluded URLs count for requests that come in.
_SERVERS = "asgi wsgi fastapi starlette django flask falcon pyramid tornado aiohttp_server".split()

_disabled = None
_excluded = {}


def text(name, otherwise=""):
    return os.environ.get(name, "").strip() or otherwise


def is_true(name):
    return text(name).lower() == "true"


def number(*names, otherwise=None):
    """The first of the variables that says a number of 0 or more."""
    for name in names:
        if text(name).isdigit():
            return int(text(name))
    return otherwise


def wanted(signal):
    """Whether somebody wants `traces`, `metrics` or `logs`."""
    if is_true("OTEL_SDK_DISABLED"):
        return False
    of = {each: text("OTEL_%s_EXPORTER" % each.upper()).lower() != "none" for each in ("traces", "metrics", "logs")}
    # The metrics of requests are made of spans.
    return of["traces"] or of["metrics"] if signal == "traces" else of[signal]


def enabled(library):
    """Whether `library`, as OTEL_PYTHON_DISABLED_INSTRUMENTATIONS names it, is to be observed."""
    global _disabled
    if _disabled is None:
        _disabled = {each.strip() for each in text("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS").split(",")}
    return not _disabled or ("*" not in _disabled and library not in _disabled)


def excluded_urls(*libraries):
    """A function that tells whether a URL is excluded for one of the libraries, or None when none is.
    The variables hold regular expressions, any of which may match anywhere in the URL."""
    libraries = libraries or _SERVERS
    key = tuple(libraries)
    if key not in _excluded:
        names = ["OTEL_PYTHON_EXCLUDED_URLS"] + ["OTEL_PYTHON_%s_EXCLUDED_URLS" % each.upper() for each in libraries]
        patterns = [each.strip() for name in names for each in text(name).split(",") if each.strip()]
        _excluded[key] = _matcher(patterns) if patterns else None
    return _excluded[key]


def _matcher(patterns):
    import re

    good = []
    for pattern in patterns:
        try:
            good.append(re.compile(pattern))
        except re.error:
            pass
    return (lambda url: any(each.search(url) for each in good)) if good else None


# Limits of OpenTelemetry's specification. Lengths are in characters; None is no limit.
ATTRIBUTE_LENGTH = number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
ATTRIBUTE_COUNT = number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", otherwise=128)
EVENT_COUNT = number("OTEL_SPAN_EVENT_COUNT_LIMIT", otherwise=128)
LOG_ATTRIBUTE_LENGTH = number("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
LOG_ATTRIBUTE_COUNT = number("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", otherwise=128)
