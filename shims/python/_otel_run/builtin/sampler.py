"""OTEL_TRACES_SAMPLER, as OpenTelemetry's specification defines its values. A span that is not sampled
is sent all the same, for the metrics; the sampled flag tells the agent, and goes on to other services.
"""

from . import settings


def choose():
    """A function of (trace id, parent or None) that gives the sampled flag, 0 or 1. None stands for the
    default, which follows the parent and samples all roots."""
    name = settings.text("OTEL_TRACES_SAMPLER", "parentbased_always_on").lower()
    based = name.startswith("parentbased_")
    root = _root(name[len("parentbased_") :] if based else name)
    if root is None:
        return None
    if not based:
        return lambda trace_id, parent: root(trace_id)
    if root is _always:
        return None
    return lambda trace_id, parent: root(trace_id) if parent is None else parent.flags & 1


def _root(name):
    if name == "always_on":
        return _always
    if name == "always_off":
        return lambda trace_id: 0
    if name == "traceidratio":
        return _ratio()
    return None  # a name that OpenTelemetry does not know counts as the default


def _always(trace_id):
    return 1


def _ratio():
    try:
        ratio = float(settings.text("OTEL_TRACES_SAMPLER_ARG", "1"))
    except ValueError:
        ratio = 1.0
    # NaN is no ratio either.
    bound = round((ratio if 0.0 <= ratio <= 1.0 else 1.0) * (1 << 64))
    return lambda trace_id: int(int.from_bytes(trace_id[8:], "big") < bound)
