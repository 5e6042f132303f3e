use super::*;
use crate::otlp::view::{self, LogRecord, Span};
use crate::process::sample::applied_rate;
use crate::process::sample::fixture::{
    BEGIN, Random, SECOND, attribute, child, records, request, root, text, traces,
};
use crate::settings::fixture::settings;
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::trace::v1 as trace;
use std::collections::HashMap;

const AZURE: (&str, &str) = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=k");
const CONSOLE: [(&str, &str); 2] = [("OTEL_TRACES_EXPORTER", "console"), ("OTEL_LOGS_EXPORTER", "console")];
const OVERRIDES: &str = "OTEL_RUN_SAMPLING_OVERRIDE";
const ERRORS: (&str, &str) = ("OTEL_RUN_KEEP_ERRORS", "true");
const AT_ONCE: (&str, &str) = ("OTEL_RUN_SAMPLING_DELAY", "0");

fn stage(pairs: &[(&str, &str)]) -> Stage {
    Stage::new(&settings(pairs)).expect("rules")
}

/// To others than Azure; nothing waits so short that a busy machine could see it.
fn console(pairs: &[(&str, &str)]) -> Stage {
    stage(&[&CONSOLE[..], pairs].concat())
}

fn failed(span: trace::Span) -> trace::Span {
    trace::Span { status: Some(trace::Status { code: 2, ..Default::default() }), ..span }
}

fn record(trace_id: &[u8], span_id: u8) -> logs::LogRecord {
    logs::LogRecord {
        trace_id: trace_id.to_vec(),
        span_id: vec![span_id; 8],
        time_unix_nano: BEGIN,
        ..Default::default()
    }
}

/// What one reader got: span ids' first bytes (0 for log records), trace ids, and rates.
#[derive(Debug, Default, PartialEq)]
struct Got {
    items: Vec<(u8, Vec<u8>, f64)>,
    left_out: u64,
}

impl Got {
    fn of(passed: &[Passed], reader: Reader) -> Got {
        let mut got = Got::default();
        for passed in passed {
            let kept = passed.for_reader(reader);
            got.left_out += kept.left_out;
            let Some(batch) = kept.batch else { continue };
            for item in
                view::groups(batch.bytes()).flat_map(|group| group.scopes()).flat_map(|scope| scope.items())
            {
                if batch.signal() == Signal::Logs {
                    let record = LogRecord::read(item).unwrap();
                    let threshold =
                        record.attributes.get("sampling.threshold").and_then(|value| value.as_text());
                    let state = threshold.map(|digits| format!("ot=th:{digits}")).unwrap_or_default();
                    let rate = applied_rate(&record.attributes, &state);
                    got.items.push((0, record.trace_id.to_vec(), rate));
                } else {
                    let span = Span::read(item).unwrap();
                    let rate = applied_rate(&span.attributes, &span.trace_state);
                    got.items.push((span.span_id[0], span.trace_id.to_vec(), rate));
                }
            }
        }
        got
    }

    /// Which spans there are, sorted.
    fn spans(&self) -> Vec<u8> {
        let mut spans: Vec<u8> = self.items.iter().map(|(span, ..)| *span).collect();
        spans.sort_unstable();
        spans
    }
}

/// Spans that go on of one batch, to others than Azure.
fn kept(stage: &Stage, spans: Vec<trace::Span>) -> Vec<u8> {
    Got::of(&stage.pass(&traces("1", spans), false), Reader::Others).spans()
}

#[test]
fn without_rules_there_is_no_stage() {
    assert!(Stage::new(&settings(&CONSOLE)).is_none());
    assert!(Stage::new(&settings(&[AZURE])).is_none());
}

