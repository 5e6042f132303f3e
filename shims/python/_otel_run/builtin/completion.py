"""Beside the application's own instrumentations: the libraries that none of these observes are observed
by our hooks, whose spans the application's SDK begins and ends.
"""

from . import hooks, libraries

# Instrumentations of frameworks and servers; where one is at work, requests are its affair.
_SERVERS = frozenset(
    "aiohttp-server asgi django falcon fastapi flask pyramid quart litestar starlette tornado wsgi".split()
)
_SQL = frozenset("asyncpg psycopg psycopg2 pymysql sqlite3".split())


def complete(active):
    """`active` has the names of the instrumentations that are at work."""
    if "*" in active:
        return
    from .api import sdk

    left_out = set(active)
    if "sqlalchemy" in active:
        left_out |= _SQL  # it says what is sent to the drivers
    if "urllib" in active:
        left_out.add("http.client")
    sdk.use()
    libraries.watch_context()
    libraries.watch(left_out)
    if not _SERVERS & left_out:
        from . import watch_requests

        watch_requests()
    hooks.install()
