import json
import sys

# The overlay stands last, as at a start.
sys.path += [each for each in sys.argv[2:] if each not in sys.path] + [sys.argv[1]]

import opentelemetry.sdk._logs
import opentelemetry.sdk.metrics
import opentelemetry.sdk.trace
import opentelemetry.instrumentation.instrumentor

refused = {}
try:
    from importlib.metadata import entry_points
    from opentelemetry.instrumentation.dependencies import get_dist_dependency_conflicts

    found = entry_points()
    group = "opentelemetry_instrumentor"
    for entry in found.select(group=group) if hasattr(found, "select") else found.get(group, ()):
        conflict = get_dist_dependency_conflicts(entry.dist)
        if conflict:
            refused[entry.dist.metadata["Name"]] = str(conflict)
except Exception:
    pass  # releases that cannot tell beforehand
sys.stdout.write("\notel-run %s\n" % json.dumps(refused))