#[test]
fn the_first_override_decides_for_what_it_concerns_and_what_belongs_to_it() {
    let rules = "request and http.route=/health: 0; http.route~/api/.*:0; kind=client and db.system.name=redis:0; \
                 dependency and duration>=1s: 0; name=GET /gone: 0";
    let stage = console(&[(OVERRIDES, rules)]);
    let id = [7; 16];
    let tree = |route: &str| vec![child(&id, 3, 2), child(&id, 2, 1), request(&id, route)];
    assert_eq!(kept(&stage, tree("/orders")), [1, 2, 3]);
    for route in ["/health", "/api/v1", "/gone"] {
        assert_eq!(kept(&stage, tree(route)), [0; 0], "{route}");
    }
    // Of one span all that it began goes with it, and nothing else.
    let redis =
        trace::Span { attributes: vec![attribute("db.system.name", text("redis"))], ..child(&id, 2, 1) };
    assert_eq!(kept(&stage, vec![child(&id, 3, 2), redis, child(&id, 4, 1), request(&id, "/x")]), [1, 4]);
    let slow = trace::Span { end_time_unix_nano: BEGIN + SECOND, ..child(&id, 2, 1) };
    assert_eq!(kept(&stage, vec![slow, request(&id, "/x")]), [1]);
}

#[test]
fn errors_and_slow_requests_are_kept_with_their_traces() {
    let off = ("OTEL_TRACES_SAMPLER", "always_off");
    let stage =
        console(&[off, ERRORS, ("OTEL_RUN_KEEP_SLOWER_THAN", "2s"), (OVERRIDES, "http.route=/health:0")]);
    let mut random = Random(1);
    let id = random.trace_id();
    assert_eq!(kept(&stage, vec![child(&id, 2, 1), request(&id, "/x")]), [0; 0]);
    let id = random.trace_id();
    assert_eq!(kept(&stage, vec![failed(child(&id, 3, 2)), child(&id, 2, 1), request(&id, "/x")]), [1, 2, 3]);
    let event = trace::span::Event { name: "exception".to_owned(), ..Default::default() };
    let id = random.trace_id();
    let caught = trace::Span { events: vec![event], ..child(&id, 2, 1) };
    assert_eq!(kept(&stage, vec![caught, request(&id, "/x")]), [1, 2]);
    let id = random.trace_id();
    let slow = trace::Span { end_time_unix_nano: BEGIN + 2 * SECOND, ..request(&id, "/x") };
    assert_eq!(kept(&stage, vec![child(&id, 2, 1), slow]), [1, 2]);
    // An override says more.
    let id = random.trace_id();
    assert_eq!(kept(&stage, vec![failed(child(&id, 2, 1)), request(&id, "/health")]), [0; 0]);
}

#[test]
fn what_comes_before_its_request_waits_for_it() {
    let stage = console(&[(OVERRIDES, "http.route=/health:0"), ERRORS]);
    let mut random = Random(2);
    for (route, expected) in [("/health", vec![]), ("/orders", vec![0, 1, 2])] {
        let id = random.trace_id();
        let first = stage.pass(&traces("1", vec![child(&id, 2, 1)]), false);
        assert!(Got::of(&first, Reader::Others).items.is_empty());
        let second = stage.pass(&records("1", vec![record(&id, 2)]), false);
        assert!(Got::of(&second, Reader::Others).items.is_empty());
        let last = Got::of(&stage.pass(&traces("1", vec![request(&id, route)]), false), Reader::Others);
        assert_eq!(last.spans(), expected, "{route}");
        assert_eq!(last.items.len() as u64 + last.left_out, 3);
        // What comes afterwards waits for nothing.
        let late = Got::of(&stage.pass(&records("1", vec![record(&id, 9)]), false), Reader::Others);
        assert_eq!(late.items.len(), usize::from(route != "/health"));
    }
    assert_eq!(stage.early(), 0);
}

