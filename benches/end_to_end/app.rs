//! The share of its speed that a FastAPI application keeps.

use crate::sink::Sink;
use crate::{Done, Options, load, median, os};
use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SOURCE: &str = "\
from fastapi import FastAPI

app = FastAPI()


@app.get('/items/{item}')
def read(item: int, q: str | None = None):
    return {'item': item, 'q': q}
";

/// The same application with Microsoft's distribution inside, as its documentation has it. Without
/// what otel-run does not do either: its own statistics, and files for bad times.
const WITH_DISTRO: &str = "\
from azure.monitor.opentelemetry import configure_azure_monitor

configure_azure_monitor(enable_live_metrics=False, disable_offline_storage=True)

from main import app
";

pub(crate) const CONNECTIONS: usize = 8;

/// How the application is started. The last two send to Azure's track API.
const WAYS: [&str; 6] = [
    "bare",
    "otel-run, built-in shim",
    "otel-run, official",
    "opentelemetry-instrument",
    "otel-run, azure",
    "azure-monitor-opentelemetry",
];

#[derive(Default)]
pub(crate) struct Speeds {
    /// Requests in a second.
    pub(crate) requests: Vec<f64>,
    /// Microseconds of CPU time for a request, of the application and of all processes.
    application: Vec<f64>,
    all: Vec<f64>,
    /// Spans that came for a request: the same for all who claim the same.
    pub(crate) spans: Vec<f64>,
    /// Milliseconds from the start to the first answer.
    pub(crate) first: Vec<f64>,
    /// Resident memory of the application at the end, in MiB.
    memory: Vec<f64>,
}

pub(crate) fn run(options: &Options) -> Done {
    let venv = options.venv.as_ref().ok_or("app needs --venv")?.canonicalize()?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("main.py"), SOURCE)?;
    fs::write(folder.path().join("distro.py"), WITH_DISTRO)?;
    let has = |package: &str| -> Done<bool> {
        let found =
            Command::new(venv.join("bin/python")).args(["-c", &format!("import {package}")]).output()?;
        Ok(found.status.success())
    };
    let has_distro = has("azure.monitor.opentelemetry")?;
    let has_official = venv.join("bin/opentelemetry-instrument").exists();
    let mut speeds: [Speeds; WAYS.len()] = Default::default();
    for _ in 0..options.rounds {
        for (way, speeds) in WAYS.into_iter().zip(&mut speeds) {
            let sink = Sink::start()?;
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let azure = format!(
                "InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=http://{0}/;LiveEndpoint=http://{0}/",
                sink.address
            );
            let mut command = match way {
                "bare" => Command::new(venv.join("bin/uvicorn")),
                "otel-run, official" | "otel-run, azure" if !has_official => continue,
                "otel-run, built-in shim" | "otel-run, official" | "otel-run, azure" => {
                    let shim = if way == "otel-run, built-in shim" { "builtin" } else { "auto" };
                    let mut command = Command::new(&options.program);
                    command.args(["--shim", shim, "--"]).arg(venv.join("bin/uvicorn"));
                    command
                }
                "azure-monitor-opentelemetry" if !has_distro => continue,
                "azure-monitor-opentelemetry" => Command::new(venv.join("bin/uvicorn")),
                // It would take the distribution for its own.
                _ if has_distro || !has_official => continue,
                _ => {
                    let mut command = Command::new(venv.join("bin/opentelemetry-instrument"));
                    command.arg(venv.join("bin/uvicorn"));
                    command
                }
            };
            match way {
                "bare" => {}
                "otel-run, azure" => drop(command.env("APPLICATIONINSIGHTS_CONNECTION_STRING", azure)),
                "azure-monitor-opentelemetry" => {
                    command
                        .env("APPLICATIONINSIGHTS_CONNECTION_STRING", azure)
                        .env("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
                        .env("APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED", "true")
                        // Its own default keeps five traces a second.
                        .env("OTEL_TRACES_SAMPLER", "always_on");
                }
                _ => {
                    command
                        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", sink.address));
                }
            }
            let module = if way == "azure-monitor-opentelemetry" { "distro:app" } else { "main:app" };
            command
                .args([module, "--no-access-log", "--log-level", "warning"])
                .args(match options.uvloop {
                    true => ["--loop", "uvloop", "--http", "httptools", "--port"],
                    false => ["--loop", "asyncio", "--http", "h11", "--port"],
                })
                .arg(address.port().to_string())
                .current_dir(folder.path())
                .env("OTEL_SERVICE_NAME", "bench")
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            let started = Instant::now();
            let running = Running(command.spawn()?);
            load::first(&address.to_string())?;
            speeds.first.push(started.elapsed().as_secs_f64() * 1e3);
            let answers = measure(running, "python", &address.to_string(), options.seconds, speeds)?;
            // The application has ended, and has sent what it held.
            speeds.spans.push(sink.spans() as f64 / answers as f64);
        }
    }
    println!(
        "app: FastAPI on uvicorn ({}), one process, {CONNECTIONS} connections, {} s, {} rounds",
        if options.uvloop { "uvloop, httptools" } else { "asyncio, h11" },
        options.seconds,
        options.rounds
    );
    report(&WAYS, &mut speeds);
    Ok(())
}

