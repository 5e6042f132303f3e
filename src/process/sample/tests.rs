use super::fixture::{BEGIN, Random, SECOND, attribute, records, root, text, traces};
use super::sampler::latest;
use super::*;
use crate::otlp::view::{self, LogRecord, Span};
use crate::otlp::{Batch, Signal};
use crate::settings;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::trace::v1 as trace;

/// What becomes of each item of a batch.
fn decide(sampler: &Sampler, batch: &Batch) -> Vec<Decision> {
    sampler.foresee(batch);
    let items = view::groups(batch.bytes()).flat_map(|group| group.scopes()).flat_map(|scope| scope.items());
    items
        .map(|item| match batch.signal() {
            Signal::Traces => sampler.span(&Span::read(item).unwrap()),
            _ => sampler.log(&LogRecord::read(item).unwrap()),
        })
        .collect()
}

fn span(sampler: &Sampler, span: trace::Span) -> Decision {
    decide(sampler, &traces("1", vec![span]))[0]
}

fn log(sampler: &Sampler, trace_id: &[u8], time: u64) -> Decision {
    let record = logs::LogRecord { trace_id: trace_id.to_vec(), time_unix_nano: time, ..Default::default() };
    decide(sampler, &records("1", vec![record]))[0]
}

fn kept(decisions: &[Decision]) -> usize {
    decisions.iter().filter(|decision| **decision != Decision::Drop).count()
}

fn fixed(percent: f64) -> Sampler {
    Sampler::new(settings::Sampler::FixedPercentage(percent), 100.0, true)
}

fn ratio(ratio: f64) -> Sampler {
    Sampler::new(settings::Sampler::TraceIdRatio { ratio, parent_based: false }, 100.0, true)
}

fn limited(target: f64) -> Sampler {
    Sampler::new(settings::Sampler::RateLimited(target), 100.0, true)
}

#[test]
fn the_kept_share_is_the_percentage() {
    let mut random = Random(1);
    let ids: Vec<Vec<u8>> = (0..20_000).map(|_| random.trace_id()).collect();
    for percent in [0.0, 1.0, 10.0, 33.3, 50.0, 99.0, 100.0] {
        for sampler in [fixed(percent), ratio(percent / 100.0)] {
            let batch = traces("1", ids.iter().map(|id| root(id, BEGIN)).collect());
            let decisions = decide(&sampler, &batch);
            let share = kept(&decisions) as f64 / 200.0;
            assert!((share - percent).abs() <= 1.0, "{percent}: {share}");
            assert!(
                decisions.iter().all(|d| *d == Decision::Drop || *d == Decision::Keep { rate: percent }),
                "{percent}"
            );
        }
    }
}

#[test]
fn who_keeps_more_keeps_the_same_and_others() {
    let mut random = Random(2);
    for _ in 0..5_000 {
        let id = random.trace_id();
        for make in [fixed, |percent| ratio(percent / 100.0)] {
            let kept: Vec<bool> =
                [5.0, 20.0, 60.0].map(|p| span(&make(p), root(&id, BEGIN)) != Decision::Drop).to_vec();
            assert!(kept.windows(2).all(|pair| pair[0] <= pair[1]), "{kept:?}");
        }
    }
}

#[test]
fn spans_and_log_records_of_a_trace_are_judged_alike() {
    let mut random = Random(3);
    for sampler in [fixed(30.0), ratio(0.3), limited(50.0)] {
        for n in 0..1_000 {
            let id = random.trace_id();
            let start = BEGIN + n * 5_000_000;
            // A record may come before its span, or after it.
            let first = (n % 2 == 0).then(|| log(&sampler, &id, start + 100));
            let decision = span(&sampler, root(&id, start));
            assert_eq!(first.unwrap_or(decision), decision);
            assert_eq!(log(&sampler, &id, start + 200), decision);
            assert_eq!(span(&sampler, root(&id, start + 300)), decision);
        }
    }
}

#[test]
fn nothing_without_a_trace_is_sampled_with_traces() {
    for sampler in [fixed(0.0), ratio(0.0), Sampler::new(settings::Sampler::AlwaysOff, 100.0, true)] {
        for none in [&[][..], &[0; 16], &[1; 7]] {
            assert_eq!(log(&sampler, none, BEGIN), Decision::Keep { rate: 100.0 });
        }
    }
}

