//! What several processes report over time, and what is shown of it.

use super::STALE;
use super::expose::{Format, expose};
use super::ingest::ingest;
use super::store::{Refusal, Store};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::{AsDouble, AsInt};
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    Summary, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::time::{Duration, Instant};

const CUMULATIVE: i32 = 2;
const DELTA: i32 = 1;
const MINUTE: Duration = Duration::from_secs(60);

fn pair(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value), ..Default::default() }
}

fn metric(name: &str, data: Data) -> Metric {
    Metric { name: name.into(), data: Some(data), ..Default::default() }
}

fn number(value: f64, start: u64, time: u64) -> NumberDataPoint {
    NumberDataPoint {
        value: Some(AsDouble(value)),
        start_time_unix_nano: start,
        time_unix_nano: time,
        ..Default::default()
    }
}

fn sum(name: &str, is_monotonic: bool, aggregation_temporality: i32, point: NumberDataPoint) -> Metric {
    metric(name, Data::Sum(Sum { data_points: vec![point], is_monotonic, aggregation_temporality }))
}

fn counter(value: f64, start: u64, time: u64) -> Metric {
    sum("jobs", true, CUMULATIVE, number(value, start, time))
}

fn gauge(name: &str, value: f64) -> Metric {
    metric(name, Data::Gauge(Gauge { data_points: vec![number(value, 0, 1)] }))
}

fn histogram(bounds: &[f64], counts: &[u64], start: u64, time: u64, temporality: i32) -> Metric {
    let point = HistogramDataPoint {
        sum: Some(counts.iter().sum::<u64>() as f64),
        bucket_counts: counts.to_vec(),
        explicit_bounds: bounds.to_vec(),
        start_time_unix_nano: start,
        time_unix_nano: time,
        ..Default::default()
    };
    metric(
        "wait",
        Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: temporality }),
    )
}

/// A store and a clock.
struct World {
    store: Store,
    now: Instant,
}

impl World {
    fn new() -> World {
        let now = Instant::now();
        World { store: Store::new(now), now }
    }

    /// A worker process exports.
    fn report(&mut self, worker: &str, metrics: Vec<Metric>) -> u64 {
        self.report_as(&[("service.name", "shop"), ("service.instance.id", worker)], metrics)
    }

    fn report_as(&mut self, resource: &[(&str, &str)], metrics: Vec<Metric>) -> u64 {
        let attributes = resource.iter().map(|(key, value)| pair(key, value)).collect();
        let resource = Resource { attributes, ..Default::default() };
        let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
        let resource_metrics =
            vec![ResourceMetrics { resource: Some(resource), scope_metrics, ..Default::default() }];
        self.store.sweep(self.now);
        ingest(&mut self.store, &ExportMetricsServiceRequest { resource_metrics }, self.now)
    }

    fn later(&mut self, by: Duration) {
        self.now += by;
    }

    /// The samples whose lines begin so.
    fn samples(&mut self, begin: &str) -> Vec<String> {
        self.store.sweep(self.now);
        let page = expose(&self.store, Format::Text, self.now);
        page.lines().filter(|line| line.starts_with(begin)).map(str::to_owned).collect()
    }
}

