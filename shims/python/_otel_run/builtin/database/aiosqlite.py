"""aiosqlite runs sqlite3 in a thread of its own, which is given the caller's context."""

from contextvars import copy_context
from functools import wraps


def observe(module):
    """`module` is `aiosqlite.core`."""
    kind = module.Connection
    original = kind._execute

    @wraps(original)
    def _execute(self, function, *args, **kwargs):
        return original(self, copy_context().run, function, *args, **kwargs)

    kind._execute = _execute
