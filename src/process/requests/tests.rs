use super::*;
use crate::otlp::Decoded;
use crate::settings::{Aggregation, ExemplarFilter};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, Histogram, HistogramDataPoint, ResourceMetrics,
};

fn delta() -> RequestMetrics {
    RequestMetrics { temporality: Temporality::Delta, ..RequestMetrics::default() }
}

fn timing(milliseconds: u64) -> Timing<'static> {
    Timing { start: 1_000_000_000, end: 1_000_000_000 + milliseconds * 1_000_000, ..Timing::default() }
}

fn count(requests: &mut Requests, resource: &[u8], code: i64, milliseconds: u64) {
    let attributes = [
        Some(("http.request.method", Value::Text(b"GET"))),
        None,
        Some(("http.response.status_code", Value::Int(code))),
    ];
    let mut recorder = requests.of(resource).expect("room");
    recorder.record(Metric::Server, &attributes, &timing(milliseconds));
}

fn groups(batch: &Batch) -> &[ResourceMetrics] {
    match batch.decoded() {
        Ok(Decoded::Metrics(request)) => &request.resource_metrics,
        other => panic!("{other:?}"),
    }
}

/// The one metric of the one process.
fn points(batch: &Batch) -> (i32, Vec<HistogramDataPoint>) {
    let [group] = groups(batch) else { panic!("one process: {batch:?}") };
    let [metric] = group.scope_metrics[0].metrics.as_slice() else { panic!("one metric: {batch:?}") };
    let Some(Data::Histogram(Histogram { data_points, aggregation_temporality })) = &metric.data else {
        panic!("a histogram: {metric:?}")
    };
    let mut points = data_points.clone();
    points.sort_by_key(|point| format!("{:?}", point.attributes));
    (*aggregation_temporality, points)
}

/// A resource with one attribute.
fn resource(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    crate::otlp::write::put_text_attribute(&mut out, 1, "service.name", name.as_bytes());
    out
}

#[test]
fn durations_are_seconds_in_the_buckets_of_the_conventions() {
    let mut requests = Requests::new(RequestMetrics::default());
    assert!(requests.is_empty() && requests.report().is_none());
    for milliseconds in [0, 5, 6, 30, 10_000, 20_000] {
        count(&mut requests, &resource("shop"), 200, milliseconds);
    }
    let batch = requests.report().expect("something");
    let group = &groups(&batch)[0];
    assert_eq!(group.resource.as_ref().expect("a resource").attributes[0].key, "service.name");
    let scope = group.scope_metrics[0].scope.as_ref().expect("a scope");
    assert_eq!(
        (scope.name.as_str(), scope.version.as_str()),
        ("otel_run.requests", env!("CARGO_PKG_VERSION"))
    );
    let metric = &group.scope_metrics[0].metrics[0];
    assert_eq!((metric.name.as_str(), metric.unit.as_str()), ("http.server.request.duration", "s"));
    let (temporality, points) = points(&batch);
    let [point] = points.as_slice() else { panic!("{points:?}") };
    assert_eq!((temporality, point.count, point.min, point.max), (2, 6, Some(0.0), Some(20.0)));
    assert!((point.sum.expect("a sum") - 30.041).abs() < 1e-9);
    assert_eq!(point.explicit_bounds, Metric::Server.bounds());
    assert_eq!(point.bucket_counts, [2, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    let keys: Vec<&str> = point.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["http.request.method", "http.response.status_code"]);
    assert!(point.start_time_unix_nano > 0 && point.start_time_unix_nano <= point.time_unix_nano);
}

#[test]
fn cumulative_figures_grow_and_deltas_begin_anew() {
    for (temporality, number, second) in [(Temporality::Cumulative, 2, 3), (Temporality::Delta, 1, 1)] {
        let mut requests = Requests::new(RequestMetrics { temporality, ..RequestMetrics::default() });
        count(&mut requests, &resource("shop"), 200, 1);
        count(&mut requests, &resource("shop"), 200, 1);
        let first = requests.report().expect("something");
        assert_eq!((points(&first).0, points(&first).1[0].count), (number, 2));
        let silent = requests.report();
        assert_eq!(silent.is_some(), temporality == Temporality::Cumulative);
        count(&mut requests, &resource("shop"), 200, 1);
        let next = requests.report().expect("something");
        assert_eq!(points(&next).1[0].count, second);
        let starts = [&first, &next].map(|batch| points(batch).1[0].start_time_unix_nano);
        assert_eq!(starts[0] == starts[1], temporality == Temporality::Cumulative);
        assert!(starts[0] <= starts[1]);
    }
}

#[test]
fn each_process_has_its_own() {
    let mut requests = Requests::new(delta());
    for worker in ["one", "two", "one"] {
        count(&mut requests, &resource(worker), 200, 1);
    }
    let batch = requests.report().expect("something");
    assert_eq!((groups(&batch).len(), batch.items()), (2, 2));
}

#[test]
fn too_many_series_become_one() {
    let mut requests = Requests::new(RequestMetrics::default());
    for code in 0..MOST as i64 * 2 {
        count(&mut requests, &resource("shop"), code, 1);
    }
    let (_, points) = points(&requests.report().expect("something"));
    assert_eq!(points.len(), MOST);
    let overflow: Vec<_> =
        points.iter().filter(|point| point.attributes[0].key == "otel.metric.overflow").collect();
    let [overflow] = overflow.as_slice() else { panic!("one: {overflow:?}") };
    assert_eq!(overflow.count, MOST as u64 + 1);
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), MOST as u64 * 2);
}