/// Prints a table of what was measured, the first way being the bare application.
pub(crate) fn report(ways: &[&str], speeds: &mut [Speeds]) {
    println!(
        "{:<28}{:>11}{:>8}{:>10}{:>9}{:>9}{:>9}{:>10}{:>9}",
        "", "requests/s", "share", "capacity", "app us", "more us", "all us", "first ms", "MiB"
    );
    let bare = (median(&mut speeds[0].requests), median(&mut speeds[0].application));
    for (way, speeds) in ways.iter().zip(speeds).filter(|(_, speeds)| !speeds.requests.is_empty()) {
        let requests = median(&mut speeds.requests);
        let application = median(&mut speeds.application);
        println!(
            "{way:<28}{requests:>11.0}{:>7.1}%{:>9.1}%{application:>9.1}{:>9.1}{:>9.1}{:>10.0}{:>9.1}  ({:.2} spans/request)",
            requests / bare.0 * 100.0,
            bare.1 / application * 100.0,
            application - bare.1,
            median(&mut speeds.all),
            median(&mut speeds.first),
            median(&mut speeds.memory),
            median(&mut speeds.spans)
        );
    }
    println!();
}

/// How many answers came, those of warming up included. The application is what is run by the
/// interpreter `runtime`.
pub(crate) fn measure(
    running: Running,
    runtime: &str,
    address: &str,
    seconds: u64,
    speeds: &mut Speeds,
) -> Done<usize> {
    let warm = load::browse(address, CONNECTIONS, Duration::from_secs(2))?;
    let root = running.0.id() as i32;
    let processes = os::tree(root);
    let of_application = |pid: &&i32| {
        let exe = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        exe.file_name().is_some_and(|name| name.to_string_lossy().contains(runtime))
    };
    let cpu = |pids: &[i32]| pids.iter().map(|pid| os::cpu(*pid)).sum::<Done<Duration>>();
    let application: Vec<i32> = processes.iter().filter(of_application).copied().collect();
    let before = (cpu(&application)?, cpu(&processes)?, Instant::now());
    let answers = load::browse(address, CONNECTIONS, Duration::from_secs(seconds))?;
    let time = before.2.elapsed().as_secs_f64();
    let requests = answers as f64;
    speeds.requests.push(requests / time);
    speeds.application.push((cpu(&application)? - before.0).as_secs_f64() * 1e6 / requests);
    speeds.all.push((cpu(&processes)? - before.1).as_secs_f64() * 1e6 / requests);
    let resident = application.iter().map(|pid| Ok(os::memory(*pid)?.resident)).sum::<Done<u64>>()?;
    speeds.memory.push(resident as f64 / 1024.0);
    Ok(warm + answers)
}

/// Ends with its owner.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.0.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
