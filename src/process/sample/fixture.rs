//! Traces for tests.

use crate::otlp::{Batch, Signal};
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use prost::Message;

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const BEGIN: u64 = 1_700_000_000 * SECOND;

/// Numbers that look random, the same in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn trace_id(&mut self) -> Vec<u8> {
        [self.next().to_be_bytes(), self.next().to_be_bytes()].concat()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, (self.next() % (at as u64 + 1)) as usize);
        }
    }
}

pub(crate) fn root(trace_id: &[u8], start: u64) -> trace::Span {
    trace::Span {
        trace_id: trace_id.to_vec(),
        span_id: vec![1; 8],
        kind: trace::span::SpanKind::Server as i32,
        start_time_unix_nano: start,
        ..Default::default()
    }
}

pub(crate) fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

pub(crate) fn text(value: &str) -> any_value::Value {
    any_value::Value::StringValue(value.to_owned())
}

fn resource(instance: &str) -> Option<Resource> {
    Some(Resource {
        attributes: vec![attribute("service.instance.id", text(instance))],
        ..Default::default()
    })
}

pub(crate) fn traces(instance: &str, spans: Vec<trace::Span>) -> Batch {
    let request = ExportTraceServiceRequest {
        resource_spans: vec![trace::ResourceSpans {
            resource: resource(instance),
            scope_spans: vec![trace::ScopeSpans { spans, ..Default::default() }],
            ..Default::default()
        }],
    };
    Batch::from_protobuf(Signal::Traces, Bytes::from(request.encode_to_vec())).unwrap()
}

pub(crate) fn records(instance: &str, log_records: Vec<logs::LogRecord>) -> Batch {
    let request = ExportLogsServiceRequest {
        resource_logs: vec![logs::ResourceLogs {
            resource: resource(instance),
            scope_logs: vec![logs::ScopeLogs { log_records, ..Default::default() }],
            ..Default::default()
        }],
    };
    Batch::from_protobuf(Signal::Logs, Bytes::from(request.encode_to_vec())).unwrap()
}

/// The server's span of a request.
pub(crate) fn request(trace_id: &[u8], route: &str) -> trace::Span {
    trace::Span {
        name: format!("GET {route}"),
        attributes: vec![attribute("http.route", text(route))],
        end_time_unix_nano: BEGIN + SECOND / 10,
        ..root(trace_id, BEGIN)
    }
}

/// A span below another one.
pub(crate) fn child(trace_id: &[u8], span_id: u8, parent: u8) -> trace::Span {
    trace::Span {
        span_id: vec![span_id; 8],
        parent_span_id: vec![parent; 8],
        kind: trace::span::SpanKind::Client as i32,
        ..root(trace_id, BEGIN)
    }
}
