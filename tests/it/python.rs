//! Python applications under otel-run: real servers, the application's own OpenTelemetry
//! packages, and interpreters of every version that this machine has.

#[path = "python/builtin.rs"]
mod builtin;
#[path = "python/builtin_api.rs"]
mod builtin_api;
#[path = "python/builtin_client.rs"]
mod builtin_client;
#[path = "python/builtin_database.rs"]
mod builtin_database;
#[path = "python/builtin_logs.rs"]
mod builtin_logs;
#[path = "python/builtin_odd.rs"]
mod builtin_odd;
#[path = "python/builtin_service.rs"]
mod builtin_service;
#[path = "python/clients.rs"]
mod clients;
#[path = "python/encoding.rs"]
mod encoding;
#[path = "python/environment.rs"]
mod environment;
#[path = "python/interpreters.rs"]
mod interpreters;
#[path = "python/live.rs"]
mod live;
#[path = "python/received.rs"]
mod received;
#[path = "python/runs.rs"]
mod runs;
#[path = "python/server.rs"]
pub(crate) mod server;
#[path = "python/spans.rs"]
mod spans;
#[path = "python/starts.rs"]
mod starts;
#[path = "python/workers.rs"]
mod workers;

pub(crate) use interpreters::interpreters;

use crate::support::{process, venv};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the README tells the user to install, and the servers. No OTLP exporter is among it.
pub(crate) fn web() -> PathBuf {
    venv(
        "web",
        &[
            "fastapi==0.165.0",
            "flask==3.1.3",
            "gunicorn==27.0.1",
            "opentelemetry-distro==0.66b1",
            "opentelemetry-instrumentation-fastapi==0.66b1",
            "opentelemetry-instrumentation-flask==0.66b1",
            "uvicorn==0.54.0",
            "uvicorn-worker==0.4.0",
        ],
    )
}

/// A service as most begin: nothing of OpenTelemetry but what FastAPI brings, its API.
fn clean() -> PathBuf {
    venv("clean", &["fastapi==0.165.0", "httpx==0.28.1", "uvicorn==0.54.0"])
}

/// Libraries that the built-in shim observes where a program calls other systems, and nothing of
/// OpenTelemetry.
fn builtin() -> PathBuf {
    venv(
        "builtin",
        &[
            "aiohttp==3.14.5",
            "aiosqlite==0.22.1",
            "asyncpg==0.32.0",
            "django==5.2.19",
            "httpx[http2]==0.28.1",
            "psycopg2-binary==2.9.13",
            "psycopg[binary]==3.3.9",
            "pymongo==4.20.1",
            "pymysql==1.2.4",
            "redis==8.1.0",
            "requests==2.34.2",
            "sqlalchemy==2.1.9",
            "urllib3==2.8.0",
        ],
    )
}

/// An interpreter with nothing installed.
fn plain() -> PathBuf {
    venv("plain", &[])
}

/// A file of these tests.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/python").join(name)
}

/// `program` in the environment of `venv`, as an activated one, in the folder of the applications.
fn within<S: AsRef<OsStr>>(venv: &Path, words: impl IntoIterator<Item = S>) -> Command {
    let mut command = process::bare(words);
    let mut path = venv.join("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).env("VIRTUAL_ENV", venv).current_dir(file("apps"));
    for name in ["PYTHONPATH", "PYTHONHOME"] {
        command.env_remove(name);
    }
    command
}

/// otel-run with `flags` in front of `command`, both as one would type them.
fn launch(venv: &Path, flags: &str, command: &str) -> Command {
    let words = [process::OTEL_RUN].into_iter().chain(flags.split_whitespace()).chain(["--"]);
    within(venv, words.chain(command.split_whitespace()))
}