#[test]
fn counters_of_workers_are_added_up() {
    let mut world = World::new();
    world.report("a", vec![counter(3.0, 10, 20)]);
    world.report("b", vec![counter(4.5, 11, 20)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 7.5"]);
    world.report("a", vec![counter(5.0, 10, 30)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 9.5"]);
    // Late, and sent twice.
    world.report("a", vec![counter(3.0, 10, 20)]);
    world.report("a", vec![counter(5.0, 10, 30)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 9.5"]);
}

#[test]
fn a_worker_that_has_gone_keeps_its_part() {
    let mut world = World::new();
    world.report("a", vec![counter(3.0, 10, 20)]);
    for minute in 1..200 {
        world.later(MINUTE);
        world.report("b", vec![counter(minute as f64, 15, 20 + minute)]);
        assert_eq!(world.samples("jobs"), [format!("jobs_total {}", 3 + minute)]);
    }
    // Silent for a quarter of an hour, and yet the same counter.
    world.later(15 * MINUTE);
    world.report("c", vec![counter(1.0, 500, 501)]);
    world.report("b", vec![counter(300.0, 15, 600)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 301"], "nobody had updated the series, so it began anew");
}

#[test]
fn a_silent_worker_that_comes_back_is_not_counted_twice() {
    let mut world = World::new();
    world.report("a", vec![counter(3.0, 10, 20)]);
    for minute in 1..30 {
        world.later(MINUTE);
        world.report("b", vec![counter(1.0, 15, 20 + minute)]);
    }
    world.report("a", vec![counter(4.0, 10, 90)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 5"]);
}

#[test]
fn a_counter_that_begins_again_goes_on() {
    let mut world = World::new();
    world.report("a", vec![counter(3.0, 10, 20)]);
    world.report("a", vec![counter(1.0, 30, 40)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 4"]);
    // Two processes with one resource, as after a fork.
    world.report("a", vec![counter(5.0, 10, 50)]);
    world.report("a", vec![counter(2.0, 30, 50)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 7"]);
    // Nobody says when it began.
    let mut world = World::new();
    for (value, time) in [(3.0, 1), (4.0, 2), (1.0, 3), (2.0, 4)] {
        world.report("a", vec![counter(value, 0, time)]);
    }
    assert_eq!(world.samples("jobs"), ["jobs_total 6"]);
}

#[test]
fn increments_are_added_up_once() {
    let delta = |value, start, time| sum("jobs", true, DELTA, number(value, start, time));
    let mut world = World::new();
    for (worker, value, start, time) in
        [("a", 1.0, 0, 10), ("a", 2.0, 10, 20), ("a", 2.0, 10, 20), ("b", 5.0, 0, 15), ("a", 1.0, 0, 10)]
    {
        world.report(worker, vec![delta(value, start, time)]);
    }
    assert_eq!(world.samples("jobs"), ["jobs_total 8"]);

    let mut world = World::new();
    for (counts, start, time) in [([1, 2], 0, 10), ([3, 4], 10, 20)] {
        world.report("a", vec![histogram(&[0.5], &counts, start, time, DELTA)]);
    }
    assert_eq!(
        world.samples("wait"),
        ["wait_bucket{le=\"0.5\"} 4", "wait_bucket{le=\"+Inf\"} 10", "wait_count 10", "wait_sum 10"]
    );
}

#[test]
fn histograms_of_workers_are_added_up() {
    let mut world = World::new();
    world.report("a", vec![histogram(&[0.5, 1.0, 2.0], &[1, 2, 3, 4], 1, 10, CUMULATIVE)]);
    world.report("b", vec![histogram(&[0.5, 2.0], &[5, 6, 7], 1, 10, CUMULATIVE)]);
    let both = [
        "wait_bucket{le=\"0.5\"} 6",
        "wait_bucket{le=\"2\"} 17",
        "wait_bucket{le=\"+Inf\"} 28",
        "wait_count 28",
        "wait_sum 28",
    ];
    assert_eq!(world.samples("wait"), both);
    world.later(4 * MINUTE);
    world.report("b", vec![histogram(&[0.5, 2.0], &[5, 6, 7], 1, 20, CUMULATIVE)]);
    world.later(2 * MINUTE);
    assert_eq!(world.samples("wait"), both, "the first worker has gone");
}

#[test]
fn up_down_counters_only_of_the_living() {
    let in_flight = |value| sum("in.flight", false, CUMULATIVE, number(value, 1, 10));
    let mut world = World::new();
    world.report("a", vec![in_flight(3.0)]);
    world.report("b", vec![in_flight(-1.0)]);
    assert_eq!(world.samples("in_flight"), ["in_flight 2"]);
    world.later(4 * MINUTE);
    world.report("b", vec![in_flight(-1.0)]);
    world.later(MINUTE);
    assert_eq!(world.samples("in_flight"), ["in_flight -1"]);
    world.later(5 * MINUTE);
    assert_eq!(world.samples("in_flight"), [""; 0]);
}

#[test]
fn up_down_counters_of_a_process_end_with_it() {
    let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep");
    let pid = child.id().to_string();
    let mut world = World::new();
    let metrics = || {
        vec![
            sum("in.flight", false, CUMULATIVE, number(3.0, 1, 10)),
            counter(5.0, 1, 10),
            gauge("level", 1.0),
        ]
    };
    world.report_as(&[("process.pid", &pid)], metrics());
    assert_eq!(world.samples("in_flight"), ["in_flight 3"]);
    child.kill().and_then(|()| child.wait()).expect("killed");
    assert_eq!(world.samples("in_flight"), [""; 0]);
    assert_eq!(world.samples("level"), [""; 0]);
    assert_eq!(world.samples("jobs"), ["jobs_total 5"]);
}

#[test]
fn gauges_of_several_processes_are_told_apart() {
    let mut world = World::new();
    world.report("a", vec![gauge("level", 1.0)]);
    assert_eq!(world.samples("level"), ["level 1"]);
    world.report("b", vec![gauge("level", 2.0)]);
    world.report_as(&[("service.name", "shop"), ("process.pid", "0")], vec![gauge("level", 3.0)]);
    assert_eq!(
        world.samples("level"),
        [
            "level{process_pid=\"0\"} 3",
            "level{service_instance_id=\"a\"} 1",
            "level{service_instance_id=\"b\"} 2"
        ]
    );
    world.later(STALE);
    world.report("b", vec![gauge("level", 4.0)]);
    assert_eq!(world.samples("level"), ["level 4"]);
}

#[test]
fn summaries() {
    let quantiles = [(0.99, 2.5), (0.5, 1.0)].map(|(quantile, value)| ValueAtQuantile { quantile, value });
    let point =
        SummaryDataPoint { count: 3, sum: 4.0, quantile_values: quantiles.into(), ..Default::default() };
    let mut world = World::new();
    world.report("a", vec![metric("size", Data::Summary(Summary { data_points: vec![point] }))]);
    assert_eq!(
        world.samples("size"),
        ["size{quantile=\"0.5\"} 1", "size{quantile=\"0.99\"} 2.5", "size_count 3", "size_sum 4"]
    );
}

#[test]
fn the_flag_for_no_value_ends_a_series() {
    let ended = || NumberDataPoint { flags: 1, ..number(0.0, 1, 20) };
    let mut world = World::new();
    world.report("a", vec![counter(3.0, 1, 10), gauge("level", 1.0)]);
    world.report(
        "a",
        vec![
            sum("jobs", true, CUMULATIVE, ended()),
            metric("level", Data::Gauge(Gauge { data_points: vec![ended()] })),
        ],
    );
    assert_eq!((world.samples("jobs"), world.samples("level")), (vec![], vec![]));
    // A counter to which another worker adds stays.
    world.report("a", vec![counter(3.0, 1, 30)]);
    world.report("b", vec![counter(1.0, 1, 30)]);
    world.report("a", vec![sum("jobs", true, CUMULATIVE, ended())]);
    assert_eq!(world.samples("jobs"), ["jobs_total 4"]);
}

#[test]
fn stale_series_are_dropped() {
    let mut world = World::new();
    world.report("a", vec![counter(3.0, 1, 10), gauge("level", 1.0)]);
    world.later(STALE - Duration::from_secs(1));
    assert_eq!(world.samples("jobs").len() + world.samples("level").len(), 2);
    world.later(Duration::from_secs(11));
    assert_eq!(world.samples("jobs").len() + world.samples("level").len(), 0);
    assert!(world.store.families.is_empty());
    assert_eq!(world.samples("target_info"), [""; 0]);
}

#[test]
fn services_are_told_apart() {
    let mut world = World::new();
    world.report("a", vec![counter(1.0, 1, 10)]);
    assert_eq!(world.samples("jobs"), ["jobs_total 1"]);
    world.report_as(&[("service.name", "cart"), ("service.namespace", "n")], vec![counter(2.0, 1, 10)]);
    assert_eq!(
        world.samples("jobs"),
        ["jobs_total{service_name=\"n/cart\"} 2", "jobs_total{service_name=\"shop\"} 1"]
    );
}

#[test]
fn target_info_has_what_all_agree_on() {
    let mut world = World::new();
    world.report("a", vec![]);
    assert_eq!(
        world.samples("target_info"),
        ["target_info{service_instance_id=\"a\",service_name=\"shop\"} 1"]
    );
    world.report("b", vec![]);
    assert_eq!(world.samples("target_info"), ["target_info{service_name=\"shop\"} 1"]);
}

#[test]
fn one_type_for_a_name() {
    let mut world = World::new();
    let refused = world.report(
        "a",
        vec![
            counter(1.0, 1, 10),
            gauge("jobs", 1.0),
            gauge("jobs.total", 1.0),
            gauge("target", 1.0),
            histogram(&[], &[], 1, 10, CUMULATIVE),
            gauge("wait.count", 1.0),
            gauge("otel.run.prometheus.refused.points", 1.0),
            gauge("level", 1.0),
            sum("level", false, CUMULATIVE, number(1.0, 1, 10)),
        ],
    );
    assert_eq!(refused, 6);
    assert_eq!(world.store.refused[&Refusal::Type], 6);
    assert_eq!(world.samples("jobs"), ["jobs_total 1"]);
    assert_eq!(
        world.samples("otel_run"),
        [
            "otel_run_prometheus_refused_points_total{reason=\"limit\"} 0",
            "otel_run_prometheus_refused_points_total{reason=\"type\"} 6",
            "otel_run_prometheus_refused_points_total{reason=\"unsupported\"} 0",
        ]
    );
    // The name is free again when nobody uses it.
    world.later(STALE);
    assert_eq!(world.report("a", vec![gauge("jobs", 1.0)]), 0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut world = World::new();
    let refused = world.report(
        "a",
        vec![
            metric("level", Data::Gauge(Gauge { data_points: vec![NumberDataPoint::default()] })),
            histogram(&[2.0, 1.0], &[1, 1, 1], 1, 10, CUMULATIVE),
            histogram(&[1.0], &[1], 1, 10, CUMULATIVE),
            Metric { name: "empty".into(), ..Default::default() },
        ],
    );
    assert_eq!((refused, world.store.refused[&Refusal::Unsupported]), (3, 3));
}

#[test]
fn series_are_bounded_and_room_is_made() {
    let points = |from: u64, to: u64| {
        let data_points = (from..to)
            .map(|index| NumberDataPoint {
                attributes: vec![pair("id", &index.to_string())],
                ..number(1.0, 1, 10)
            })
            .collect();
        let data = Sum { data_points, is_monotonic: true, aggregation_temporality: CUMULATIVE };
        vec![metric("jobs", Data::Sum(data))]
    };
    let mut world = World::new();
    assert_eq!(world.report("a", points(0, 10_100)), 100);
    assert_eq!(world.samples("jobs").len(), 10_000);
    assert_eq!(world.store.refused[&Refusal::Limit], 100);
    // What is known goes on.
    assert_eq!(world.report("a", points(0, 10_000)), 0);
    assert_eq!(world.report("b", points(0, 1)), 1);
    // Those that have gone make room.
    world.later(STALE);
    assert_eq!(world.report("b", points(0, 10_000)), 0);
}

#[test]
fn bytes_are_bounded() {
    let mut world = World::new();
    let long = |index: u64| {
        let attributes = vec![pair("long", &format!("{index}{}", "x".repeat(1 << 20)))];
        NumberDataPoint { attributes, ..number(1.0, 1, 10) }
    };
    let data = Gauge { data_points: (0..20).map(long).collect() };
    assert_eq!(world.report("a", vec![metric("level", Data::Gauge(data))]), 5);
}

#[test]
fn both_formats_whole() {
    let mut world = World::new();
    let scope = InstrumentationScope { name: "lib".into(), version: "1".into(), ..Default::default() };
    let mut jobs = counter(3.0, 1_700_000_000_500_000_000, 1_700_000_001_000_000_000);
    jobs.unit = "By".into();
    jobs.description = "Jobs \"done\"\nwith \\".into();
    let mut level = gauge("level", 0.5);
    level.unit = "1".into();
    let mut unknown = gauge("old", 7.0);
    unknown.metadata = vec![pair("prometheus.type", "unknown")];
    let resource = Resource {
        attributes: vec![pair("service.name", "shop"), pair("a.b", "1"), pair("a_b", "2")],
        ..Default::default()
    };
    let mut wait = histogram(&[-1.0, 10.0], &[1, 2, 3], 1_700_000_000_500_000_000, 9, CUMULATIVE);
    wait.unit = "s".into();
    let mut int = number(0.0, 0, 5);
    int.value = Some(AsInt(1_000_000));
    int.attributes = vec![pair("path", "/\"x\"")];
    let ints = metric("ints", Data::Gauge(Gauge { data_points: vec![int] }));
    let metrics = vec![jobs, level, unknown, wait, ints];
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, ..Default::default() }];
    let resource_metrics =
        vec![ResourceMetrics { resource: Some(resource), scope_metrics, ..Default::default() }];
    assert_eq!(ingest(&mut world.store, &ExportMetricsServiceRequest { resource_metrics }, world.now), 0);

    let text = r##"# HELP target_info Target metadata
# TYPE target_info gauge
target_info{a_b="1;2",service_name="shop"} 1
# TYPE ints gauge
ints{otel_scope_name="lib",otel_scope_version="1",path="/\"x\""} 1000000
# HELP jobs_bytes_total Jobs "done"\nwith \\
# TYPE jobs_bytes_total counter
jobs_bytes_total{otel_scope_name="lib",otel_scope_version="1"} 3
# TYPE level_ratio gauge
level_ratio{otel_scope_name="lib",otel_scope_version="1"} 0.5
# TYPE old untyped
old{otel_scope_name="lib",otel_scope_version="1"} 7
# TYPE wait_seconds histogram
wait_seconds_bucket{otel_scope_name="lib",otel_scope_version="1",le="-1"} 1
wait_seconds_bucket{otel_scope_name="lib",otel_scope_version="1",le="10"} 3
wait_seconds_bucket{otel_scope_name="lib",otel_scope_version="1",le="+Inf"} 6
wait_seconds_count{otel_scope_name="lib",otel_scope_version="1"} 6
wait_seconds_sum{otel_scope_name="lib",otel_scope_version="1"} 6
# HELP otel_run_prometheus_refused_points_total Data points that could not be shown
# TYPE otel_run_prometheus_refused_points_total counter
otel_run_prometheus_refused_points_total{reason="limit"} 0
otel_run_prometheus_refused_points_total{reason="type"} 0
otel_run_prometheus_refused_points_total{reason="unsupported"} 0
"##;
    assert_eq!(expose(&world.store, Format::Text, world.now), text);
    let openmetrics = r##"# TYPE target info
# HELP target Target metadata
target_info{a_b="1;2",service_name="shop"} 1
# TYPE ints gauge
ints{otel_scope_name="lib",otel_scope_version="1",path="/\"x\""} 1000000
# HELP jobs_bytes Jobs \"done\"\nwith \\
# TYPE jobs_bytes counter
# UNIT jobs_bytes bytes
jobs_bytes_total{otel_scope_name="lib",otel_scope_version="1"} 3
jobs_bytes_created{otel_scope_name="lib",otel_scope_version="1"} 1700000000.500000000
# TYPE level_ratio gauge
# UNIT level_ratio ratio
level_ratio{otel_scope_name="lib",otel_scope_version="1"} 0.5
# TYPE old unknown
old{otel_scope_name="lib",otel_scope_version="1"} 7
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{otel_scope_name="lib",otel_scope_version="1",le="-1.0"} 1
wait_seconds_bucket{otel_scope_name="lib",otel_scope_version="1",le="10.0"} 3
wait_seconds_bucket{otel_scope_name="lib",otel_scope_version="1",le="+Inf"} 6
wait_seconds_count{otel_scope_name="lib",otel_scope_version="1"} 6
wait_seconds_created{otel_scope_name="lib",otel_scope_version="1"} 1700000000.500000000
# HELP otel_run_prometheus_refused_points Data points that could not be shown
# TYPE otel_run_prometheus_refused_points counter
otel_run_prometheus_refused_points_total{reason="limit"} 0
otel_run_prometheus_refused_points_total{reason="type"} 0
otel_run_prometheus_refused_points_total{reason="unsupported"} 0
# EOF
"##;
    assert_eq!(expose(&world.store, Format::OpenMetrics, world.now), openmetrics);
}
