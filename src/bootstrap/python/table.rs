//! Which instrumentation fits which library: the ranges that the instrumentations of release 0.66
//! declare. Older releases, which an application's pins may ask for, know their own, and check them when
//! they are loaded.

use pep440_rs::Version;
use std::collections::BTreeMap;

/// Begins the name of every instrumentation.
pub(super) const PREFIX: &str = "opentelemetry-instrumentation-";

/// What is always needed.
pub(super) const SDK: &str = "opentelemetry-sdk";
pub(super) const BASE: &str = "opentelemetry-instrumentation";

/// The distributions of an environment; the version is `None` where it is none (PEP 440).
pub(super) type Rows<'a> = BTreeMap<&'a str, Option<Version>>;

/// For modules of Python itself: where spans begin that no library makes, and how context gets into threads.
pub(super) const ALWAYS: [(&str, &str); 3] = [
    ("sqlite3", "Python's own sqlite3"),
    ("urllib", "Python's own urllib"),
    ("threading", "trace context in threads"),
];

/// A library, the versions of it that fit, and the end of its instrumentation's name.
pub(super) struct Row {
    pub(super) library: &'static str,
    pub(super) range: &'static str,
    pub(super) instrumentation: &'static str,
}

const fn row(library: &'static str, range: &'static str, instrumentation: &'static str) -> Row {
    Row { library, range, instrumentation }
}

pub(super) const ROWS: &[Row] = &[
    // Servers.
    row("fastapi", "~=0.92", "fastapi"),
    row("starlette", ">=0.13", "starlette"),
    row("django", ">=2.0", "django"),
    row("flask", ">=1.0", "flask"),
    row("falcon", ">=1.4.1,<5.0.0", "falcon"),
    row("pyramid", ">=1.7", "pyramid"),
    row("tornado", ">=5.1.1", "tornado"),
    row("aiohttp", "~=3.0", "aiohttp-server"),
    // Clients of HTTP and RPC.
    row("aiohttp", "~=3.0", "aiohttp-client"),
    row("httpx", ">=0.18.0", "httpx"),
    row("requests", "~=2.0", "requests"),
    row("urllib3", ">=1.0.0,<3.0.0", "urllib3"),
    row("grpcio", ">=1.42.0", "grpc"),
    row("botocore", "~=1.0", "botocore"),
    row("boto3", "~=1.0", "boto3sqs"),
    // Databases and caches.
    row("aiopg", ">=0.13.0,<2.0.0", "aiopg"),
    row("asyncpg", ">=0.12.0", "asyncpg"),
    row("cassandra-driver", "~=3.25", "cassandra"),
    row("mysql-connector-python", ">=8.0", "mysql"),
    row("mysqlclient", "<3", "mysqlclient"),
    row("psycopg", ">=3.1.0", "psycopg"),
    row("psycopg2", ">=2.7.3.1", "psycopg2"),
    row("psycopg2-binary", ">=2.7.3.1", "psycopg2"),
    row("pymemcache", ">=1.3.5,<5", "pymemcache"),
    row("pymongo", ">=3.1,<5.0", "pymongo"),
    row("pymssql", ">=2.1.5,<3", "pymssql"),
    row("pymysql", "<2", "pymysql"),
    row("redis", ">=2.6", "redis"),
    row("scylla-driver", "~=3.25", "cassandra"),
    row("sqlalchemy", ">=1.0.0,<2.1.0", "sqlalchemy"),
    row("tortoise-orm", ">=0.17.0", "tortoiseorm"),
    // Queues and workers.
    row("aio-pika", ">=7.2.0,<11.0.0", "aio-pika"),
    row("aiokafka", ">=0.8,<1.0", "aiokafka"),
    row("celery", ">=4.0,<6.0", "celery"),
    row("confluent-kafka", ">=1.8.2,<3.0.0", "confluent-kafka"),
    row("kafka-python", ">=2.0,<4.0", "kafka-python"),
    row("pika", ">=0.12.0", "pika"),
    row("remoulade", ">=0.50", "remoulade"),
];

/// A server that stands on another: the first is instrumented, the second is not any more.
pub(super) const MORE_SPECIFIC: [(&str, &str); 1] = [("fastapi", "starlette")];

/// Libraries with an instrumentation that is left out on purpose.
pub(super) const NOT_WANTED: [(&str, &str); 6] = [
    ("asgiref", "instruments nothing by itself; the frameworks that stand on it are instrumented themselves"),
    ("asyncclick", "would trace command lines, the server's own among them"),
    ("click", "would trace command lines, the server's own among them"),
    ("jinja2", "would make a span of every template, within that of the request"),
    ("psutil", "otel-run measures host and processes itself"),
    ("structlog", "log records are captured where they pass through logging"),
];
