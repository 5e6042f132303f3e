//! What otel-run costs, measured from outside on the real program:
//!
//! ```text
//! cargo bench --bench end_to_end                          all but `app` and `node`, about two minutes
//! cargo bench --bench end_to_end -- throughput --peer 'rotel-agent start --otlp-http-endpoint {listen} ...'
//! cargo bench --bench end_to_end -- app --venv VENV       share of an application's speed
//! cargo bench --bench end_to_end -- node --modules FOLDER the same of one on Node.js
//! ```
//!
//! CPU time is what the kernel counts for the process, not what the clock on the wall says: it
//! is hardly disturbed by other work on the machine. See `benches/README.md`.
#![expect(clippy::print_stdout, reason = "a report is printed")]

mod agent;
mod app;
mod corpus;
mod idle;
mod launch;
mod load;
mod node;
mod os;
mod roles;
mod sink;
mod throughput;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::PathBuf;

/// Whatever went wrong, in words.
type Failure = Box<dyn std::error::Error>;
type Done<T = ()> = Result<T, Failure>;

/// What was asked for.
struct Options {
    program: PathBuf,
    peer: Option<String>,
    to: Option<agent::To>,
    spans: usize,
    batch: usize,
    rounds: usize,
    times: usize,
    seconds: u64,
    venv: Option<PathBuf>,
    modules: Option<PathBuf>,
    uvloop: bool,
}

const MEASUREMENTS: [&str; 5] = ["throughput", "idle", "launch", "app", "node"];

fn main() -> Done {
    // Started again by ourselves, as the program that otel-run runs.
    if let Some(role) = std::env::var_os(roles::VARIABLE) {
        return roles::play(&role);
    }
    let matches = command().get_matches();
    // `cargo test` runs benches too, without this flag, to see that they start.
    if !matches.get_flag("bench") {
        return Ok(());
    }
    let options = options(&matches);
    let asked: Vec<&String> = matches.get_many("measurement").into_iter().flatten().collect();
    let wanted = |name: &str| match asked.is_empty() {
        true => !["app", "node"].contains(&name),
        false => asked.iter().any(|asked| *asked == name),
    };
    if wanted("throughput") {
        throughput::run(&options)?;
    }
    if wanted("idle") {
        idle::run(&options)?;
    }
    if wanted("launch") {
        launch::run(&options)?;
    }
    if wanted("app") {
        app::run(&options)?;
    }
    if wanted("node") {
        node::run(&options)?;
    }
    Ok(())
}

fn command() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .default_value(default)
            .value_parser(value_parser!(u64))
            .help(help)
    };
    Command::new("end_to_end")
        .about("Measures otel-run from outside")
        .arg(
            Arg::new("measurement")
                .num_args(0..)
                .value_parser(MEASUREMENTS)
                .help("What to measure [default: all but app and node]"),
        )
        .arg(
            Arg::new("program")
                .long("program")
                .value_name("FILE")
                .default_value(env!("CARGO_BIN_EXE_otel-run"))
                .value_parser(value_parser!(PathBuf))
                .help("The otel-run to measure"),
        )
        .arg(
            Arg::new("peer")
                .long("peer")
                .value_name("COMMAND")
                .help("Another pipeline for throughput; {listen} and {sink} in it become HOST:PORT"),
        )
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("DESTINATION")
                .value_parser(["otlp", "azure"])
                .help("Destination of throughput [default: both]"),
        )
        .arg(number("spans", "1000000", "Spans of a round of throughput"))
        .arg(number("batch", "512", "Spans of a request"))
        .arg(number("rounds", "3", "Rounds, of which the median is told"))
        .arg(number("times", "200", "Launches"))
        .arg(number("seconds", "20", "Length of a measurement of idleness, and of a round of app"))
        .arg(Arg::new("venv").long("venv").value_name("FOLDER").value_parser(value_parser!(PathBuf)).help(
            "Python environment with fastapi and uvicorn for app, with the OpenTelemetry packages to compare",
        ))
        .arg(
            Arg::new("uvloop")
                .long("uvloop")
                .action(ArgAction::SetTrue)
                .help("app on uvloop and httptools instead of asyncio and h11"),
        )
        .arg(
            Arg::new("modules")
                .long("modules")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("Folder with node_modules of Express, and of the OpenTelemetry packages, for node"),
        )
        .arg(Arg::new("bench").long("bench").action(ArgAction::SetTrue).hide(true))
}

fn options(matches: &ArgMatches) -> Options {
    let number = |name: &str| matches.get_one::<u64>(name).copied().unwrap_or_default().max(1);
    Options {
        program: matches.get_one::<PathBuf>("program").cloned().unwrap_or_default(),
        peer: matches.get_one::<String>("peer").cloned(),
        to: matches.get_one::<String>("to").map(|to| match to.as_str() {
            "azure" => agent::To::Azure,
            _ => agent::To::Otlp,
        }),
        spans: number("spans") as usize,
        batch: number("batch") as usize,
        rounds: number("rounds") as usize,
        times: number("times") as usize,
        seconds: number("seconds"),
        venv: matches.get_one::<PathBuf>("venv").cloned(),
        modules: matches.get_one::<PathBuf>("modules").cloned(),
        uvloop: matches.get_flag("uvloop"),
    }
}

/// The value in the middle.
fn median(values: &mut [f64]) -> f64 {
    percentile(values, 50.0)
}

/// The value that `percent` of all do not exceed; 0 of none.
fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * percent / 100.0).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
