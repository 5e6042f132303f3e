"""Starts the OpenTelemetry packages of the application's own environment, in the steps of
`opentelemetry-instrument`: distribution, configurator, instrumentations."""

import logging
import os
import sys
import warnings
from contextlib import contextmanager
from importlib.util import find_spec

from . import logs

_SIGNALS = ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")
_NEEDED = ("opentelemetry.sdk", "opentelemetry.instrumentation")
# Names of the instrumentations that have been started.
active = set()


def missing():
    """Names of the packages without which nothing can be started."""
    return [name.replace(".", "-") for name in _NEEDED if not _there(name)]


def _there(module):
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def start(directory):
    """Starts the SDK and the instrumentations. Returns what went wrong, one text each."""
    troubles = []
    with _silence(troubles), _entry_points(directory), _settled(directory):
        _initialise(troubles)
    return troubles


def _initialise(troubles):
    try:
        from opentelemetry.instrumentation.auto_instrumentation import _load as load
    except ImportError:
        # Before 0.40 the steps lived in the official sitecustomize, which runs them when imported.
        from opentelemetry.instrumentation.auto_instrumentation import sitecustomize  # noqa: F401

        active.add("*")  # which, it does not say
        return
    distro = load._load_distro()
    distro.configure()
    load._load_configurators()
    load._load_instrumentors(_Tolerant(distro, troubles))


class _Tolerant:
    """A distribution for which one instrumentation that fails does not stop the others."""

    def __init__(self, distro, troubles):
        self._distro = distro
        self._troubles = troubles

    def __getattr__(self, name):
        return getattr(self._distro, name)

    def load_instrumentor(self, entry_point, **options):
        try:
            if entry_point.name == "django":
                from . import django

                django.when_configured(lambda: self._distro.load_instrumentor(entry_point, **options))
            else:
                self._distro.load_instrumentor(entry_point, **options)
            active.add(entry_point.name)
        except ImportError:
            raise  # the package's own loop knows what a missing library means
        except Exception as error:
            if type(error).__name__ != "DependencyConflictError":
                self._troubles.append("%s: %s" % (entry_point.name, describe(error)))


def describe(error):
    """`ValueError: bad`, on one line of reasonable length."""
    text = " ".join(str(error).split())[:300]
    return "%s: %s" % (type(error).__name__, text) if text else type(error).__name__


@contextmanager
def _entry_points(directory):
    """Our exporters are found by the SDK while it starts, and by nobody afterwards."""
    entry = os.path.join(directory, "entry")
    sys.path.append(entry)
    try:
        yield
    finally:
        sys.path[:] = [each for each in sys.path if each != entry]


@contextmanager
def _settled(directory):
    """The variables as the SDK is to see them while it starts; afterwards as they were."""
    changed = {}

    def put(name, value):
        changed[name] = os.environ.get(name)
        os.environ[name] = value

    if ours():
        for name in _SIGNALS:
            names = os.environ.get(name, "").split(",")
            put(name, ",".join("otel_run" if each.strip() == "otlp" else each for each in names))
    # Log records are captured without a handler, so that the program's own logging stays as it is.
    for name in logs.SWITCHES:
        put(name, "false")
    if "OTEL_PYTHON_DISTRO" not in os.environ and _there("opentelemetry.distro"):
        put("OTEL_PYTHON_DISTRO", "distro")
    if "OTEL_PYTHON_CONFIGURATOR" not in os.environ:
        put("OTEL_PYTHON_CONFIGURATOR", "configurator" if _there("opentelemetry.distro") else "otel_run")
    # Python programs that an instrumentation starts while it loads need no telemetry of their own.
    path = os.environ.get("PYTHONPATH", "")
    put("PYTHONPATH", os.pathsep.join(each for each in path.split(os.pathsep) if each != directory))
    try:
        yield
    finally:
        for name, before in changed.items():
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before


def ours():
    """Whether our exporters fit this SDK and this environment; else the official ones serve."""
    try:
        from . import exporters

        return exporters.agent() is not None
    except Exception:
        return False


@contextmanager
def _silence(troubles):
    """Messages of the packages while they start: errors are collected, nothing is printed."""
    collector = _Collector(troubles)
    logger = logging.getLogger("opentelemetry")
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(collector)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagate


class _Collector(logging.Handler):
    def __init__(self, troubles):
        super().__init__(logging.ERROR)
        self._troubles = troubles

    def emit(self, record):
        if record.exc_info and record.exc_info[1] is not None:
            self._troubles.append("%s: %s" % (record.getMessage(), describe(record.exc_info[1])))
        else:
            self._troubles.append(record.getMessage())
