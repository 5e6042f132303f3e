//! From OTLP requests into the store.

use super::exemplar::Exemplar;
use super::labels::{Pairs, text};
use super::name::{Name, Naming};
use super::producer::Id;
use super::series::{Kind, Point};
use super::store::{Address, Refusal, Store, Type};
use super::value::{Explicit, Exponential, Summary, Value};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, DataPointFlags, number_data_point};
use std::sync::Arc;
use std::time::Instant;

/// Longest help text, in bytes.
const MAX_HELP: usize = 1_024;

/// Takes all points of a request; the number of those that were refused.
pub(super) fn ingest(store: &mut Store, request: &ExportMetricsServiceRequest, now: Instant) -> u64 {
    let mut refused = 0;
    for resource in &request.resource_metrics {
        let attributes = resource.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        let producer = store.producers.identify(attributes, now);
        for scope in &resource.scope_metrics {
            let pairs = Pairs::scope(scope.scope.as_ref(), &scope.schema_url);
            let mut scoped = Ingest { store, producer: producer.as_ref(), pairs: &pairs, now, refused: 0 };
            scope.metrics.iter().for_each(|metric| scoped.metric(metric));
            refused += scoped.refused;
        }
    }
    refused
}

struct Ingest<'a> {
    store: &'a mut Store,
    /// And its service. `None`: there are too many.
    producer: Option<&'a (Id, Arc<str>)>,
    pairs: &'a Pairs,
    now: Instant,
    refused: u64,
}

/// What the points of one metric have in common.
struct Metric<'a> {
    name: Name,
    help: &'a str,
    r#type: Type,
    kind: Kind,
    delta: bool,
}

/// What points of all kinds have.
struct Common<'a> {
    attributes: &'a [KeyValue],
    start: u64,
    time: u64,
    flags: u32,
    exemplars: &'a [otlp::Exemplar],
}

macro_rules! common {
    ($point:expr, $exemplars:expr) => {
        Common {
            attributes: &$point.attributes,
            start: $point.start_time_unix_nano,
            time: $point.time_unix_nano,
            flags: $point.flags,
            exemplars: $exemplars,
        }
    };
}

impl Ingest<'_> {
    fn metric(&mut self, metric: &otlp::Metric) {
        let Some(data) = &metric.data else { return };
        let (naming, r#type, kind, delta) = match data {
            Data::Gauge(_) => (Naming::Gauge, gauge(metric), Kind::Separate, false),
            Data::Sum(sum) if sum.is_monotonic => {
                (Naming::Counter, Type::Counter, Kind::Cumulative, delta(sum.aggregation_temporality()))
            }
            Data::Sum(sum) => {
                (Naming::Other, gauge(metric), Kind::Additive, delta(sum.aggregation_temporality()))
            }
            Data::Histogram(data) => {
                (Naming::Other, Type::Histogram, Kind::Cumulative, delta(data.aggregation_temporality()))
            }
            Data::ExponentialHistogram(data) => {
                (Naming::Other, Type::Histogram, Kind::Cumulative, delta(data.aggregation_temporality()))
            }
            Data::Summary(_) => (Naming::Other, Type::Summary, Kind::Separate, false),
        };
        let help =
            metric.description.get(..metric.description.floor_char_boundary(MAX_HELP)).unwrap_or_default();
        let about = Metric { name: Name::new(&metric.name, &metric.unit, naming), help, r#type, kind, delta };
        match data {
            Data::Gauge(otlp::Gauge { data_points }) | Data::Sum(otlp::Sum { data_points, .. }) => {
                for point in data_points {
                    self.point(&about, common!(point, &point.exemplars), || number(point));
                }
            }
            Data::Histogram(data) => {
                for point in &data.data_points {
                    let value = || Explicit::new(point).map(Value::Explicit);
                    self.point(&about, common!(point, &point.exemplars), value);
                }
            }
            Data::ExponentialHistogram(data) => {
                for point in &data.data_points {
                    let value = || Exponential::new(point).map(Value::Exponential);
                    self.point(&about, common!(point, &point.exemplars), value);
                }
            }
            Data::Summary(data) => {
                for point in &data.data_points {
                    self.point(&about, common!(point, &[]), || Summary::new(point).map(Value::Summary));
                }
            }
        }
    }

    fn point(&mut self, metric: &Metric<'_>, common: Common<'_>, value: impl FnOnce() -> Option<Value>) {
        if let Err(refusal) = self.take(metric, common, value) {
            self.store.refuse(refusal);
            self.refused += 1;
        }
    }

    fn take(
        &mut self,
        metric: &Metric<'_>,
        common: Common<'_>,
        value: impl FnOnce() -> Option<Value>,
    ) -> Result<(), Refusal> {
        let (producer, service) = self.producer.ok_or(Refusal::Limit)?;
        let reserved = match metric.r#type {
            Type::Histogram => Some("le"),
            Type::Summary => Some("quantile"),
            _ => None,
        };
        let mut pairs = self.pairs.clone();
        pairs.add(common.attributes);
        let address = Address {
            family: &metric.name.family,
            r#type: metric.r#type,
            unit: &metric.name.unit,
            help: metric.help,
            key: (pairs.render(reserved), service.clone()),
        };
        if common.flags & DataPointFlags::NoRecordedValueMask as u32 != 0 {
            self.store.end(&address, *producer);
            return Ok(());
        }
        let point = Point {
            value: value().ok_or(Refusal::Unsupported)?,
            start: common.start,
            time: common.time,
            delta: metric.delta,
        };
        let exemplars = match metric.kind {
            Kind::Cumulative => common.exemplars.iter().filter_map(Exemplar::new).collect(),
            _ => Vec::new(),
        };
        self.store.update(address, metric.kind, *producer, point, exemplars, self.now)
    }
}

/// A gauge that came from Prometheus may say that its type was not known there.
fn gauge(metric: &otlp::Metric) -> Type {
    let hint = metric.metadata.iter().find(|pair| pair.key == "prometheus.type");
    match hint {
        Some(pair) if text(pair.value.as_ref()) == "unknown" => Type::Unknown,
        _ => Type::Gauge,
    }
}

fn delta(temporality: AggregationTemporality) -> bool {
    temporality == AggregationTemporality::Delta
}

fn number(point: &otlp::NumberDataPoint) -> Option<Value> {
    Some(Value::Number(match point.value? {
        number_data_point::Value::AsInt(value) => value as f64,
        number_data_point::Value::AsDouble(value) => value,
    }))
}