#[test]
fn processes_are_bounded() {
    let mut requests = Requests::new(RequestMetrics::default());
    for worker in 0..MOST_PROCESSES {
        count(&mut requests, &resource(&worker.to_string()), 200, 1);
    }
    assert!(requests.of(&resource("one more")).is_none());
    assert!(requests.of(&resource("7")).is_some());
    // A worker that is silent makes room for its successor.
    assert!(requests.report().is_some());
    (0..MOST_PROCESSES).filter(|worker| *worker != 5).for_each(|worker| {
        count(&mut requests, &resource(&worker.to_string()), 200, 1);
    });
    count(&mut requests, &resource("one more"), 200, 1);
    assert!(!requests.processes.contains_key(resource("5").as_slice()));
    assert_eq!((requests.processes.len(), requests.all), (MOST_PROCESSES, MOST_PROCESSES));
    assert!(Requests::new(delta()).of(&[0; LONGEST_RESOURCE + 1]).is_none());
}

#[test]
fn what_is_silent_for_long_is_forgotten() {
    let mut requests = Requests::new(RequestMetrics::default());
    count(&mut requests, &resource("gone"), 200, 1);
    for _ in 0..=OVER {
        count(&mut requests, &resource("here"), 200, 1);
        assert!(requests.report().is_some());
    }
    let batch = requests.report().expect("one is there");
    assert_eq!(groups(&batch).len(), 1);
    assert_eq!(requests.all, 1);
}

#[test]
fn exemplars_are_of_sampled_traces_and_told_once() {
    let mut requests = Requests::new(RequestMetrics::default());
    let sampled = Timing { trace_id: &[1; 16], span_id: &[2; 8], sampled: true, ..timing(7) };
    let resource = resource("shop");
    let mut recorder = requests.of(&resource).expect("room");
    recorder.record(Metric::Client, &[], &sampled);
    recorder.record(Metric::Client, &[], &Timing { sampled: false, ..timing(700) });
    let (_, points) = points(&requests.report().expect("something"));
    let [exemplar] = points[0].exemplars.as_slice() else { panic!("{:?}", points[0].exemplars) };
    assert_eq!((exemplar.trace_id.as_slice(), exemplar.span_id.as_slice()), (&[1; 16][..], &[2; 8][..]));
    assert_eq!(exemplar.time_unix_nano, sampled.end);
    let again = requests.report().expect("cumulative");
    assert!(self::points(&again).1[0].exemplars.is_empty());
}

