"""psycopg2. Connections and cursors are of classes in C: `connect` makes them of subclasses."""

from functools import wraps

from . import statement
from .classes import extended

SCOPE = "otel_run.psycopg2"
_beneath = None


def observe(module):
    global _beneath
    base, original = module.extensions.connection, module.connect
    _beneath = type("connection", (base,), {"cursor": _cursor_of(base)})

    @wraps(original)
    def connect(dsn=None, connection_factory=None, *args, **kwargs):
        return original(dsn, extended(connection_factory or base, _connection), *args, **kwargs)

    module.connect = connect


def _connection(base):
    # The application's class stands above ours: it may choose a class of cursors, as psycopg2's own
    # `DictConnection` does, and passes its choice down.
    return ((_beneath,) if issubclass(_beneath, base) else (base, _beneath)), {}


def _cursor_of(base):
    original = base.cursor

    @wraps(original)
    def cursor(self, name=None, cursor_factory=None, *args, **kwargs):
        from psycopg2.extensions import cursor as usual

        factory = extended(cursor_factory or self.cursor_factory or usual, _cursor)
        return original(self, name, factory, *args, **kwargs)

    return cursor


def _cursor(base):
    def observed(name, argument, many=False):
        def describe(self, args, kwargs):
            query = statement.text(statement.argument(args, kwargs, argument), self)
            return statement.statement(_target(self.connection), query, many)

        return statement.method(getattr(base, name), SCOPE, describe)

    def describe_call(self, args, kwargs):
        return statement.statement(_target(self.connection), statement.called(args, kwargs))

    return (base,), {
        "execute": observed("execute", "query"),
        "executemany": observed("executemany", "query", True),
        "copy_expert": observed("copy_expert", "sql"),
        "callproc": statement.method(base.callproc, SCOPE, describe_call),
    }


def _target(connection):
    known = connection.__dict__.get(statement.TARGET)
    if known is None:
        about = connection.get_dsn_parameters()
        where = about.get("host"), about.get("port")
        known = statement.target("postgresql", about.get("dbname"), *where)
        setattr(connection, statement.TARGET, known)
    return known
