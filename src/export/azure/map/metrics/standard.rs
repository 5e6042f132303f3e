//! Standard metrics out of the HTTP instruments of SDKs, for programs whose spans we do not see.

use crate::export::azure::envelope::Envelope;
use crate::export::azure::map::Context;
use crate::otlp::view::{Attributes, Metric, MetricKind, Value};
use std::borrow::Cow;

/// What becomes of an HTTP instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standard {
    /// `requests/duration`.
    Requests,
    /// `dependencies/duration`.
    Dependencies,
    /// Nothing of its own, as with Microsoft's exporters.
    Told,
}

impl Standard {
    /// `None`: a metric like any other.
    pub(super) fn of(metric: &Metric<'_>) -> Option<Standard> {
        let histogram = matches!(metric.kind, MetricKind::Histogram | MetricKind::ExponentialHistogram);
        Some(match &*metric.name {
            "http.server.duration" | "http.server.request.duration" if histogram => Standard::Requests,
            "http.client.duration" | "http.client.request.duration" if histogram => Standard::Dependencies,
            "http.server.active_requests"
            | "http.server.request.size"
            | "http.server.response.size"
            | "http.client.request.size"
            | "http.client.response.size" => Standard::Told,
            _ => return None,
        })
    }

    /// Writes the dimensions by which the service knows a standard metric.
    pub(super) fn properties(
        self,
        envelope: &mut Envelope<'_>,
        context: &Context,
        attributes: &Attributes<'_>,
        synthetic: bool,
    ) {
        let code = ["http.response.status_code", "http.status_code"]
            .into_iter()
            .find_map(|key| attributes.get(key).and_then(number));
        let success = if code.is_none_or(|code| code < 400) { "True" } else { "False" };
        let result = code.map_or(Cow::Borrowed("0"), |code| Cow::Owned(code.to_string()));
        if self == Standard::Requests {
            envelope.property("_MS.MetricId", "requests/duration");
            envelope.property("request/resultCode", &result);
            envelope.property("Request.Success", success);
        } else {
            envelope.property("_MS.MetricId", "dependencies/duration");
            envelope.property("dependency/resultCode", &result);
            envelope.property("Dependency.Success", success);
            envelope.property("Dependency.Type", "http");
            if let Some(target) = target(attributes) {
                envelope.property("dependency/target", &target);
            }
        }
        envelope.property("_MS.IsAutocollected", "True");
        if synthetic {
            envelope.property("operation/synthetic", "True");
        }
        envelope.property("cloud/roleName", &context.role);
        envelope.property("cloud/roleInstance", &context.instance);
    }
}

/// From the metric's unit to milliseconds. The conventions that use seconds are those whose
/// names end in `.request.duration`.
pub(super) fn factor(metric: &Metric<'_>) -> f64 {
    match &*metric.unit {
        "s" => 1000.0,
        "ms" => 1.0,
        "us" => 1e-3,
        "ns" => 1e-6,
        _ if metric.name.ends_with(".request.duration") => 1000.0,
        _ => 1.0,
    }
}

/// Whom a client called: by name, with its port unless that is the scheme's own.
fn target<'a>(attributes: &'a Attributes<'_>) -> Option<Cow<'a, str>> {
    let text = |key: &str| attributes.get(key).and_then(Value::as_text).filter(|text| !text.is_empty());
    if let Some(service) = text("peer.service") {
        return Some(service.into());
    }
    let (host, port) = match text("server.address") {
        Some(host) => (host, "server.port"),
        None => match text("http.host") {
            Some(host) => return Some(host.into()),
            None => (text("net.peer.name").or_else(|| text("net.peer.ip"))?, "net.peer.port"),
        },
    };
    let own = match text("url.scheme").or_else(|| text("http.scheme")) {
        Some("http") => [80, 80],
        Some("https") => [443, 443],
        _ => [80, 443],
    };
    Some(match attributes.get(port).and_then(number) {
        Some(port) if !own.contains(&port) && port > 0 => format!("{host}:{port}").into(),
        _ => host.into(),
    })
}

fn number(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}
