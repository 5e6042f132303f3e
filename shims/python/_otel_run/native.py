"""Primitives as the interpreter made them. gevent and eventlet put their own in the place of these, and
what runs in a real thread must not meet them: imported before the program can patch anything.
"""

import time
from _thread import allocate_lock, start_new_thread
from time import sleep

try:
    from _thread import get_native_id
except ImportError:  # before Python 3.8

    def get_native_id():
        return None


def monotonic(clock=time.monotonic):
    """Seconds. Tests of programs stop the clock (freezegun) wherever a module has it; what waits here would for ever."""
    return clock()


__all__ = ["allocate_lock", "get_native_id", "monotonic", "sleep", "start_new_thread"]
