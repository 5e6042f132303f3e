"""Which OpenTelemetry packages the application has, seen by a look at the folders of its path: the
import system would load much to answer that.
"""

import os
import sys

# Folders of opentelemetry/instrumentation that observe nothing by themselves.
_NOT_OF_A_LIBRARY = frozenset("auto_instrumentation asgi wsgi dbapi __pycache__".split())
_NEEDED = ("sdk", "instrumentation")


def _folders(name):
    """Every `opentelemetry/NAME` on the path; it is a namespace that may be spread."""
    for entry in sys.path:
        folder = os.path.join(entry, "opentelemetry", name)
        if os.path.isdir(folder):
            yield folder


def usable():
    """Whether the SDK and an instrumentation of some library are there, for a Python that they run on."""
    if sys.version_info < (3, 7) or not any(_folders("sdk")):
        return False
    for folder in _folders("instrumentation"):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if name not in _NOT_OF_A_LIBRARY and os.path.isdir(os.path.join(folder, name)):
                return True
    return False


def missing():
    """Names of the packages without which nothing can be started, for a sentence."""
    names = ["opentelemetry-%s" % name for name in _NEEDED if not any(_folders(name))]
    return " and no ".join(names or ["opentelemetry-instrumentation-* package"])
