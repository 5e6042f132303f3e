//! Others that would instrument the same program.

use super::Check;
use crate::cli::Launch;
use crate::launch::inject::foreign::{self, Foreign};
use std::ffi::OsStr;
use std::path::Path;

const AREA: &str = "conflicts";

/// Launchers of other agents, and of the one that we replace.
const LAUNCHERS: [(&str, &str); 8] = [
    ("opentelemetry-instrument", "leave it out: otel-run takes its place"),
    ("splunk-py-trace", "leave it out: otel-run takes its place"),
    ("ddtrace-run", "use either Datadog's agent or otel-run"),
    ("newrelic-admin", "use either New Relic's agent or otel-run"),
    ("elasticapm-run", "use either Elastic's agent or otel-run"),
    ("pyagent", "use either AppDynamics' agent or otel-run"),
    ("scout-apm", "use either Scout's agent or otel-run"),
    ("otel-run", "one otel-run is enough: the inner one only passes through"),
];

/// Variables that load agents, with a part of the value; what holds for the program is said under `inject`.
const LOADED: [(&str, &str); 10] = [
    ("NODE_OPTIONS", "dd-trace"),
    ("NODE_OPTIONS", "newrelic"),
    ("NODE_OPTIONS", "elastic-apm-node"),
    ("NODE_OPTIONS", "@opentelemetry/auto-instrumentations-node"),
    ("NODE_OPTIONS", "applicationinsights"),
    ("JAVA_TOOL_OPTIONS", "-javaagent"),
    ("JDK_JAVA_OPTIONS", "-javaagent"),
    ("_JAVA_OPTIONS", "-javaagent"),
    ("RUBYOPT", "opentelemetry-auto-instrumentation"),
    ("PYTHONPATH", "opentelemetry/instrumentation/auto_instrumentation"),
];

pub(super) fn check(launch: &Launch) -> Vec<Check> {
    let mut checks = Vec::new();
    let words = launch.command.iter().filter_map(|word| Path::new(word).file_name()?.to_str());
    for word in words {
        if let Some((name, hint)) = LAUNCHERS.iter().find(|(name, _)| *name == word) {
            checks.push(Check::warn(AREA, format!("the command starts {name}"), *hint));
        }
    }
    for Foreign { agent, evidence } in foreign::all(&launch.environment) {
        let what =
            format!("{evidence}: {agent} instruments the program, and otel-run's shims stay out of it");
        let hint = format!("use either {agent} or otel-run; --languages NAMES loads otel-run's all the same");
        checks.push(Check::warn(AREA, what, hint));
    }
    for (variable, part) in LOADED {
        let value = launch.environment.get(variable).map(OsStr::to_string_lossy);
        if value.is_some_and(|value| value.contains(part)) {
            let what = format!("{variable} loads another agent ({part})");
            checks.push(Check::warn(AREA, what, "use either that agent or otel-run"));
        }
    }
    if launch.environment.setting("CORECLR_ENABLE_PROFILING") == Some("1") {
        checks.push(Check::warn(
            AREA,
            "CORECLR_ENABLE_PROFILING is 1: another .NET profiler is loaded",
            "a .NET process can have one profiler only",
        ));
    }
    if checks.is_empty() {
        checks.push(Check::ok(AREA, "no other agent in sight"));
    }
    checks
}
