"""PyMySQL, for MySQL and MariaDB."""

from . import statement

SCOPE = "otel_run.pymysql"


def observe(module):
    """`module` is `pymysql.cursors`."""
    kind = module.Cursor
    kind.execute = statement.method(kind.execute, SCOPE, _one)
    kind.executemany = statement.method(kind.executemany, SCOPE, _many)
    kind.callproc = statement.method(kind.callproc, SCOPE, _call)


def _one(self, args, kwargs):
    return statement.statement(_target(self.connection), statement.text(statement.argument(args, kwargs, "query")))


def _many(self, args, kwargs):
    return dict(_one(self, args, kwargs), **{"otel_run.db.many": True})


def _call(self, args, kwargs):
    return statement.statement(_target(self.connection), statement.called(args, kwargs))


def _target(connection):
    database = connection.db
    if isinstance(database, bytes):
        database = database.decode("utf-8", "replace")
    system = "mariadb" if "MariaDB" in str(getattr(connection, "server_version", "")) else "mysql"
    if getattr(connection, "unix_socket", None):
        return statement.target(system, database, connection.unix_socket)
    return statement.target(system, database, connection.host, connection.port)
