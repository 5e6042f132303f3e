"""psycopg 3, sync and async."""

from contextlib import contextmanager
from functools import wraps

from .. import call
from . import statement
from .psycopg_query import SCOPE, about, finish


def observe(module):
    one, many = _describe(False), _describe(True)
    for name in ("Cursor", "ServerCursor"):
        kind = getattr(module, name)
        kind.execute = statement.method(kind.execute, SCOPE, one)
        kind.executemany = statement.method(kind.executemany, SCOPE, many)
    for name in ("AsyncCursor", "AsyncServerCursor"):
        kind = getattr(module, name)
        kind.execute = statement.coroutine(kind.execute, SCOPE, one)
        kind.executemany = statement.coroutine(kind.executemany, SCOPE, many)
    module.Cursor.copy = _copy(module.Cursor.copy)
    module.Cursor.stream = _stream(module.Cursor.stream)
    from . import psycopg_async

    psycopg_async.observe(module.AsyncCursor)


def _describe(many):
    def describe(self, args, kwargs):
        return about(self, args, kwargs, many)

    return describe


def _copy(original):
    @wraps(original)
    @contextmanager
    def copy(self, *args, **kwargs):
        span, failure = call.begin_open(SCOPE), None
        try:
            with original(self, *args, **kwargs) as opened:
                yield opened
        except BaseException as error:
            failure = error
            raise
        finally:
            if span is not None:
                finish(span, failure, self, args, kwargs, "statement")

    return copy


def _stream(original):
    @wraps(original)
    def stream(self, *args, **kwargs):
        span, failure = call.begin_open(SCOPE), None
        try:
            yield from original(self, *args, **kwargs)
        except GeneratorExit:
            raise  # no more rows are wanted
        except BaseException as error:
            failure = error
            raise
        finally:
            if span is not None:
                finish(span, failure, self, args, kwargs)

    return stream
