//! Node.js applications under otel-run: what is built in, the application's own OpenTelemetry
//! packages, and interpreters of every version that is in use.

#[path = "node/api.rs"]
mod api;
#[path = "node/databases.rs"]
mod databases;
#[path = "node/endings.rs"]
mod endings;
#[path = "node/examples.rs"]
mod examples;
#[path = "node/frameworks.rs"]
mod frameworks;
#[path = "node/loggers.rs"]
mod loggers;
#[path = "node/next.rs"]
mod next;
#[path = "node/official.rs"]
mod official;
#[path = "node/outgoing.rs"]
mod outgoing;
#[path = "node/received.rs"]
mod received;
#[path = "node/server.rs"]
mod server;
#[path = "node/starts.rs"]
mod starts;
#[path = "node/versions.rs"]
mod versions;

use crate::support::node_packages;
use crate::support::process;
use crate::support::sink::Sink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Applications with all that they need, and no OpenTelemetry.
fn plain() -> PathBuf {
    with_applications(node_packages(
        "plain",
        &[
            "@koa/router@15.7.0",
            "@nestjs/common@12.5.1",
            "@nestjs/core@12.5.1",
            "@nestjs/platform-express@12.5.1",
            "bunyan@2.0.5",
            "esbuild@0.28.2",
            "express@5.3.0",
            "fastify@5.12.8",
            "ioredis@6.0.0",
            "koa@3.3.0",
            "mongodb@7.9.0",
            "mysql2@3.24.6",
            "pg@8.23.1",
            "pino@10.4.0",
            "redis@6.3.1",
            "reflect-metadata@0.2.2",
            "rxjs@7.8.2",
            "undici@7.30.2",
            "winston@3.19.0",
        ],
    ))
}

/// The same application as with Express 5.
fn express_4() -> PathBuf {
    with_applications(node_packages("express-4", &["express@4.22.1"]))
}

/// A folder of packages with our applications in it.
fn with_applications(folder: PathBuf) -> PathBuf {
    let applications = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/node/apps");
    for entry in std::fs::read_dir(applications).expect("the applications") {
        let from = entry.expect("an entry").path();
        let to = folder.join(from.file_name().expect("a name"));
        let content = std::fs::read(&from).expect("an application");
        if std::fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        // Other tests may start it right now.
        let new =
            folder.join(format!(".{:?}{}", std::thread::current().id(), to.display()).replace('/', "_"));
        std::fs::write(&new, content).and_then(|()| std::fs::rename(&new, &to)).expect("a copy");
    }
    folder
}

/// A command in the folder, without anything of ours in its environment.
fn bare(folder: &Path, command: &str) -> Command {
    let mut bare = process::bare(command.split(' '));
    bare.env_remove("NODE_OPTIONS").env_remove("OTEL_RUN_HOME").current_dir(folder);
    bare
}

/// otel-run in front of it, with spans and logs to `sink`.
fn launch(folder: &Path, sink: &Sink, command: &str) -> Command {
    launch_with("", folder, sink, command)
}

/// The same with more flags.
fn launch_with(flags: &str, folder: &Path, sink: &Sink, command: &str) -> Command {
    let mut run = bare(folder, process::OTEL_RUN);
    run.args(
        "--traces_exporter otlp --logs_exporter otlp --metrics_exporter none --host_metrics off".split(' '),
    );
    run.args(flags.split_whitespace()).arg("--").args(command.split(' '));
    run.env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf").env("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url());
    run
}
