"""redis-py, sync and async, single servers and clusters. Keys and values stay out of the text."""

from functools import wraps

from .. import call
from . import statement

SCOPE = "otel_run.redis"
# Parameters and commands that are written down one by one.
_PARAMETERS = 20
_COMMANDS = 50


def observe(module):
    """`module` is `redis.client`."""
    kind, pipeline = module.Redis, module.Pipeline
    kind.execute_command = statement.method(kind.execute_command, SCOPE, _command)
    pipeline.immediate_execute_command = statement.method(pipeline.immediate_execute_command, SCOPE, _command)
    pipeline.execute = _execute(pipeline.execute)


def observe_async(module):
    """`module` is `redis.asyncio.client`."""
    kind, pipeline = module.Redis, module.Pipeline
    kind.execute_command = statement.coroutine(kind.execute_command, SCOPE, _command)
    pipeline.immediate_execute_command = statement.coroutine(pipeline.immediate_execute_command, SCOPE, _command)
    pipeline.execute = _execute_async(pipeline.execute)


def observe_cluster(module):
    """`module` is `redis.cluster`."""
    kind = module.RedisCluster
    kind.execute_command = statement.method(kind.execute_command, SCOPE, _command)


def observe_async_cluster(module):
    """`module` is `redis.asyncio.cluster`."""
    kind = module.RedisCluster
    kind.execute_command = statement.coroutine(kind.execute_command, SCOPE, _command)


def _command(self, args, kwargs):
    found = dict(_target(self))
    found["db.operation.name"] = _name(args)
    found["db.query.text"] = _text(args)
    return found


def _pipeline(self, stack):
    found = dict(_target(self))
    names = {_name(args) for args, _ in stack}
    found["db.operation.name"] = "PIPELINE %s" % names.pop() if len(names) == 1 else "PIPELINE"
    found["db.query.text"] = "\n".join(_text(args) for args, _ in stack[:_COMMANDS])
    if len(stack) > 1:
        found["db.operation.batch.size"] = len(stack)
    return found


def _name(args):
    name = args[0]
    return (name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)).upper()


def _text(args):
    more = " ..." if len(args) - 1 > _PARAMETERS else ""
    return _name(args) + " ?" * min(len(args) - 1, _PARAMETERS) + more


def _target(client):
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        return statement.target("redis", None)
    known = pool.__dict__.get(statement.TARGET)
    if known is None:
        about = pool.connection_kwargs
        where = (about["path"], None) if "path" in about else (about.get("host", "localhost"), about.get("port", 6379))
        known = statement.target("redis", str(about.get("db") or 0), *where)
        setattr(pool, statement.TARGET, known)
    return known


def _execute(original):
    @wraps(original)
    def execute(self, *args, **kwargs):
        stack = self.command_stack
        commands = call.begin(SCOPE) if stack else None
        if commands is None:
            return original(self, *args, **kwargs)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as error:
            call.end(commands, _failed, error, self, stack)
            raise
        call.end(commands, _pipeline, self, stack)
        return result

    return execute


def _execute_async(original):
    @wraps(original)
    async def execute(self, *args, **kwargs):
        stack = self.command_stack
        commands = call.begin(SCOPE) if stack else None
        if commands is None:
            return await original(self, *args, **kwargs)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException as error:
            call.end(commands, _failed, error, self, stack)
            raise
        call.end(commands, _pipeline, self, stack)
        return result

    return execute


def _failed(error, client, stack):
    return statement.failed(_pipeline(client, stack), error)
