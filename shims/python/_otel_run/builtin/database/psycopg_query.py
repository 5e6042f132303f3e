"""psycopg 3: what a statement says of itself, sync or async."""

from .. import call
from . import statement

SCOPE = "otel_run.psycopg"


def about(cursor, args, kwargs, many=False, name="query"):
    """The attributes of a statement that a cursor runs."""
    connection = cursor.connection
    query = statement.text(statement.argument(args, kwargs, name), connection)
    return statement.statement(_target(connection), query, many)


def finish(span, error, cursor, args, kwargs, name="query"):
    """Ends the span of a statement whose results came bit by bit."""

    def describe():
        attributes = about(cursor, args, kwargs, False, name)
        return attributes if error is None else statement.failed(attributes, error)

    call.finish(span, describe)


def _target(connection):
    known = connection.__dict__.get(statement.TARGET)
    if known is None:
        info = connection.info
        known = statement.target("postgresql", info.dbname, info.host, info.port)
        setattr(connection, statement.TARGET, known)
    return known