#[test]
fn nothing_waits_for_ever() {
    let off = ("OTEL_TRACES_SAMPLER", "always_off");
    let stage = console(&[(OVERRIDES, "http.route=/health:100"), ERRORS, off]);
    let id = [5; 16];
    let passed = stage.pass(&traces("1", vec![child(&id, 2, 1), failed(child(&id, 3, 1))]), false);
    assert!(Got::of(&passed, Reader::Others).items.is_empty());
    let now = Instant::now();
    assert!(stage.overdue(Some(now)).is_empty());
    // By what is known then: there is an error.
    let passed = stage.overdue(Some(now + DELAY));
    assert_eq!(Got::of(&passed, Reader::Others).spans(), [2, 3]);
    // Which is not forgotten.
    assert_eq!(kept(&stage, vec![request(&id, "/x")]), [1]);
    // At the end, nothing waits at all.
    stage.pass(&traces("1", vec![child(&[6; 16], 2, 1)]), false);
    let passed = Got::of(&stage.overdue(None), Reader::Others);
    assert_eq!((passed.items.len(), passed.left_out), (0, 1));
    assert_eq!(
        Got::of(&stage.pass(&traces("1", vec![child(&[8; 16], 2, 1)]), false), Reader::Others).left_out,
        1
    );
}

#[test]
fn without_a_delay_what_comes_together_is_decided_together() {
    let stage = console(&[(OVERRIDES, "http.route=/health:0"), AT_ONCE]);
    let id = [5; 16];
    assert_eq!(kept(&stage, vec![child(&id, 2, 1)]), [2]);
    assert_eq!(kept(&stage, vec![child(&id, 3, 1), request(&id, "/health")]), [0; 0]);
    assert_eq!(kept(&stage, vec![child(&id, 4, 1)]), [0; 0]);
    assert!(stage.waiting().due().is_none());
}

#[test]
fn rules_of_logs_alone_make_nothing_wait() {
    let stage = console(&[(OVERRIDES, "log and severity>=17:100; log:0")]);
    let id = [5; 16];
    assert_eq!(kept(&stage, vec![child(&id, 2, 1)]), [2]);
    let severe = logs::LogRecord { severity_number: 17, ..record(&id, 2) };
    let batch = records("1", vec![record(&id, 2), severe, logs::LogRecord::default()]);
    let got = Got::of(&stage.pass(&batch, false), Reader::Others);
    assert_eq!((got.items.len(), got.left_out), (1, 2));
}

/// A request that is part of a trace of the same process.
#[test]
fn an_inner_request_decides_for_its_own_spans() {
    let stage = console(&[(OVERRIDES, "http.route=/inner:0")]);
    let id = [5; 16];
    let inner = trace::Span { parent_span_id: vec![3; 8], span_id: vec![4; 8], ..request(&id, "/inner") };
    assert_eq!(kept(&stage, vec![child(&id, 2, 1), child(&id, 5, 4), inner]), [0; 0]);
    assert_eq!(kept(&stage, vec![request(&id, "/outer")]), [1, 2]);
}

#[test]
fn unsampled_spans_are_kept_by_rules_alone() {
    let stage = console(&[(OVERRIDES, "http.route=/pay:100"), ERRORS]);
    let of = |spans| Got::of(&stage.pass(&traces("1", spans), true), Reader::Others);
    assert_eq!(of(vec![child(&[1; 16], 2, 1), request(&[1; 16], "/pay")]).spans(), [1, 2]);
    assert_eq!(of(vec![failed(request(&[2; 16], "/x"))]).spans(), [1]);
    let rest = of(vec![child(&[3; 16], 2, 1), request(&[3; 16], "/x")]);
    assert_eq!((rest.items.len(), rest.left_out), (0, 2));
}

