//! What otel-run takes while nothing happens, host metrics at their default interval
//! included.

use crate::agent::{Agent, To};
use crate::os::{self, Memory};
use crate::sink::Sink;
use crate::{Done, Options};
use std::thread::sleep;
use std::time::Duration;

pub(crate) fn run(options: &Options) -> Done {
    let sink = Sink::start()?;
    let agent = Agent::start(options, &sink, (To::Otlp, &["--metrics_exporter", "otlp"]))?;
    // The first figures of the host come within this time.
    sleep(Duration::from_secs(3));
    println!("idle: traces, metrics and logs to OTLP, after 3 s; CPU over {} s", options.seconds);
    println!(
        "{:<14}{:>9}{:>9}{:>10}{:>12}{:>11}",
        "", "RSS MiB", "PSS MiB", "anon MiB", "CPU ms/s", "wakes/s"
    );
    let before: Vec<(Duration, u64)> =
        agent.processes.iter().map(|pid| Ok((os::cpu(*pid)?, os::wakeups(*pid)?))).collect::<Done<_>>()?;
    sleep(Duration::from_secs(options.seconds));
    let (mut all, mut spent_all, mut woken_all) = (Memory::default(), 0.0, 0.0);
    let seconds = options.seconds as f64;
    for ((pid, (cpu, wakes)), name) in agent.processes.iter().zip(before).zip(["supervisor", "agent"]) {
        let spent = (os::cpu(*pid)? - cpu).as_secs_f64() * 1e3 / seconds;
        let woken = (os::wakeups(*pid)? - wakes) as f64 / seconds;
        let memory = os::memory(*pid)?;
        row(name, memory, spent, woken);
        all.resident += memory.resident;
        all.proportional += memory.proportional;
        all.anonymous += memory.anonymous;
        spent_all += spent;
        woken_all += woken;
    }
    row("together", all, spent_all, woken_all);
    println!();
    Ok(())
}

fn row(name: &str, memory: Memory, spent: f64, woken: f64) {
    let mib = |kib: u64| kib as f64 / 1024.0;
    println!(
        "{name:<14}{:>9.1}{:>9.1}{:>10.1}{spent:>12.3}{woken:>11.2}",
        mib(memory.resident),
        mib(memory.proportional),
        mib(memory.anonymous)
    );
}
