"""Primitives as the interpreter made them. gevent and eventlet put their own in the place of these, and
what runs in a real thread must not meet them: imported before the program can patch anything.
"""

from _thread import allocate_lock, start_new_thread

__all__ = ["allocate_lock", "start_new_thread"]
