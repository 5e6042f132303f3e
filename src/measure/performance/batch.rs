//! Values as an OTLP request.

use super::window::Values;
use crate::clock::unix_nano;
use crate::measure::SCOPE;
use crate::otlp::{Batch, Malformed, Signal};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data, number_data_point::Value,
};
use opentelemetry_sdk::Resource;
use prost::Message;

/// One gauge for each counter, without attributes: they would split the charts.
pub(in crate::measure) fn batch(resource: &Resource, values: &Values) -> Result<Batch, Malformed> {
    let time_unix_nano = unix_nano();
    let gauge = |value: f64| Gauge {
        data_points: vec![NumberDataPoint {
            time_unix_nano,
            value: Some(Value::AsDouble(value)),
            ..NumberDataPoint::default()
        }],
    };
    let metrics = values.iter().map(|(counter, value)| Metric {
        name: counter.name().to_owned(),
        unit: counter.unit().to_owned(),
        data: Some(Data::Gauge(gauge(*value))),
        ..Metric::default()
    });
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource.into()),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: SCOPE.to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..InstrumentationScope::default()
                }),
                metrics: metrics.collect(),
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    Batch::from_protobuf(Signal::Metrics, request.encode_to_vec().into())
}
