"""psycopg 3: what its async cursors hand out bit by bit."""

from functools import wraps

from .. import call
from .psycopg_query import SCOPE, finish


def observe(kind):
    kind.copy = _copy(kind.copy)
    kind.stream = _stream(kind.stream)


class _Copy:
    """The context manager that `copy` gives."""

    def __init__(self, inner, cursor, args, kwargs):
        self._inner, self._about = inner, (cursor, args, kwargs)

    async def __aenter__(self):
        self._span = call.begin_open(SCOPE)
        try:
            return await self._inner.__aenter__()
        except BaseException as error:
            self._finish(error)
            raise

    async def __aexit__(self, kind, error, traceback):
        try:
            result = await self._inner.__aexit__(kind, error, traceback)
        except BaseException as raised:
            self._finish(raised)
            raise
        self._finish(error)
        return result

    def _finish(self, error):
        if self._span is not None:
            finish(self._span, error, *self._about, name="statement")


def _copy(original):
    @wraps(original)
    def copy(self, *args, **kwargs):
        return _Copy(original(self, *args, **kwargs), self, args, kwargs)

    return copy


def _stream(original):
    @wraps(original)
    async def stream(self, *args, **kwargs):
        span, failure = call.begin_open(SCOPE), None
        rows = original(self, *args, **kwargs)
        try:
            async for row in rows:
                yield row
        except GeneratorExit:
            raise  # no more rows are wanted
        except BaseException as error:
            failure = error
            raise
        finally:
            await rows.aclose()
            if span is not None:
                finish(span, failure, self, args, kwargs)

    return stream
