"""Times of records: nanoseconds of a clock that never jumps. The sender adds what makes them the
time of day, anew for each batch, so that a wall clock that is set right does not bend durations.
"""

import time

_monotonic = time.monotonic
now = getattr(time, "monotonic_ns", None) or (lambda: int(_monotonic() * 1e9))
_time = time.time
# The time of day, in nanoseconds since 1970.
wall = getattr(time, "time_ns", None) or (lambda: int(_time() * 1e9))


def offset():
    """What is to be added to `now()`: nanoseconds since 1970."""
    return wall() - now()
