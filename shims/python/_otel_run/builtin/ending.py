"""Delivers what waits when the process ends."""


def before_signals(module):
    """signal.raise_signal"""


def before_children_end(module):
    """Children that multiprocessing forks."""
