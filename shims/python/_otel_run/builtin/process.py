"""What is to be made anew in a forked process. Python's hooks tell of most forks; servers that fork in
C (uWSGI, NGINX Unit) call none, so whoever records compares the pid.
"""

import os

# The process that this state belongs to.
getpid = os.getpid
pid = getpid()
_renewals = []


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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew)
