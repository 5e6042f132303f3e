//! Python: a directory with our `sitecustomize` in front of `PYTHONPATH`.

use super::found::Found;
use super::unpack::{self, File, Readers};
use super::{Decision, Plan};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File { path: $path, content: include_bytes!(concat!("../../../shims/python/", $path)) }),*]
    };
}

const FILES: &[File] = files![
    "sitecustomize.py",
    "_otel_run/__init__.py",
    "_otel_run/begin.py",
    "_otel_run/builtin/__init__.py",
    "_otel_run/builtin/api/__init__.py",
    "_otel_run/builtin/api/bridge.py",
    "_otel_run/builtin/api/encode.py",
    "_otel_run/builtin/api/instrumentor.py",
    "_otel_run/builtin/api/instruments.py",
    "_otel_run/builtin/api/logger.py",
    "_otel_run/builtin/api/meter.py",
    "_otel_run/builtin/api/reader.py",
    "_otel_run/builtin/api/request.py",
    "_otel_run/builtin/api/sdk.py",
    "_otel_run/builtin/api/span.py",
    "_otel_run/builtin/api/stand_in.py",
    "_otel_run/builtin/api/tracer.py",
    "_otel_run/builtin/asgi.py",
    "_otel_run/builtin/baggage.py",
    "_otel_run/builtin/call.py",
    "_otel_run/builtin/client/__init__.py",
    "_otel_run/builtin/client/aiohttp.py",
    "_otel_run/builtin/client/http_client.py",
    "_otel_run/builtin/client/httpx.py",
    "_otel_run/builtin/client/request.py",
    "_otel_run/builtin/client/urllib3.py",
    "_otel_run/builtin/clock.py",
    "_otel_run/builtin/completion.py",
    "_otel_run/builtin/context.py",
    "_otel_run/builtin/context36.py",
    "_otel_run/builtin/database/__init__.py",
    "_otel_run/builtin/database/aiosqlite.py",
    "_otel_run/builtin/database/asyncpg.py",
    "_otel_run/builtin/database/classes.py",
    "_otel_run/builtin/database/psycopg.py",
    "_otel_run/builtin/database/psycopg2.py",
    "_otel_run/builtin/database/psycopg_async.py",
    "_otel_run/builtin/database/psycopg_query.py",
    "_otel_run/builtin/database/pymongo.py",
    "_otel_run/builtin/database/pymysql.py",
    "_otel_run/builtin/database/redis.py",
    "_otel_run/builtin/database/sqlite3.py",
    "_otel_run/builtin/database/statement.py",
    "_otel_run/builtin/delivery.py",
    "_otel_run/builtin/doubles.py",
    "_otel_run/builtin/encode.py",
    "_otel_run/builtin/encode_log.py",
    "_otel_run/builtin/encode_request.py",
    "_otel_run/builtin/ending.py",
    "_otel_run/builtin/exceptions.py",
    "_otel_run/builtin/failures.py",
    "_otel_run/builtin/frameworks.py",
    "_otel_run/builtin/hooks.py",
    "_otel_run/builtin/http_server.py",
    "_otel_run/builtin/libraries.py",
    "_otel_run/builtin/log_record.py",
    "_otel_run/builtin/logs.py",
    "_otel_run/builtin/loguru.py",
    "_otel_run/builtin/patch.py",
    "_otel_run/builtin/process.py",
    "_otel_run/builtin/propagation.py",
    "_otel_run/builtin/record.py",
    "_otel_run/builtin/request.py",
    "_otel_run/builtin/routes.py",
    "_otel_run/builtin/rows.py",
    "_otel_run/builtin/sampler.py",
    "_otel_run/builtin/sender.py",
    "_otel_run/builtin/servers.py",
    "_otel_run/builtin/settings.py",
    "_otel_run/builtin/uwsgi.py",
    "_otel_run/builtin/worker.py",
    "_otel_run/builtin/wsgi.py",
    "_otel_run/channel.py",
    "_otel_run/django.py",
    "_otel_run/encode.py",
    "_otel_run/ending.py",
    "_otel_run/exporters.py",
    "_otel_run/fork.py",
    "_otel_run/identity.py",
    "_otel_run/logs.py",
    "_otel_run/native.py",
    "_otel_run/notice.py",
    "_otel_run/official.py",
    "_otel_run/overlay.py",
    "_otel_run/packages.py",
    "_otel_run/role.py",
    "_otel_run/signals.py",
    "_otel_run/wire.py",
    "entry/otel_run_shim-1.dist-info/METADATA",
    "entry/otel_run_shim-1.dist-info/entry_points.txt",
];

