"""sqlite3. Connections and cursors are of classes in C: `connect` makes them of subclasses."""

import os
import sys
from functools import wraps

from . import statement
from .classes import extended

SCOPE = "otel_run.sqlite3"
_beneath = None
# Whether a method runs a statement for several rows.
_METHODS = {"execute": False, "executemany": True, "executescript": False}


def observe(module):
    """`module` is `sqlite3.dbapi2`, from which `sqlite3` takes its names."""
    global _beneath
    _beneath = type("Connection", (module.Connection,), {"cursor": _cursor_of(module.Connection, module.Cursor)})
    original = module.connect
    module.connect = _connect(original, module)
    package = sys.modules.get("sqlite3")
    # It has them already if it was imported before we came.
    if getattr(package, "connect", None) is original:
        package.connect = module.connect


def _connect(original, module):
    @wraps(original)
    def connect(database, *args, **kwargs):
        try:
            given = _with_factory(module, args, kwargs)
        except Exception:
            given = args, kwargs
        connection = original(database, *given[0], **given[1])
        try:
            name = database if isinstance(database, str) else os.fsdecode(database)
            setattr(connection, statement.TARGET, statement.target("sqlite", name))
        except Exception:
            pass
        return connection

    return connect


# Its place among the arguments of `connect`, after the database.
_FACTORY = 4


def _with_factory(module, args, kwargs):
    if len(args) > _FACTORY:
        return args[:_FACTORY] + (extended(args[_FACTORY], _connection),) + args[_FACTORY + 1 :], kwargs
    factory = kwargs.get("factory", module.Connection)
    return args, dict(kwargs, factory=extended(factory, _connection))


def _connection(base):
    from sqlite3 import Connection

    attributes = {}
    for name, many in _METHODS.items():
        original = getattr(base, name)
        if original is getattr(Connection, name):
            attributes[name] = _by_cursor(original)
        else:
            attributes[name] = _observed(original, many, lambda connection: connection)
    # The application's class stands above ours: its `cursor` may take what it likes, and passes its
    # choice down.
    return ((_beneath,) if issubclass(_beneath, base) else (base, _beneath)), attributes


def _cursor_of(base, usual):
    original = base.cursor

    @wraps(original)
    def cursor(self, factory=usual):
        return original(self, extended(factory, _cursor))

    return cursor


def _by_cursor(original):
    """What a connection executes itself it executes with a new cursor, some releases with one that
    they do not ask `cursor` for."""
    name = original.__name__

    @wraps(original)
    def method(self, *args, **kwargs):
        return getattr(self.cursor(), name)(*args, **kwargs)

    return method


def _cursor(base):
    def connection_of(cursor):
        return cursor.connection

    return (base,), {name: _observed(getattr(base, name), many, connection_of) for name, many in _METHODS.items()}


def _observed(original, many, connection_of):
    def describe(self, args, kwargs):
        query = statement.argument(args, kwargs, "sql")
        target = getattr(connection_of(self), statement.TARGET, None) or statement.target("sqlite", None)
        return statement.statement(target, query if isinstance(query, str) else None, many)

    return statement.method(original, SCOPE, describe)
