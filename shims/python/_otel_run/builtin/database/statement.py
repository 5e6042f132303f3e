"""What the database libraries have in common: methods that run one statement each."""

from functools import wraps

from .. import call

# Attributes of a connection are asked for once; it keeps them under this name.
TARGET = "_otel_run_target"


def method(original, scope, describe):
    """`original`, observed. `describe(self, args, kwargs)` gives the attributes of the statement."""

    @wraps(original)
    def wrapper(self, *args, **kwargs):
        statement = call.begin(scope)
        if statement is None:
            return original(self, *args, **kwargs)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as error:
            call.end(statement, _failed, describe, error, self, args, kwargs)
            raise
        call.end(statement, describe, self, args, kwargs)
        return result

    return wrapper


def coroutine(original, scope, describe):
    """The same for a coroutine function."""

    @wraps(original)
    async def wrapper(self, *args, **kwargs):
        statement = call.begin(scope)
        if statement is None:
            return await original(self, *args, **kwargs)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException as error:
            call.end(statement, _failed, describe, error, self, args, kwargs)
            raise
        call.end(statement, describe, self, args, kwargs)
        return result

    return wrapper


def _failed(describe, error, *about):
    return failed(describe(*about), error)


def failed(attributes, error):
    """The attributes of a statement that has failed: with the class, and the server's code."""
    found = dict(attributes)
    found["error.type"] = call.error_type(error)
    code = code_of(error)
    if code:
        found["db.response.status_code"] = str(code)
    return found


def code_of(error):
    """SQLSTATE of PostgreSQL's drivers, the number of MySQL's, the name of SQLite's."""
    for name in ("sqlstate", "pgcode", "sqlite_errorname"):
        code = getattr(error, name, None)
        if isinstance(code, str) and code:
            return code
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) and not isinstance(first, bool) and not isinstance(error, OSError) else None


def argument(args, kwargs, name, position=0):
    """An argument of a method, given by position or by name."""
    return args[position] if len(args) > position else kwargs.get(name)


def text(query, connection=None):
    """A statement as text; drivers take bytes and objects that make SQL, too."""
    if isinstance(query, str):
        return query
    if isinstance(query, (bytes, bytearray)):
        return bytes(query).decode("utf-8", "replace")
    if hasattr(query, "as_string"):
        return query.as_string(connection)
    if hasattr(query, "interpolations"):  # a template of Python 3.14
        return "?".join(query.strings)
    return None


def statement(target, query, many=False):
    """The attributes of one SQL statement."""
    found = dict(target)
    if query:
        found["db.query.text"] = query
    if many:
        found["otel_run.db.many"] = True
    return found


def target(system, namespace, address=None, port=None):
    """The attributes of a connection."""
    found = {"db.system.name": system}
    if namespace:
        found["db.namespace"] = str(namespace)
    if address:
        found["server.address"] = str(address)
        if port and not str(address).startswith("/"):
            found["server.port"] = int(port)
    return found


def called(args, kwargs):
    """The call of a stored procedure as a statement."""
    name = argument(args, kwargs, "procname")
    return "CALL %s" % name if isinstance(name, str) else None
