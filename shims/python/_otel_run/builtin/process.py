"""What is to be made anew in a forked process. Python's hooks tell of most forks; servers that fork in
C (uWSGI, NGINX Unit) call none, so whoever records compares the pid.
"""

import os

from .. import native

# The process that this state belongs to.
getpid = os.getpid
pid = getpid()
_renewals = []

# Held while the sender's thread imports: a child that was forked in the middle would wait for the rest
# of that import for ever. A fork waits for it, though no longer than this many seconds.
_loading = native.allocate_lock()
_PATIENCE = 1.0
_held = False


def load(name):
    """A module of this package, for the sender's thread."""
    with _loading:
        return __import__("%s.%s" % (__package__, name), fromlist=("*",))


def on_fork(function):
    """`function()` is called in each forked child, before anything is recorded there."""
    _renewals.append(function)


def renew():
    global pid
    if pid == os.getpid():
        return
    pid = os.getpid()
    for function in _renewals:
        function()


def _before_fork():
    global _held
    _held = _loading.acquire(True, _PATIENCE)


def _in_parent():
    if _held:
        _loading.release()


def _in_child():
    global _loading
    _loading = native.allocate_lock()
    renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
