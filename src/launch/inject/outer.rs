//! Another otel-run above us: the target's telemetry goes to that one, and we only pass through.

use super::{ACTIVE, Plan, untouched};
use crate::environment::Environment;
use std::ffi::OsString;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer from loopback: at once, unless something swallows it.
const ANSWER: Duration = Duration::from_millis(100);

/// Whether another otel-run above us has prepared this environment already, and its receiver
/// is there. What it leaves behind in a session that outlives it (a terminal multiplexer's) is
/// no reason to send into the void.
pub fn nested(environment: &Environment) -> bool {
    environment.setting(ACTIVE).is_some()
        && environment
            .setting("OTEL_EXPORTER_OTLP_ENDPOINT")
            .and_then(|endpoint| endpoint.strip_prefix("http://")?.parse::<SocketAddr>().ok())
            .is_some_and(|receiver| TcpStream::connect_timeout(&receiver, ANSWER).is_ok())
}

/// What the target is given below another otel-run: the way to that one's agent, and those of
/// our flags that are the target's own business.
pub(super) fn pass_through(environment: &Environment, bare: &Environment) -> Plan {
    let (environment, without_effect) = merged(environment, bare);
    let mut plan =
        untouched(&environment, "another otel-run above looks after it; telemetry goes to that one");
    if !without_effect.is_empty() {
        plan.warnings.push(format!(
            "another otel-run above delivers the telemetry: {} given here has no effect",
            without_effect.join(", ")
        ));
    }
    plan
}

/// Its way of delivery, with our flags for the SDK itself; and the names of those that have no
/// effect.
fn merged(environment: &Environment, outer: &Environment) -> (Environment, Vec<String>) {
    let mut theirs = outer.clone();
    let mut without_effect = Vec::new();
    for (name, value) in environment.iter() {
        match name.to_str().filter(|name| of_delivery(name)) {
            None => theirs.set(OsString::from(name), OsString::from(value)),
            Some(name) if outer.get(name) != Some(value) => without_effect.push(name.to_owned()),
            Some(_) => {}
        }
    }
    (theirs, without_effect)
}

fn of_delivery(name: &str) -> bool {
    name.starts_with("OTEL_EXPORTER_")
        || name.starts_with("OTEL_RUN_")
        || (name.starts_with("OTEL_") && name.ends_with("_EXPORTER"))
        || name.starts_with("APPLICATIONINSIGHTS_")
        || name.starts_with("APPINSIGHTS_")
        || name == "OTEL_METRIC_EXPORT_INTERVAL"
}
