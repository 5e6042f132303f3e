"""asyncpg."""

from . import statement

SCOPE = "otel_run.asyncpg"


def observe(module):
    """`module` is `asyncpg.connection`."""
    kind = module.Connection
    kind.execute = statement.coroutine(kind.execute, SCOPE, _of_connection)
    kind._execute = statement.coroutine(kind._execute, SCOPE, _of_connection)
    kind._executemany = statement.coroutine(kind._executemany, SCOPE, _of_many)
    for name in ("_copy_out", "_copy_in"):
        if hasattr(kind, name):
            setattr(kind, name, statement.coroutine(getattr(kind, name), SCOPE, _of_copy))


def observe_prepared(module):
    """`module` is `asyncpg.prepared_stmt`."""
    kind = module.PreparedStatement
    for name in ("fetch", "fetchval", "fetchrow"):
        setattr(kind, name, statement.coroutine(getattr(kind, name), SCOPE, _of_prepared))
    for name in ("executemany", "fetchmany"):
        if hasattr(kind, name):
            setattr(kind, name, statement.coroutine(getattr(kind, name), SCOPE, _of_prepared_many))


def observe_cursors(module):
    """`module` is `asyncpg.cursor`. A query runs when its portal is bound."""
    kind = module.BaseCursor
    for name in ("_bind", "_bind_exec"):
        setattr(kind, name, statement.coroutine(getattr(kind, name), SCOPE, _of_prepared))


def _of_connection(self, args, kwargs):
    return statement.statement(_target(self), statement.argument(args, kwargs, "query"))


def _of_many(self, args, kwargs):
    return statement.statement(_target(self), statement.argument(args, kwargs, "query"), True)


def _of_copy(self, args, kwargs):
    return statement.statement(_target(self), statement.argument(args, kwargs, "copy_stmt"))


def _of_prepared(self, args, kwargs):
    return statement.statement(_target(self._connection), self._query or self._state.query)


def _of_prepared_many(self, args, kwargs):
    return statement.statement(_target(self._connection), self._query, True)


def _target(connection):
    # Within a pool, what is at hand may be the pool's stand-in for the connection.
    connection = getattr(connection, "_con", None) or connection
    address, port = connection._addr, None
    if isinstance(address, tuple):
        address, port = address[0], address[1]
    return statement.target("postgresql", connection._params.database, address, port)
