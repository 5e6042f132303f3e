"""Primitives as the interpreter made them. gevent and eventlet put their own in the place of these, and
what runs in a real thread must not meet them: imported before the program can patch anything.
"""

from _thread import allocate_lock, start_new_thread
from time import sleep

try:
    from _thread import get_native_id
except ImportError:  # before Python 3.8

    def get_native_id():
        return None


__all__ = ["allocate_lock", "get_native_id", "sleep", "start_new_thread"]
