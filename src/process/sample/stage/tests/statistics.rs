//! Whatever is kept of what class: 100 divided by the rate, summed over all that is kept, is how much there was.

use super::*;

/// Requests of each route, and how much of them is expected to be kept.
struct Class {
    route: &'static str,
    /// One span fails.
    fails: bool,
    percent: f64,
}

const TRACES: usize = 1_500;
const RULES: &str = "http.route=/health:0; http.route=/search:20; http.route=/pay:100";

fn classes(rest: f64) -> [Class; 6] {
    [
        Class { route: "/health", fails: false, percent: 0.0 },
        Class { route: "/health", fails: true, percent: 0.0 },
        Class { route: "/search", fails: false, percent: 20.0 },
        Class { route: "/pay", fails: false, percent: 100.0 },
        Class { route: "/orders", fails: true, percent: 100.0 },
        Class { route: "/orders", fails: false, percent: rest },
    ]
}

/// Sends whole requests of all classes in shuffled batches, and asks what `reader` got.
fn check(stage: &Stage, reader: Reader, rest: f64, seed: u64, rest_of_logs: f64) {
    let classes = classes(rest);
    let mut random = Random(seed);
    let mut of: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut spans, mut lines) = (Vec::new(), Vec::new());
    for n in 0..TRACES * classes.len() {
        let class = &classes[n % classes.len()];
        let id = random.trace_id();
        of.insert(id.clone(), n % classes.len());
        // Requests run side by side, so that they are torn apart between batches.
        let mut end = 3 * n as u64;
        for span in [child(&id, 3, 2), child(&id, 2, 1), request(&id, class.route)] {
            end += random.next() % 300;
            let is_failed = class.fails && span.span_id[0] == 2;
            spans.push((end, if is_failed { failed(span) } else { span }));
        }
        lines.push(record(&id, 3));
    }
    spans.sort_by_key(|(end, _)| *end);
    let spans: Vec<trace::Span> = spans.into_iter().map(|(_, span)| span).collect();
    let mut passed = Vec::new();
    for (spans, lines) in spans.chunks(150).zip(lines.chunks(50)) {
        passed.extend(stage.pass(&records("1", lines.to_vec()), false));
        passed.extend(stage.pass(&traces("1", spans.to_vec()), false));
    }
    passed.extend(stage.overdue(None));
    let got = Got::of(&passed, reader);
    assert_eq!(got.items.len() as u64 + got.left_out, (TRACES * classes.len() * 4) as u64);

    let mut whole: HashMap<&[u8], usize> = HashMap::new();
    let mut counts = [[0.0; 2]; 6];
    for (span, id, rate) in &got.items {
        let class = of[id];
        let is_log = *span == 0;
        let percent = if is_log && class == 5 { rest_of_logs } else { classes[class].percent };
        assert!((rate - percent).abs() < 1e-9, "{class}: {rate}");
        counts[class][usize::from(is_log)] += 100.0 / rate;
        *whole.entry(id).or_default() += usize::from(!is_log);
    }
    // All of a trace, or nothing.
    assert!(whole.values().all(|spans| *spans == 3 || *spans == 0));
    for (number, (class, [spans, logs])) in classes.iter().zip(counts).enumerate() {
        let sent = if class.percent > 0.0 { TRACES as f64 } else { 0.0 };
        for (count, sent, percent) in [
            (spans / 3.0, sent, class.percent),
            (logs, sent, if number == 5 { rest_of_logs } else { class.percent }),
        ] {
            // Four standard deviations.
            let tolerance = 4.0 * (sent * (100.0 / percent.max(1.0) - 1.0)).sqrt() + 1e-6;
            assert!((count - sent).abs() <= tolerance, "{} {}: {count} of {sent}", class.route, class.fails);
        }
    }
}

