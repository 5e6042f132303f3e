"""Delivers what waits when the process ends, in every way in which Python still gets to run."""

import sys

_anchor = type("Anchor", (), {})()


def at_exit():
    sender = sys.modules.get(__package__ + ".sender")
    if sender is not None:
        try:
            sender.flush()
            sender.close()
        except BaseException:
            pass  # nothing is left that it could be told to


def before_signals(signal):
    from ..signals import before_death

    before_death(signal, at_exit)


def before_children_end(util):
    """A child that `multiprocessing` forks forgets the finalizers of its parent, then runs these; it
    ends without the interpreter's own."""
    util.register_after_fork(_anchor, lambda _: util.Finalize(None, at_exit, exitpriority=-100))
