//! Numbered items: each span, log record and data point says which one it is, so that a
//! sink can tell what arrived, what did not, and what arrived twice.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use otel_run::otlp::{Batch, Decoded, Signal};
use prost::Message;
use std::ops::Range;

fn padding(bytes: usize) -> Vec<KeyValue> {
    if bytes == 0 {
        return Vec::new();
    }
    let value = AnyValue { value: Some(Value::StringValue("x".repeat(bytes))) };
    vec![KeyValue { key: "padding".to_owned(), value: Some(value), ..Default::default() }]
}

/// A batch with one item for each number.
pub(crate) fn numbered(signal: Signal, numbers: Range<u64>) -> Batch {
    padded(signal, numbers, 0)
}

/// The same with an attribute of `bytes` bytes on each item.
pub(crate) fn padded(signal: Signal, numbers: Range<u64>, bytes: usize) -> Batch {
    let encoded = match signal {
        Signal::Traces => {
            let spans = numbers
                .map(|number| Span {
                    trace_id: vec![1; 16],
                    span_id: number.to_be_bytes().to_vec(),
                    name: format!("span {number}"),
                    attributes: padding(bytes),
                    ..Span::default()
                })
                .collect();
            let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
            let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
            ExportTraceServiceRequest { resource_spans }.encode_to_vec()
        }
        Signal::Metrics => {
            let data_points = numbers
                .map(|number| NumberDataPoint {
                    time_unix_nano: number,
                    value: Some(number_data_point::Value::AsInt(1)),
                    attributes: padding(bytes),
                    ..Default::default()
                })
                .collect();
            let data = Some(metric::Data::Gauge(Gauge { data_points }));
            let metrics = vec![Metric { name: "numbered".to_owned(), data, ..Default::default() }];
            let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
            let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
            ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
        }
        Signal::Logs => {
            let log_records = numbers
                .map(|number| LogRecord {
                    time_unix_nano: number,
                    attributes: padding(bytes),
                    ..LogRecord::default()
                })
                .collect();
            let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
            let resource_logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
            ExportLogsServiceRequest { resource_logs }.encode_to_vec()
        }
    };
    Batch::from_protobuf(signal, encoded.into()).expect("a valid request")
}

/// The numbers in a batch made by [`numbered`].
pub(crate) fn numbers(batch: &Batch) -> Vec<u64> {
    match batch.decoded().expect("decodes") {
        Decoded::Traces(request) => request
            .resource_spans
            .iter()
            .flat_map(|resource| &resource.scope_spans)
            .flat_map(|scope| &scope.spans)
            .map(|span| u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap_or_default()))
            .collect(),
        Decoded::Metrics(request) => request
            .resource_metrics
            .iter()
            .flat_map(|resource| &resource.scope_metrics)
            .flat_map(|scope| &scope.metrics)
            .filter_map(|metric| match &metric.data {
                Some(metric::Data::Gauge(gauge)) => Some(&gauge.data_points),
                _ => None,
            })
            .flatten()
            .map(|point| point.time_unix_nano)
            .collect(),
        Decoded::Logs(request) => request
            .resource_logs
            .iter()
            .flat_map(|resource| &resource.scope_logs)
            .flat_map(|scope| &scope.log_records)
            .map(|record| record.time_unix_nano)
            .collect(),
    }
}
