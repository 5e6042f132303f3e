//! OTLP/HTTP in, OTLP/HTTP or envelopes for Azure out, as fast as it goes: CPU time for each span.

use crate::agent::{Agent, To};
use crate::sink::Sink;
use crate::{Done, Options, corpus, median};
use std::sync::atomic::Ordering;

/// One measured round.
struct Round {
    /// Microseconds of CPU time.
    per_span: f64,
    bytes_out: f64,
    peak: f64,
    lost: u64,
    refused: usize,
}

pub(crate) fn run(options: &Options) -> Done {
    let bodies: Vec<Vec<u8>> =
        (0..corpus::VARIANTS).map(|seed| corpus::traces(options.batch, seed)).collect();
    let bytes = bodies.iter().map(Vec::len).sum::<usize>() as f64 / (bodies.len() * options.batch) as f64;
    println!(
        "throughput: OTLP/HTTP in, {} spans in requests of {}, {bytes:.0} bytes a span, {} rounds",
        options.spans, options.batch, options.rounds
    );
    println!(
        "{:<28}{:>10}{:>12}{:>11}{:>10}{:>8}{:>9}",
        "", "us/span", "spans/CPU-s", "bytes out", "peak MiB", "lost", "refused"
    );
    let otlp = |compression, level| {
        (To::Otlp, vec!["--exporter_otlp_compression", compression, "--compression_level", level])
    };
    let mut ways: Vec<(&str, (To, Vec<&str>))> = vec![
        ("to OTLP, no compression", otlp("none", "1")),
        ("to OTLP, gzip -1", otlp("gzip", "1")),
        ("to OTLP, gzip -6", otlp("gzip", "6")),
        ("to Azure", (To::Azure, vec![])),
        (
            "to Azure, envelopes alone",
            (To::Azure, vec!["--standard_metrics", "off", "--perf_counters", "off"]),
        ),
    ];
    ways.retain(|(_, (to, _))| options.to.is_none_or(|wanted| wanted == *to));
    if options.peer.is_some() {
        ways.push(("peer", (To::Otlp, Vec::new())));
    }
    let mut rounds: Vec<Vec<Round>> = ways.iter().map(|_| Vec::new()).collect();
    // In turn, so that a busy minute of the machine hits all of them.
    for _ in 0..options.rounds {
        for ((_, (to, arguments)), rounds) in ways.iter().zip(&mut rounds) {
            rounds.push(round(options, (*to, arguments), &bodies)?);
        }
    }
    let mut costs = Vec::new();
    for ((name, _), rounds) in ways.iter().zip(&rounds) {
        let middle = |of: fn(&Round) -> f64| median(&mut rounds.iter().map(of).collect::<Vec<_>>());
        let cost = middle(|round| round.per_span);
        println!(
            "{name:<28}{cost:>10.3}{:>12.0}{:>11.1}{:>10.1}{:>8}{:>9}",
            1e6 / cost,
            middle(|round| round.bytes_out),
            middle(|round| round.peak) / 1024.0,
            rounds.iter().map(|round| round.lost).sum::<u64>(),
            rounds.iter().map(|round| round.refused).sum::<usize>(),
        );
        costs.push((name, cost));
    }
    if options.peer.is_some()
        && let Some((_, peer)) = costs.pop()
    {
        for (name, cost) in costs {
            println!("{name}: {:.2} times the spans of the peer for the same CPU time", peer / cost);
        }
    }
    println!();
    Ok(())
}

fn round(options: &Options, (to, arguments): (To, &[&str]), bodies: &[Vec<u8>]) -> Done<Round> {
    let sink = Sink::start()?;
    let agent = match &options.peer {
        Some(peer) if to == To::Otlp && arguments.is_empty() => Agent::peer(peer, &sink)?,
        _ => {
            // What is counted of spans on the way goes to Azure as metrics.
            let metrics = if to == To::Azure { "azure" } else { "none" };
            Agent::start(options, &sink, (to, &[arguments, &["--metrics_exporter", metrics]].concat()))?
        }
    };
    let warm = 4 * bodies.len();
    agent.destination.flood(bodies, warm)?;
    let before = sink.wait_for((warm * options.batch) as u64);
    let (bytes, cpu) = (sink.counts.bytes.load(Ordering::Relaxed), agent.cpu()?);
    let requests = options.spans.div_ceil(options.batch);
    let refused = agent.destination.flood(bodies, requests)?;
    let expected = (requests * options.batch) as u64;
    let arrived = sink.wait_for(before + expected) - before;
    let spent = agent.cpu()? - cpu;
    Ok(Round {
        per_span: spent.as_secs_f64() * 1e6 / arrived.max(1) as f64,
        bytes_out: (sink.counts.bytes.load(Ordering::Relaxed) - bytes) as f64 / arrived.max(1) as f64,
        peak: agent.peak()? as f64,
        lost: expected - arrived,
        refused,
    })
}
