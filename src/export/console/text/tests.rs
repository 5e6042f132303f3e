//! The formats against golden files, for requests with something of everything.

use crate::environment::Environment;
use crate::export::console::format::Format;
use crate::export::console::output::Output;
use crate::export::console::records::Records;
use crate::otlp::Decoded;
use crate::settings::ConsoleFormat;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use std::fs::File;
use std::path::Path;

const START: u64 = 1_581_452_772_000_000_321;
const LATER: u64 = 1_581_452_773_012_300_789;

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn text(value: &str) -> AnyValue {
    any(Value::StringValue(value.into()))
}

fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.into(), value: Some(value), ..Default::default() }
}

/// Every type of value, and text that would like to be more than text.
fn attributes() -> Vec<KeyValue> {
    let nested = vec![pair("a", any(Value::IntValue(1))), pair("b\u{9b}", text("\u{202e}x"))];
    vec![
        pair("text", text("évil\x1b[2J\nSPAN")),
        pair("bool", any(Value::BoolValue(true))),
        pair("int", any(Value::IntValue(-7))),
        pair("double", any(Value::DoubleValue(2.0))),
        pair("list", any(Value::ArrayValue(ArrayValue { values: vec![text("x"), any(Value::IntValue(2))] }))),
        pair("map", any(Value::KvlistValue(KeyValueList { values: nested }))),
        pair("bytes", any(Value::BytesValue(vec![0, 255, 16]))),
        KeyValue { key: "ke\ry".into(), value: None, ..Default::default() },
    ]
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: vec![pair("service.name", text("shop"))], ..Default::default() })
}

fn scope() -> Option<InstrumentationScope> {
    let attributes = vec![pair("scoped", any(Value::BoolValue(true)))];
    Some(InstrumentationScope {
        name: "li\x07b".into(),
        version: "1.2".into(),
        attributes,
        ..Default::default()
    })
}

fn traces() -> Decoded {
    let full = Span {
        trace_id: (1..=16).collect(),
        span_id: (17..=24).collect(),
        parent_span_id: (25..=32).collect(),
        trace_state: "k=v".into(),
        name: "GET /items/{id}\r".into(),
        kind: 2,
        start_time_unix_nano: START,
        end_time_unix_nano: LATER,
        attributes: attributes(),
        events: vec![
            Event {
                time_unix_nano: START,
                name: "exception".into(),
                attributes: vec![
                    pair("exception.type", text("ValueError")),
                    pair("exception.message", text("bad\x1b")),
                ],
                dropped_attributes_count: 2,
            },
            Event { time_unix_nano: LATER, name: "other".into(), ..Default::default() },
        ],
        links: vec![Link {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            trace_state: "l=w".into(),
            attributes: vec![pair("why", text("because"))],
            ..Default::default()
        }],
        status: Some(Status { code: 2, message: "it\nbroke".into() }),
        dropped_attributes_count: 1,
        ..Default::default()
    };
    let empty = Span { name: "bare".into(), end_time_unix_nano: 1_500, ..Default::default() };
    let scope_spans = vec![ScopeSpans {
        scope: scope(),
        spans: vec![full, empty],
        schema_url: "https://example.org/s".into(),
    }];
    let with =
        ResourceSpans { resource: resource(), scope_spans, schema_url: "https://example.org/r".into() };
    let without = ResourceSpans { scope_spans: vec![ScopeSpans::default()], ..Default::default() };
    Decoded::Traces(ExportTraceServiceRequest { resource_spans: vec![with, without] })
}

