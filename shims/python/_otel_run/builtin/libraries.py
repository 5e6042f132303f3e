"""What is observed where the program calls other systems, and where it records something itself."""

from . import hooks, settings

# What the program imports, what looks after it then, and what the library is called by
# OTEL_PYTHON_DISABLED_INSTRUMENTATIONS.
_LIBRARIES = (
    ("http.client", "client.http_client:observe", "http.client"),
    ("urllib3.connectionpool", "client.urllib3:observe", "urllib3"),
    ("httpx", "client.httpx:observe", "httpx"),
    ("aiohttp.client", "client.aiohttp:observe", "aiohttp-client"),
    ("sqlite3.dbapi2", "database.sqlite3:observe", "sqlite3"),
    ("aiosqlite.core", "database.aiosqlite:observe", "sqlite3"),
    ("psycopg", "database.psycopg:observe", "psycopg"),
    ("psycopg2", "database.psycopg2:observe", "psycopg2"),
    ("asyncpg.connection", "database.asyncpg:observe", "asyncpg"),
    ("asyncpg.prepared_stmt", "database.asyncpg:observe_prepared", "asyncpg"),
    ("asyncpg.cursor", "database.asyncpg:observe_cursors", "asyncpg"),
    ("pymysql.cursors", "database.pymysql:observe", "pymysql"),
    ("redis.client", "database.redis:observe", "redis"),
    ("redis.asyncio.client", "database.redis:observe_async", "redis"),
    ("redis.cluster", "database.redis:observe_cluster", "redis"),
    ("redis.asyncio.cluster", "database.redis:observe_async_cluster", "redis"),
    ("pymongo.monitoring", "database.pymongo:observe", "pymongo"),
)


# OpenTelemetry's API, where the application uses it.
_CONTEXT = (
    ("opentelemetry.context.contextvars_context", "api.bridge:observe"),
    ("opentelemetry.context", "api.bridge:shorten"),
)
_API = (
    ("opentelemetry.trace", "api.tracer:provide"),
    ("opentelemetry.metrics._internal", "api.meter:provide"),
    ("opentelemetry._logs._internal", "api.logger:provide"),
    ("opentelemetry.instrumentation.instrumentor", "api.instrumentor:observe"),
)


def watch(left_out=()):
    """Registers the hooks of all libraries but those that somebody else observes."""
    for module, target, library in _LIBRARIES:
        if library not in left_out and settings.enabled(library):
            hooks.when_imported(module, hooks.later(target))


def watch_context():
    """Registers what keeps the API's current context and ours the same."""
    for module, target in _CONTEXT:
        hooks.when_imported(module, hooks.later(target))


def watch_api():
    """Registers what makes the API work without its SDK."""
    watch_context()
    for module, target in _API:
        hooks.when_imported(module, hooks.later(target))
