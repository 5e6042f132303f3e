//! What was counted, as an OTLP request.

use super::exponential::Exponential;
use super::histogram::{Buckets, Histogram};
use super::series::One;
use super::{Metric, Process};
use crate::otlp::write::{put_bytes, put_fixed64, put_message, put_number, put_signed, put_varint};
use crate::otlp::{Batch, Signal};
use crate::settings::{Aggregation, RequestMetrics, Temporality};
use std::collections::HashMap;

/// Instrumentation scope.
const SCOPE: &str = "otel_run.requests";

/// Times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) since: u64,
    pub(super) now: u64,
    pub(super) settings: RequestMetrics,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Metric::Server => "http.server.request.duration",
            Metric::Client => "http.client.request.duration",
            Metric::Database => "db.client.operation.duration",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Metric::Server => "Duration of HTTP server requests.",
            Metric::Client => "Duration of HTTP client requests.",
            Metric::Database => "Duration of database client operations.",
        }
    }
}

/// `None` when there is nothing to tell.
pub(super) fn batch(processes: &HashMap<Box<[u8]>, Process>, interval: Interval) -> Option<Batch> {
    let mut request = Vec::new();
    for (resource, process) in processes {
        put_message(&mut request, 1, |out| {
            put_bytes(out, 1, resource);
            put_message(out, 2, |out| scope(out, process, interval));
        });
    }
    // What was written above is a request.
    Batch::from_protobuf(Signal::Metrics, request.into()).ok().filter(|batch| batch.items() > 0)
}

/// `ScopeMetrics`.
fn scope(out: &mut Vec<u8>, process: &Process, interval: Interval) {
    let RequestMetrics { temporality, aggregation, .. } = interval.settings;
    // `histogram` and `exponential_histogram` of `Metric`.
    let kind = match aggregation {
        Aggregation::ExplicitBucket => 9,
        Aggregation::Base2Exponential => 10,
    };
    put_message(out, 1, |out| {
        put_bytes(out, 1, SCOPE.as_bytes());
        put_bytes(out, 2, env!("CARGO_PKG_VERSION").as_bytes());
    });
    for (metric, series) in Metric::ALL.into_iter().zip(&process.metrics) {
        let told = |one: &&One| one.news || temporality == Temporality::Cumulative;
        if !series.iter().any(|one| told(&one)) {
            continue;
        }
        put_message(out, 2, |out| {
            put_bytes(out, 1, metric.name().as_bytes());
            put_bytes(out, 2, metric.description().as_bytes());
            put_bytes(out, 3, b"s");
            put_message(out, kind, |out| {
                for one in series.iter().filter(told) {
                    put_message(out, 1, |out| point(out, metric, one, interval));
                }
                let temporality = match temporality {
                    Temporality::Delta => 1,
                    Temporality::Cumulative => 2,
                };
                put_number(out, 2, temporality);
            });
        });
    }
}

/// `HistogramDataPoint` or `ExponentialHistogramDataPoint`: the first fields are the same.
fn point(out: &mut Vec<u8>, metric: Metric, one: &One, interval: Interval) {
    let start = match interval.settings.temporality {
        Temporality::Delta => interval.since,
        Temporality::Cumulative => one.start,
    };
    let Histogram { count, sum, min, max, .. } = one.histogram;
    put_fixed64(out, 2, start);
    put_fixed64(out, 3, interval.now);
    put_fixed64(out, 4, count);
    put_fixed64(out, 5, sum.to_bits());
    out.extend_from_slice(&one.attributes);
    let (exemplars, least, most) = match &one.histogram.buckets {
        Buckets::Explicit(buckets) => {
            explicit(out, buckets, metric.bounds());
            (8, 11, 12)
        }
        Buckets::Exponential(buckets) => {
            exponential(out, buckets);
            (11, 12, 13)
        }
    };
    for exemplar in one.histogram.exemplars.iter() {
        put_message(out, exemplars, |out| {
            put_fixed64(out, 2, exemplar.time);
            put_fixed64(out, 3, exemplar.seconds.to_bits());
            put_bytes(out, 4, &exemplar.span_id);
            put_bytes(out, 5, &exemplar.trace_id);
        });
    }
    put_fixed64(out, least, min.to_bits());
    put_fixed64(out, most, max.to_bits());
}

fn explicit(out: &mut Vec<u8>, buckets: &[u64], bounds: &[f64]) {
    let buckets = buckets.get(..=bounds.len()).unwrap_or_default();
    put_message(out, 6, |out| buckets.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes())));
    put_message(out, 7, |out| bounds.iter().for_each(|bound| out.extend_from_slice(&bound.to_le_bytes())));
}

fn exponential(out: &mut Vec<u8>, histogram: &Exponential) {
    put_signed(out, 6, histogram.scale.into());
    put_fixed64(out, 7, histogram.zero);
    put_message(out, 8, |out| {
        put_signed(out, 1, histogram.offset);
        put_message(out, 2, |out| histogram.buckets.iter().for_each(|count| put_varint(out, *count)));
    });
}