fn metrics() -> Decoded {
    let number = |value| NumberDataPoint {
        attributes: vec![pair("path", text("/")), pair("n", any(Value::IntValue(1)))],
        start_time_unix_nano: START,
        time_unix_nano: LATER,
        value,
        exemplars: vec![Exemplar {
            filtered_attributes: vec![pair("user", text("x\ty"))],
            time_unix_nano: START,
            span_id: vec![2; 8],
            trace_id: vec![1; 16],
            value: Some(exemplar::Value::AsDouble(0.5)),
        }],
        ..Default::default()
    };
    let int = number(Some(number_data_point::Value::AsInt(-5)));
    let double = number(Some(number_data_point::Value::AsDouble(f64::NAN)));
    let histogram = HistogramDataPoint {
        time_unix_nano: LATER,
        count: 3,
        sum: Some(12.5),
        bucket_counts: vec![1, 2, 0],
        explicit_bounds: vec![0.5, 1e20],
        max: Some(9.0),
        ..Default::default()
    };
    let exponential = ExponentialHistogramDataPoint {
        time_unix_nano: LATER,
        count: 7,
        scale: -1,
        zero_count: 3,
        zero_threshold: 0.25,
        positive: Some(Buckets { offset: -1, bucket_counts: vec![1, 0, 2] }),
        negative: Some(Buckets { offset: 0, bucket_counts: vec![1, 5] }),
        ..Default::default()
    };
    let summary = SummaryDataPoint {
        time_unix_nano: LATER,
        count: 2,
        sum: 3.0,
        quantile_values: vec![ValueAtQuantile { quantile: 0.99, value: 2.0 }],
        ..Default::default()
    };
    let metric = |name: &str, data| Metric {
        name: name.into(),
        description: "What\nit is".into(),
        unit: "ms".into(),
        metadata: vec![pair("prometheus.type", text("gauge"))],
        data,
    };
    let metrics = vec![
        metric("gauge", Some(Data::Gauge(Gauge { data_points: vec![number(None)] }))),
        metric(
            "su\x1bm",
            Some(Data::Sum(Sum {
                data_points: vec![int, double],
                aggregation_temporality: 1,
                is_monotonic: true,
            })),
        ),
        metric(
            "histogram",
            Some(Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: 2 })),
        ),
        metric(
            "exponential",
            Some(Data::ExponentialHistogram(ExponentialHistogram {
                data_points: vec![exponential],
                aggregation_temporality: 9,
            })),
        ),
        metric("summary", Some(Data::Summary(Summary { data_points: vec![summary] }))),
        metric("empty", None),
    ];
    let scope_metrics = vec![ScopeMetrics { scope: scope(), metrics, ..Default::default() }];
    Decoded::Metrics(ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { resource: resource(), scope_metrics, ..Default::default() }],
    })
}

fn logs() -> Decoded {
    let full = LogRecord {
        time_unix_nano: START,
        observed_time_unix_nano: LATER,
        severity_number: 17,
        severity_text: "err\x08or".into(),
        body: Some(text("two\nlines \u{2028}")),
        attributes: attributes(),
        dropped_attributes_count: 3,
        flags: 1,
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        event_name: "my.event".into(),
    };
    let nested = LogRecord {
        observed_time_unix_nano: LATER,
        severity_number: 99,
        body: attributes().swap_remove(5).value,
        ..Default::default()
    };
    let scope_logs =
        vec![ScopeLogs { scope: scope(), log_records: vec![full, nested], ..Default::default() }];
    Decoded::Logs(ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { resource: resource(), scope_logs, ..Default::default() }],
    })
}

fn printed(format: ConsoleFormat, coloured: bool) -> String {
    let no_terminal = Output::from(File::open("/dev/null").expect("a file"));
    let mut format = Format::new(format, &no_terminal, &Environment::default());
    format.style.coloured = coloured;
    let mut printed = Vec::new();
    let mut records = Records::new(&mut printed);
    for request in [traces(), metrics(), logs()] {
        format.write_decoded(&request, &mut records).expect("memory takes everything");
    }
    records.finish().expect("memory takes everything");
    String::from_utf8(printed).expect("UTF-8")
}

/// Compares with `tests/golden/console/NAME.txt`, or writes it when `UPDATE_GOLDEN` is set.
fn golden(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/console/{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, printed).expect("golden file written");
    }
    let expected = std::fs::read_to_string(&path).expect("a golden file");
    assert_eq!(printed, expected, "{}", path.display());
}

#[test]
fn formats_are_as_their_golden_files() {
    golden("basic", &printed(ConsoleFormat::Basic, false));
    golden("normal", &printed(ConsoleFormat::Normal, false));
    golden("detailed", &printed(ConsoleFormat::Detailed, false));
    golden("pretty", &printed(ConsoleFormat::Pretty, false));
}

/// The only control characters are our own: line ends, and colours where they are wanted.
#[test]
fn nothing_from_outside_controls_the_terminal() {
    use ConsoleFormat::{Basic, Detailed, Json, Normal, Pretty};
    let harmful = |c: char| c != '\n' && (c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c));
    for format in [Json, Basic, Normal, Detailed, Pretty] {
        assert_eq!(printed(format, false).find(harmful), None, "{format:?}");
    }
    let coloured = printed(Pretty, true);
    let mut without = coloured.clone();
    for code in ["0", "1", "2", "31", "32", "33", "35", "36"] {
        without = without.replace(&format!("\x1b[{code}m"), "");
    }
    assert_ne!(coloured, without);
    assert_eq!(without, printed(Pretty, false));
}

#[test]
fn colours_only_where_wanted() {
    let terminal = nix::pty::openpty(None, None).expect("a pseudo-terminal");
    let terminal = Output::from(File::from(terminal.slave));
    let coloured = |pairs: &[(&str, &str)], output: &Output| {
        let environment = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Format::new(ConsoleFormat::Pretty, output, &environment).style.coloured
    };
    assert!(coloured(&[("TERM", "xterm"), ("NO_COLOR", "")], &terminal));
    assert!(!coloured(&[("NO_COLOR", "1")], &terminal));
    assert!(!coloured(&[("TERM", "dumb")], &terminal));
    assert!(!coloured(&[], &Output::from(File::open("/dev/null").expect("a file"))));
}