/// Spans in any order, with and without a delay: an error that comes after its request finds that something of it has
/// been decided. Then some stand for more than others, and none for too little or too much.
#[test]
fn in_any_order() {
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.1")];
    for delay in ["5s", "0"] {
        let stage = console(&[&ratio[..], &[ERRORS, ("OTEL_RUN_SAMPLING_DELAY", delay)]].concat());
        let mut random = Random(11);
        let mut spans = Vec::new();
        for n in 0..2 * TRACES {
            let id = random.trace_id();
            let inner = child(&id, 2, 1);
            spans.extend([if n % 2 == 0 { failed(inner) } else { inner }, request(&id, "/x")]);
        }
        spans.chunks_mut(300).for_each(|window| random.shuffle(window));
        let mut passed: Vec<Passed> =
            spans.chunks(100).flat_map(|spans| stage.pass(&traces("1", spans.to_vec()), false)).collect();
        passed.extend(stage.overdue(None));
        let got = Got::of(&passed, Reader::Others);
        let count: f64 = got.items.iter().map(|(.., rate)| 100.0 / rate).sum();
        let sent = spans.len() as f64;
        assert!((count - sent).abs() < 4.0 * (sent * 9.0).sqrt(), "{count} of {sent}");
        // All that failed is there.
        assert!(got.items.iter().filter(|(.., rate)| *rate == 100.0).count() >= TRACES);
    }
}

#[test]
fn for_azure_alone() {
    let rate = ("APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE", "10");
    for seed in [1, 2] {
        check(&stage(&[AZURE, ERRORS, (OVERRIDES, RULES), rate]), Reader::Azure, 10.0, seed, 10.0);
    }
}

#[test]
fn for_others() {
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.1")];
    for seed in [4, 5] {
        let pairs = [&ratio[..], &[ERRORS, (OVERRIDES, RULES)]].concat();
        check(&console(&pairs), Reader::Others, 10.0, seed, 100.0);
        let follow = ("OTEL_RUN_LOGS_FOLLOW_TRACES", "on");
        check(&console(&[&pairs[..], &[follow]].concat()), Reader::Others, 10.0, seed, 10.0);
    }
    check(&console(&[ERRORS, (OVERRIDES, RULES)]), Reader::Others, 100.0, 7, 100.0);
}

#[test]
fn for_both_with_a_sampler_for_azure_beside() {
    let pairs = [
        AZURE,
        ("OTEL_TRACES_EXPORTER", "azure,console"),
        ("OTEL_LOGS_EXPORTER", "azure,console"),
        ERRORS,
        (OVERRIDES, RULES),
        ("APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE", "25"),
    ];
    check(&stage(&pairs), Reader::Azure, 25.0, 8, 25.0);
    check(&stage(&pairs), Reader::Others, 100.0, 8, 100.0);
}

/// Whoever samples further on by OpenTelemetry's rules must be able to: the randomness is never below the threshold.
#[test]
fn thresholds_hold_for_whoever_reads_them() {
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.3")];
    for base in [&ratio[..], &[]] {
        let stage = console(&[base, &[(OVERRIDES, "http.route=/search:20")]].concat());
        let mut random = Random(9);
        let mut kept = 0;
        for n in 0..2_000 {
            let id = random.trace_id();
            let route = if n % 2 == 0 { "/search" } else { "/other" };
            let passed = stage.pass(&traces("1", vec![request(&id, route)]), false);
            let Some(batch) = passed[0].for_reader(Reader::Others).batch else { continue };
            let group = view::groups(batch.bytes()).next().unwrap();
            let item = group.scopes().next().unwrap().items().next().unwrap();
            let span = Span::read(item).unwrap();
            let applied = crate::process::sample::applied::Applied::of(&span.attributes, &span.trace_state);
            if applied.consistent {
                let id = <[u8; 16]>::try_from(span.trace_id).unwrap();
                let randomness = applied.randomness.unwrap_or_else(|| hash::randomness(&id));
                assert!(randomness >= 1.0 - applied.other / 100.0 - 1e-12, "{}", span.trace_state);
                kept += 1;
            }
        }
        assert!(kept > 150, "{kept}");
    }
}