#[test]
fn exemplars_are_those_that_the_filter_lets_through() {
    for (exemplars, expected) in [
        (ExemplarFilter::AlwaysOn, vec![1, 2]),
        (ExemplarFilter::TraceBased, vec![1]),
        (ExemplarFilter::AlwaysOff, vec![]),
    ] {
        let mut requests = Requests::new(RequestMetrics { exemplars, ..RequestMetrics::default() });
        let mut recorder = requests.of(&[]).expect("room");
        for (number, sampled) in [(1, true), (2, false)] {
            let (trace_id, span_id) = ([number; 16], [number; 8]);
            let timing = Timing {
                trace_id: &trace_id,
                span_id: &span_id,
                sampled,
                ..timing(u64::from(number) * 1000)
            };
            recorder.record(Metric::Server, &[], &timing);
        }
        let (_, points) = points(&requests.report().expect("something"));
        let seen: Vec<u8> = points[0].exemplars.iter().map(|exemplar| exemplar.span_id[0]).collect();
        assert_eq!(seen, expected, "{exemplars:?}");
    }
}

#[test]
fn exponential_histograms_when_they_are_wanted() {
    let aggregation = Aggregation::Base2Exponential;
    let mut requests = Requests::new(RequestMetrics { aggregation, ..RequestMetrics::default() });
    let ids: Vec<[u8; 8]> = (0..100_u64).map(u64::to_be_bytes).collect();
    for span_id in &ids {
        let attributes = [Some(("http.request.method", Value::Text(b"GET")))];
        let timing = Timing { trace_id: &[1; 16], span_id, sampled: true, ..timing(250) };
        requests.of(&resource("shop")).expect("room").record(Metric::Server, &attributes, &timing);
    }
    for milliseconds in [0, 500] {
        count(&mut requests, &resource("shop"), 200, milliseconds);
    }
    let batch = requests.report().expect("something");
    let metric = &groups(&batch)[0].scope_metrics[0].metrics[0];
    let Some(Data::ExponentialHistogram(histogram)) = &metric.data else { panic!("{metric:?}") };
    assert_eq!(histogram.aggregation_temporality, 2);
    let mut points: Vec<&ExponentialHistogramDataPoint> = histogram.data_points.iter().collect();
    points.sort_by_key(|point| point.count);
    let [few, many] = points.as_slice() else { panic!("{points:?}") };
    assert_eq!(
        (few.count, few.zero_count, few.sum, few.min, few.max),
        (2, 1, Some(0.5), Some(0.0), Some(0.5))
    );
    let keys: Vec<&str> = few.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["http.request.method", "http.response.status_code"]);
    let positive = few.positive.as_ref().expect("buckets");
    // A half is the upper bound of its bucket: -2^20 steps below 1.
    assert_eq!((few.scale, positive.offset, &*positive.bucket_counts), (20, -(1 << 20) - 1, &[1][..]));
    assert_eq!((many.count, many.exemplars.len()), (100, 20));
    assert!(many.exemplars.iter().all(|exemplar| exemplar.trace_id == [1; 16]));
    assert!(many.start_time_unix_nano > 0 && many.start_time_unix_nano <= many.time_unix_nano);
}

#[test]
fn texts_are_cut_between_characters_and_mended() {
    let mut requests = Requests::new(delta());
    let long = "é".repeat(200);
    let attributes =
        [Some(("http.route", Value::Text(long.as_bytes()))), Some(("error.type", Value::Text(b"\xff")))];
    requests.of(&[]).expect("room").record(Metric::Server, &attributes, &timing(1));
    let (_, points) = points(&requests.report().expect("something"));
    let text = format!("{:?}", points[0].attributes);
    assert!(text.contains(&format!("{:?}", "é".repeat(127))) && text.contains('\u{fffd}'), "{text}");
}