#[test]
fn log_records_have_a_percentage_of_their_own() {
    let mut random = Random(4);
    let sampler = Sampler::new(settings::Sampler::FixedPercentage(50.0), 20.0, true);
    let with: Vec<Decision> = (0..5_000).map(|n| log(&sampler, &random.trace_id(), BEGIN + n)).collect();
    let without: Vec<Decision> = (0..5_000).map(|n| log(&sampler, &[], BEGIN + n)).collect();
    for decisions in [with, without] {
        let share = kept(&decisions) as f64 / 50.0;
        assert!((share - 20.0).abs() < 2.0, "{share}");
        assert!(decisions.iter().all(|d| matches!(d, Decision::Drop | Decision::Keep { rate: 20.0 })));
    }
    let sampler =
        Sampler::new(settings::Sampler::TraceIdRatio { ratio: 0.5, parent_based: false }, 20.0, true);
    let both: Vec<Decision> = (0..5_000).map(|n| log(&sampler, &random.trace_id(), BEGIN + n)).collect();
    assert!((kept(&both) as f64 / 50.0 - 10.0).abs() < 1.5, "{}", kept(&both));
    assert!(both.iter().all(|d| matches!(d, Decision::Drop | Decision::Keep { rate: 10.0 })));
    let alone = Sampler::new(settings::Sampler::AlwaysOff, 100.0, false);
    assert_eq!(log(&alone, &random.trace_id(), BEGIN), Decision::Keep { rate: 100.0 });
}

#[test]
fn a_rate_that_was_applied_before_is_part_of_the_rate() {
    let mut random = Random(5);
    let everything = Sampler::new(settings::Sampler::AlwaysOn, 100.0, true);
    for key in RATE_ATTRIBUTES {
        for (value, rate) in [
            (any_value::Value::DoubleValue(25.0), 25.0),
            (any_value::Value::IntValue(50), 50.0),
            (text("12.5"), 12.5),
            (text("many"), 100.0),
            (any_value::Value::DoubleValue(0.0), 100.0),
            (any_value::Value::DoubleValue(-3.0), 100.0),
            (any_value::Value::DoubleValue(1e-300), 100.0),
            (any_value::Value::DoubleValue(f64::NAN), 100.0),
            (any_value::Value::IntValue(400), 100.0),
        ] {
            let attributes = vec![attribute(key, value)];
            let sampled = trace::Span { attributes, ..root(&random.trace_id(), BEGIN) };
            assert_eq!(span(&everything, sampled), Decision::Keep { rate });
        }
    }
}

/// What an SDK left to us, sampled once more: 100 divided by the rate, summed over all that is
/// kept, is how much there was.
#[test]
fn counts_stay_true_when_it_is_sampled_twice() {
    let mut random = Random(6);
    let ids: Vec<[u8; 16]> = (0..40_000).map(|_| random.trace_id().try_into().unwrap()).collect();
    let by_score = |id: &[u8; 16]| {
        let attributes = vec![attribute("_MS.sampleRate", any_value::Value::DoubleValue(40.0))];
        (hash::score(id) < 40.0).then(|| trace::Span { attributes, ..root(id, BEGIN) })
    };
    let by_threshold = |id: &[u8; 16]| {
        let trace_state = "ot=th:8".to_owned();
        (hash::randomness(id) >= 0.5).then(|| trace::Span { trace_state, ..root(id, BEGIN) })
    };
    let befores: [Vec<trace::Span>; 2] =
        [ids.iter().filter_map(by_score).collect(), ids.iter().filter_map(by_threshold).collect()];
    for (number, spans) in befores.into_iter().enumerate() {
        for sampler in [fixed(10.0), fixed(70.0), ratio(0.1), ratio(0.003), ratio(0.7)] {
            let batch = traces("1", spans.clone());
            let count: f64 = decide(&sampler, &batch)
                .iter()
                .map(|decision| match decision {
                    Decision::Keep { rate } => 100.0 / rate,
                    Decision::Drop => 0.0,
                })
                .sum();
            // Four standard deviations of the rarest.
            assert!((count / 40_000.0 - 1.0).abs() < 0.5, "{number} {:?}: {count}", sampler.traces);
            if !matches!(sampler.traces, settings::Sampler::TraceIdRatio { ratio: 0.003, .. }) {
                assert!((count / 40_000.0 - 1.0).abs() < 0.08, "{number} {:?}: {count}", sampler.traces);
            }
        }
    }
}

