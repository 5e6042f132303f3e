"""Log records."""


def capture(module):
    """Patches `logging`."""
