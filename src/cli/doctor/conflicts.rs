//! Others that would instrument the same program.

use super::Check;
use crate::cli::Launch;
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

/// Variables that switch other agents on.
const PREFIXES: [(&str, &str); 4] =
    [("DD_", "Datadog"), ("NEW_RELIC_", "New Relic"), ("ELASTIC_APM_", "Elastic APM"), ("DT_", "Dynatrace")];

/// Parts of `NODE_OPTIONS` and `JAVA_TOOL_OPTIONS` that load an agent.
const LOADED: [(&str, &str); 8] = [
    ("NODE_OPTIONS", "dd-trace"),
    ("NODE_OPTIONS", "newrelic"),
    ("NODE_OPTIONS", "elastic-apm-node"),
    ("NODE_OPTIONS", "@opentelemetry/auto-instrumentations-node"),
    ("NODE_OPTIONS", "applicationinsights"),
    ("JAVA_TOOL_OPTIONS", "-javaagent"),
    ("JDK_JAVA_OPTIONS", "-javaagent"),
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
    let names: Vec<&str> = launch.environment.iter().filter_map(|(name, _)| name.to_str()).collect();
    for (prefix, agent) in PREFIXES {
        if let Some(name) = names.iter().find(|name| name.starts_with(prefix)) {
            let what = format!("{} is set: {agent} may instrument the program as well", name.escape_debug());
            checks.push(Check::warn(AREA, what, format!("use either {agent} or otel-run")));
        }
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