/// Traces per second that are kept of `rate` per second, told in batches of five seconds by
/// `workers` in turn.
fn kept_per_second(rate: u64, workers: u64, unsorted: bool, with_logs: bool) -> f64 {
    const SECONDS: u64 = 50;
    let sampler = limited(5.0);
    let mut random = Random(rate * 31 + workers);
    let mut total = 0;
    for window in 0..SECONDS / 5 {
        let mut batches: Vec<Vec<trace::Span>> = vec![Vec::new(); workers as usize];
        let mut lines: Vec<Vec<logs::LogRecord>> = vec![Vec::new(); workers as usize];
        for n in 0..rate * 5 {
            let start = BEGIN + window * 5 * SECOND + n * SECOND / rate + random.next() % (SECOND / rate);
            let worker = (random.next() % workers) as usize;
            let id = random.trace_id();
            if n % 2 == 0 {
                let time_unix_nano = start + 1_000_000;
                lines[worker].push(logs::LogRecord {
                    trace_id: id.clone(),
                    time_unix_nano,
                    ..Default::default()
                });
            }
            batches[worker].push(root(&id, start));
        }
        for (worker, (mut spans, lines)) in batches.into_iter().zip(lines).enumerate() {
            if unsorted {
                random.shuffle(&mut spans);
            }
            if with_logs {
                decide(&sampler, &records(&worker.to_string(), lines));
            }
            let decisions = decide(&sampler, &traces(&worker.to_string(), spans));
            if window > 0 {
                total += kept(&decisions);
            }
        }
    }
    total as f64 / (SECONDS - 5) as f64
}

#[test]
fn the_limit_holds_for_batches_in_any_order_from_several_workers() {
    for rate in [20, 100, 1000] {
        for (workers, unsorted, with_logs) in
            [(1, false, false), (1, true, false), (4, true, false), (1, true, true), (4, true, true)]
        {
            let kept = kept_per_second(rate, workers, unsorted, with_logs);
            assert!(
                (3.5..=6.5).contains(&kept),
                "{rate} per second, {workers}, {unsorted}, {with_logs}: {kept}"
            );
        }
    }
    // Below the limit nearly everything is kept.
    let kept = kept_per_second(1, 1, true, false);
    assert!(kept > 0.9, "{kept}");
}

#[test]
fn a_start_in_a_far_future_does_not_lift_the_limit() {
    let mut random = Random(9);
    let sampler = limited(5.0);
    let now = latest() - 20 * SECOND;
    decide(&sampler, &traces("1", vec![root(&random.trace_id(), now)]));
    decide(&sampler, &traces("1", vec![root(&random.trace_id(), u64::MAX)]));
    let spans = (0..500).map(|n| root(&random.trace_id(), now + n * 10_000_000)).collect();
    let decisions = decide(&sampler, &traces("1", spans));
    // It fades out within seconds; without a bound all were kept for an age.
    assert!(kept(&decisions) < 300, "{}", kept(&decisions));
}

#[test]
fn a_batch_that_is_seen_again_has_the_same_decisions() {
    let mut random = Random(8);
    let sampler = limited(5.0);
    let spans = (0..500).map(|n| root(&random.trace_id(), BEGIN + n * 10_000_000)).collect();
    let batch = traces("1", spans);
    let first = decide(&sampler, &batch);
    assert!((10..60).contains(&kept(&first)), "{}", kept(&first));
    assert_eq!(decide(&sampler, &batch), first);
}

#[test]
fn only_traces_from_elsewhere_when_roots_are_off() {
    let sampler = Sampler::new(settings::Sampler::ParentBased { root_on: false }, 100.0, true);
    let mut random = Random(9);
    let (here, elsewhere) = (random.trace_id(), random.trace_id());
    let child = |id: &[u8], flags| trace::Span {
        parent_span_id: vec![2; 8],
        kind: trace::span::SpanKind::Internal as i32,
        flags,
        ..root(id, BEGIN)
    };
    // As SDKs send them: the children first.
    let spans =
        vec![child(&here, 0x101), root(&here, BEGIN), child(&elsewhere, 0x101), child(&elsewhere, 0x301)];
    let kept = Decision::Keep { rate: 100.0 };
    assert_eq!(decide(&sampler, &traces("1", spans)), [Decision::Drop, Decision::Drop, kept, kept]);
    assert_eq!(log(&sampler, &elsewhere, BEGIN), kept);
    assert_eq!(log(&sampler, &here, BEGIN), Decision::Drop);
}
