//! What a launch costs: until the program's first instruction, and after its last one. Each
//! is compared with the same program started bare, in turn.

use crate::agent::To;
use crate::sink::Sink;
use crate::{Done, Options, agent, os, percentile, roles};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Milliseconds.
#[derive(Default)]
struct Times {
    start: Vec<f64>,
    exit: Vec<f64>,
}

pub(crate) fn run(options: &Options) -> Done {
    let sink = Sink::start()?;
    let (mut bare, mut launched) = (Times::default(), Times::default());
    for _ in 0..options.times {
        let mut command = Command::new(std::env::current_exe()?);
        measure(command.env(roles::VARIABLE, roles::SEND), &mut bare)?;
        let mut command =
            agent::otel_run(options, &sink, (To::Otlp, &["--metrics_exporter", "otlp"]), roles::SEND)?;
        measure(&mut command, &mut launched)?;
    }
    println!(
        "launch: {} times, traces, metrics and logs to a healthy OTLP sink; milliseconds",
        options.times
    );
    println!("{:<34}{:>8}{:>8}{:>8}", "", "median", "p90", "p99");
    row("until the program runs, bare", &mut bare.start, 0.0);
    row("until the program runs, otel-run", &mut launched.start, 0.0);
    let least = percentile(&mut bare.start, 50.0);
    row("  over the bare median", &mut launched.start, least);
    row("from its end to ours, bare", &mut bare.exit, 0.0);
    row("from its end to ours, otel-run", &mut launched.exit, 0.0);
    let sent = options.times as u64 * 64;
    println!("spans that arrived: {} of {sent}", sink.wait_for(sent));
    println!();
    Ok(())
}

fn row(name: &str, times: &mut [f64], less: f64) {
    let [median, p90, p99] = [50.0, 90.0, 99.0].map(|percent| percentile(times, percent) - less);
    println!("{name:<34}{median:>8.2}{p90:>8.2}{p99:>8.2}");
}

fn measure(command: &mut Command, times: &mut Times) -> Done {
    let begin = os::monotonic()?;
    let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
    let status = child.wait()?;
    let end = os::monotonic()?;
    let mut said = String::new();
    child.stdout.take().ok_or("no stdout")?.read_to_string(&mut said)?;
    let moments: Vec<Duration> =
        said.lines().filter_map(|line| line.parse().ok()).map(Duration::from_nanos).collect();
    let [started, ended] = moments[..] else { return Err(format!("{status}, and it said {said:?}").into()) };
    times.start.push((started - begin).as_secs_f64() * 1e3);
    times.exit.push((end - ended).as_secs_f64() * 1e3);
    Ok(())
}
