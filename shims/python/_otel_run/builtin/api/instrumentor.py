"""Instrumentations that the application starts itself, in its code: what they observe is theirs."""

from functools import wraps

from .. import call

# Module of an instrumentation below `opentelemetry.instrumentation`: the scopes of ours that would
# say the same. That of requests covers what is below it in the API's own way.
_SQL = tuple("otel_run.%s" % name for name in "sqlite3 psycopg psycopg2 asyncpg pymysql".split())
_SCOPES = {
    "httpx": ("otel_run.httpx",),
    "urllib3": ("otel_run.urllib3",),
    "urllib": ("otel_run.http.client",),
    "aiohttp_client": ("otel_run.aiohttp.client",),
    "sqlite3": ("otel_run.sqlite3",),
    "psycopg": ("otel_run.psycopg",),
    "psycopg2": ("otel_run.psycopg2",),
    "asyncpg": ("otel_run.asyncpg",),
    "pymysql": ("otel_run.pymysql",),
    "redis": ("otel_run.redis",),
    "pymongo": ("otel_run.pymongo",),
    "sqlalchemy": _SQL,
}


def covered(name):
    """The scopes of ours that are covered by an instrumentation."""
    return _SCOPES.get(name, ())


def observe(module):
    """`module` is `opentelemetry.instrumentation.instrumentor`."""
    kind = module.BaseInstrumentor
    original = kind.instrument

    @wraps(original)
    def instrument(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        try:
            if self._is_instrumented_by_opentelemetry:
                call.muted.update(covered(self.__class__.__module__.split(".")[2]))
        except Exception:
            pass
        return result

    kind.instrument = instrument