#[test]
fn what_waits_is_bounded_and_what_is_early_is_counted() {
    let long = ("OTEL_RUN_SAMPLING_DELAY", "1h");
    let stage = console(&[(OVERRIDES, "http.route=/health:0"), long]);
    let mut random = Random(4);
    let (mut sent, mut passed) = (0, 0);
    for _ in 0..170 {
        let spans: Vec<trace::Span> = (0..500).map(|_| child(&random.trace_id(), 2, 1)).collect();
        sent += spans.len();
        passed += Got::of(&stage.pass(&traces("1", spans), false), Reader::Others).items.len();
    }
    assert!(sent - passed <= 66_036, "{}", sent - passed);
    assert!(passed > 15_000, "{passed}");
    assert_eq!(stage.early(), passed as u64);
    passed += Got::of(&stage.overdue(None), Reader::Others).items.len();
    assert_eq!(passed, sent);
    assert!(stage.waiting().is_empty());

    // One trace of which too much waits.
    let stage = console(&[(OVERRIDES, "http.route=/health:0"), long]);
    for n in 1..=100u8 {
        stage.pass(&traces("1", (1..=100).map(|m| child(&[1; 16], m, 100 + n)).collect()), false);
    }
    assert!((5_000..6_100).contains(&stage.early()), "{}", stage.early());
}

#[test]
fn untouched_batches_go_on_as_they_came() {
    let stage = stage(&[AZURE, ("OTEL_TRACES_EXPORTER", "azure,console"), ERRORS]);
    let batch = traces("1", vec![child(&[1; 16], 2, 1), request(&[1; 16], "/x")]);
    let passed = stage.pass(&batch, false);
    assert_eq!(passed.len(), 1);
    for reader in [Reader::Azure, Reader::Others] {
        let bytes = passed[0].for_reader(reader).batch.unwrap().bytes().clone();
        assert_eq!((bytes.as_ptr(), bytes.len()), (batch.bytes().as_ptr(), batch.bytes().len()));
    }
}

#[test]
fn a_limit_counts_those_whom_it_concerns() {
    let stage = console(&[(OVERRIDES, "http.route=/search:5/s")]);
    let mut random = Random(5);
    let (mut searches, mut count) = (0, 0.0);
    for second in 0..60 {
        let mut spans = Vec::new();
        for n in 0..200 {
            let start = BEGIN + second * SECOND + n * SECOND / 200;
            let route = if n % 2 == 0 { "/search" } else { "/other" };
            let attributes = vec![attribute("http.route", text(route))];
            spans.push(trace::Span { attributes, ..root(&random.trace_id(), start) });
        }
        random.shuffle(&mut spans);
        let got = Got::of(&stage.pass(&traces("1", spans), false), Reader::Others);
        let kept: Vec<f64> = got.items.iter().map(|(.., rate)| *rate).filter(|rate| *rate < 100.0).collect();
        assert!(got.items.len() - kept.len() >= 100, "all others are there");
        if second >= 10 {
            searches += kept.len();
            count += kept.iter().map(|rate| 100.0 / rate).sum::<f64>();
        }
    }
    assert!((200..=300).contains(&searches), "{searches}");
    assert!((count / 5000.0 - 1.0).abs() < 0.2, "{count}");
}

/// What an SDK has kept in part before is told with what is kept here.
#[test]
fn rates_before_are_part_of_the_rate() {
    let mut random = Random(6);
    for (own, before) in [(50.0, "ot=th:c"), (10.0, "ot=th:c"), (50.0, "ot=rv:fffffffffffff0"), (10.0, "a=b")]
    {
        let stage = console(&[(OVERRIDES, &format!("http.route=/x:{own}"))]);
        for _ in 0..200 {
            let id = random.trace_id();
            let span = trace::Span { trace_state: before.to_owned(), ..request(&id, "/x") };
            let got = Got::of(&stage.pass(&traces("1", vec![span]), false), Reader::Others);
            let least: f64 = if before.contains("th:") { 25.0 } else { 100.0 };
            assert!(
                got.items.iter().all(|(.., rate)| (rate - least.min(own)).abs() < 1e-9),
                "{own} {before}"
            );
            // What stands at 25 % has been drawn already, and this randomness is above every threshold.
            if own >= least || before.contains("rv:") {
                assert_eq!(got.items.len(), 1, "{own} {before}");
            }
        }
    }
}

mod statistics;
