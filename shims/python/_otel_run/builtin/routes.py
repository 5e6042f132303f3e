"""Which route of a framework has answered. The span of the request lies in its scope or environ."""


def starlette(module):
    """Starlette."""