/// Bootstrap directories of agents that use the same way in.
const AGENTS: [(&str, &str); 4] = [
    ("ddtrace/bootstrap", "ddtrace"),
    ("newrelic/bootstrap", "newrelic"),
    ("elasticapm/instrumentation", "elasticapm"),
    ("opentelemetry/instrumentation/auto_instrumentation", "opentelemetry-instrument"),
];

/// Prepares the target's environment, or says why not.
pub(super) fn inject(found: &Found, why: &str, plan: &mut Plan) {
    let old = plan.environment.get("PYTHONPATH").map(OsStr::to_owned).unwrap_or_default();
    if let Some(letters) = &found.closed {
        plan.warnings.push(format!(
            "Python is started with -{letters}, which ignores what is given to it from outside: \
             it runs without instrumentation"
        ));
        plan.decisions.push(Decision::new("python", "not instrumented", format!("its option -{letters}")));
        return;
    }
    if let Some(agent) = agent_in(&old) {
        plan.warnings.push(format!("PYTHONPATH loads {agent} already: Python is left to it"));
        plan.decisions.push(Decision::new("python", "left alone", format!("{agent} is on PYTHONPATH")));
        return;
    }
    let directory = match unpack::place("python", FILES, Readers::Us, &plan.environment) {
        Ok(directory) => directory,
        Err(reasons) => return super::not_placed("python", "Python", reasons, plan),
    };
    plan.environment.set("PYTHONPATH", in_front(directory.as_os_str(), &old));
    plan.shims.push(directory.clone());
    plan.decisions.push(Decision::new(
        "python",
        format!(
            "the application's own OpenTelemetry packages, or the built-in shim, are loaded by {}/sitecustomize.py",
            directory.display()
        ),
        why,
    ));
}

/// The search path with the directory first, where it may be already; the rest byte for byte. Never an empty element
/// of our own making, because that would be the current directory.
fn in_front(directory: &OsStr, old: &OsStr) -> OsString {
    if old.as_bytes().split(|byte| *byte == b':').next() == Some(directory.as_bytes()) {
        return old.to_owned();
    }
    let mut path = directory.to_owned();
    if !old.is_empty() {
        path.push(":");
        path.push(old);
    }
    path
}

fn agent_in(path: &OsStr) -> Option<&'static str> {
    let mut elements = path.as_bytes().split(|byte| *byte == b':');
    elements.find_map(|element| {
        let element = Path::new(OsStr::from_bytes(element));
        AGENTS.iter().find(|(end, _)| element.ends_with(end)).map(|(_, agent)| *agent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_path_stays_byte_for_byte() {
        for (old, expected) in [
            ("", "/shim"),
            ("/a", "/shim:/a"),
            (":/a::b:", "/shim::/a::b:"),
            ("/shim", "/shim"),
            ("/shim:/a", "/shim:/a"),
            ("/shim2", "/shim:/shim2"),
        ] {
            assert_eq!(in_front(OsStr::new("/shim"), OsStr::new(old)), expected);
        }
    }

    #[test]
    fn every_file_of_the_shim_is_embedded() -> std::io::Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims/python");
        let mut there = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.ends_with("__pycache__") || path.ends_with("README.md") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(relative) = path.strip_prefix(&root) {
                    there.push(relative.display().to_string());
                }
            }
        }
        there.sort();
        let mut embedded: Vec<_> = FILES.iter().map(|file| file.path.to_owned()).collect();
        embedded.sort();
        assert_eq!(there, embedded);
        Ok(())
    }
}
