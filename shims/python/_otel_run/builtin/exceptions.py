"""Exceptions that nobody has caught."""


def of_the_main_thread():
    """sys.excepthook."""


def of_threads(module):
    """threading.excepthook."""


def of_loops(module):
    """asyncio."""
