//! The share of its speed that an Express application keeps.

use crate::app::{CONNECTIONS, Running, Speeds, measure, report};
use crate::sink::Sink;
use crate::{Done, Options, load};
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Instant;

const SOURCE: &str = "\
const app = require('express')();

app.get('/items/:item', (request, response) => {
  response.json({ item: request.params.item, q: request.query.q });
});
app.listen(Number(process.argv[2]), '127.0.0.1');
";

const PACKAGE: &str = "node_modules/@opentelemetry/auto-instrumentations-node";
const REGISTER: &str = "@opentelemetry/auto-instrumentations-node/register";

/// How the application is started.
const WAYS: [&str; 4] = ["bare", "otel-run, built-in shim", "otel-run, official", "node --require register"];

pub(crate) fn run(options: &Options) -> Done {
    let modules = options.modules.as_ref().ok_or("node needs --modules")?.canonicalize()?;
    // Beside its packages, as applications are.
    let folder = tempfile::tempdir_in(&modules)?;
    fs::write(folder.path().join("app.js"), SOURCE)?;
    let has_official = modules.join(PACKAGE).exists();
    let mut speeds: [Speeds; WAYS.len()] = Default::default();
    for _ in 0..options.rounds {
        for (way, speeds) in WAYS.into_iter().zip(&mut speeds) {
            let sink = Sink::start()?;
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let mut command = match way {
                "bare" => Command::new("node"),
                "otel-run, built-in shim" => under(options, "builtin"),
                _ if !has_official => continue,
                "otel-run, official" => under(options, "official"),
                _ => {
                    let mut command = Command::new("node");
                    command.args(["--require", REGISTER]);
                    command
                }
            };
            if way != "bare" {
                command
                    .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                    .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", sink.address));
            }
            command
                .args(["app.js", &address.port().to_string()])
                .current_dir(folder.path())
                .env("OTEL_SERVICE_NAME", "bench")
                .env("NODE_ENV", "production")
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            let started = Instant::now();
            let running = Running(command.spawn()?);
            load::first(&address.to_string())?;
            speeds.first.push(started.elapsed().as_secs_f64() * 1e3);
            let answers = measure(running, "node", &address.to_string(), options.seconds, speeds)?;
            speeds.spans.push(sink.spans() as f64 / answers as f64);
        }
    }
    println!(
        "node: Express, one process, {CONNECTIONS} connections, {} s, {} rounds",
        options.seconds, options.rounds
    );
    report(&WAYS, &mut speeds);
    Ok(())
}

fn under(options: &Options, shim: &str) -> Command {
    let mut command = Command::new(&options.program);
    command.args(["--shim", shim, "--", "node"]);
    command
}
