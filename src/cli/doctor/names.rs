//! Variables that look like settings and are none: most are misspelled.

use super::{Check, Verdict};
use crate::environment::Environment;
use crate::settings::{suggest, table};

const AREA: &str = "settings";

/// Whole families of names that belong to SDKs and instrumentations of a language.
const FAMILIES: [&str; 16] = [
    "OTEL_PYTHON_",
    "OTEL_NODE_",
    "OTEL_JS_",
    "OTEL_JAVA_",
    "OTEL_JAVAAGENT_",
    "OTEL_DOTNET_",
    "OTEL_RUBY_",
    "OTEL_PHP_",
    "OTEL_GO_",
    "OTEL_DENO",
    "OTEL_INSTRUMENTATION_",
    "OTEL_EXPERIMENTAL_",
    "OTEL_RESOURCE_PROVIDERS_",
    "OTEL_TRACES_SAMPLER_JAEGER_",
    "OTEL_EXPORTER_OTLP_JAVA_",
    "OTEL_SPRING_",
];

/// Between ourselves.
const INTERNAL: [&str; 7] = [
    "OTEL_RUN_ACTIVE",
    "OTEL_RUN_DISABLE",
    "OTEL_RUN_HOME",
    "OTEL_RUN_INCLUDE",
    "OTEL_RUN_OVERLAY",
    "OTEL_RUN_QUIET",
    "OTEL_RUN_SAID",
];

pub(super) fn check(environment: &Environment) -> Vec<Check> {
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    let mut checks: Vec<Check> = names.filter(|name| is_unknown(name)).map(unknown).collect();
    if checks.is_empty() {
        checks.push(Check::ok(AREA, "no OTEL_ variable of an unknown name"));
    }
    checks.extend(names_of_azure(environment));
    checks
}

/// Application Insights has many variables that are no business of ours; only those are told that
/// were probably meant for us.
fn names_of_azure(environment: &Environment) -> Vec<Check> {
    const PREFIXES: [&str; 3] = ["APPLICATIONINSIGHTS_", "APPLICATION_INSIGHTS_", "APPINSIGHTS_"];
    let ours = || {
        table::entries()
            .map(|entry| entry.variable)
            .filter(|name| PREFIXES.iter().any(|p| name.starts_with(p)))
    };
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    let names =
        names.filter(|name| PREFIXES.iter().any(|prefix| name.to_ascii_uppercase().starts_with(prefix)));
    let unknown = names.filter(|name| table::find(name).is_none());
    let near = unknown.filter_map(|name| {
        // Half of each name is the prefix: what counts is the rest.
        let rest = |name: &'static str| PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
        let upper = name.to_ascii_uppercase();
        let typed = PREFIXES.iter().find_map(|prefix| upper.strip_prefix(prefix))?;
        let near = suggest::nearest(typed, ours().filter_map(rest))?;
        let meant = ours().find(|name| rest(name) == Some(near))?;
        let what = format!("{} is not a known variable", name.escape_debug());
        Some(Check::warn(AREA, what, format!("did you mean {meant}?")))
    });
    near.collect()
}

fn is_unknown(name: &str) -> bool {
    (name.starts_with("OTEL_") || name.starts_with("OTLP_"))
        && table::find(name).is_none()
        && !INTERNAL.contains(&name)
        && !FAMILIES.iter().any(|family| name.starts_with(family))
}

fn unknown(name: &str) -> Check {
    let check = Check::new(AREA, Verdict::Warn, format!("{} is not a known variable", name.escape_debug()));
    match suggest::nearest(name, table::entries().map(|entry| entry.variable)) {
        Some(near) => check.hint(format!("did you mean {near}?")),
        None => check.hint("otel-run passes it on as it is; otel-run settings lists what is known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_names_of_azure() {
        let names = [
            "APPLICATIONINSIGHTS_CONNECTIONSTRING",
            "APPLICATION_INSIGHTS_CONNECTION_STRING",
            "ApplicationInsights_Connection_String",
            "APPINSIGHTS_INSTRUMENTATION_KEY",
            "APPLICATIONINSIGHTS_CONNECTION_STRING",
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
            "APPLICATIONINSIGHTS_SELF_DIAGNOSTICS_LEVEL",
            "APPLICATIONINSIGHTS_CONFIGURATION_CONTENT",
        ];
        let environment: Environment = names.into_iter().map(|name| (name.into(), "x".into())).collect();
        let told: Vec<_> = names_of_azure(&environment).into_iter().map(|c| (c.what, c.hint)).collect();
        let expected = [
            ("APPLICATIONINSIGHTS_CONNECTIONSTRING", "APPLICATIONINSIGHTS_CONNECTION_STRING"),
            ("APPLICATION_INSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING"),
            ("ApplicationInsights_Connection_String", "APPLICATIONINSIGHTS_CONNECTION_STRING"),
            ("APPINSIGHTS_INSTRUMENTATION_KEY", "APPINSIGHTS_INSTRUMENTATIONKEY"),
        ];
        let expected = expected.map(|(name, meant)| {
            (format!("{name} is not a known variable"), Some(format!("did you mean {meant}?")))
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn misspelled_and_others() {
        let environment: Environment = [
            "OTEL_TRACE_EXPORTER",
            "OTEL_EXPORTER_OTEL_ENDPOINT",
            "OTEL_FROBNICATE_THE_GOBLIN",
            "OTEL_SERVICE_NAME",
            "OTEL_PYTHON_FLASK_EXCLUDED_URLS",
            "OTEL_RUN_ACTIVE",
            "PATH",
        ]
        .into_iter()
        .map(|name| (name.into(), "x".into()))
        .collect();
        let found: Vec<_> =
            check(&environment).into_iter().map(|c| (c.what, c.hint.unwrap_or_default())).collect();
        let expected = [
            ("OTEL_TRACE_EXPORTER is not a known variable", "did you mean OTEL_TRACES_EXPORTER?"),
            (
                "OTEL_EXPORTER_OTEL_ENDPOINT is not a known variable",
                "did you mean OTEL_EXPORTER_OTLP_ENDPOINT?",
            ),
            (
                "OTEL_FROBNICATE_THE_GOBLIN is not a known variable",
                "otel-run passes it on as it is; otel-run settings lists what is known",
            ),
        ];
        assert_eq!(found, expected.map(|(what, hint)| (what.to_owned(), hint.to_owned())));
    }
}
