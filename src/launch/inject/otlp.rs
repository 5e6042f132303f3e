//! The `OTEL_*` variables of the target: its own SDK business passes through, and what
//! concerns delivery is replaced by the way to the agent (OTLP specification, "exporter
//! configuration"; SDK environment variable specification).

use super::found::Language;
use super::{Decision, Endpoint, Plan};
use crate::environment::Environment;
use crate::settings::{Exporter, Settings, TargetSampler};
use std::time::Duration;

const SIGNALS: [&str; 3] = ["TRACES_", "METRICS_", "LOGS_"];

/// `OTEL_EXPORTER_OTLP_[signal]…` that we deliver by, and the target does not.
const DELIVERY: [&str; 6] = ["ENDPOINT", "PROTOCOL", "COMPRESSION", "TIMEOUT", "INSECURE", "HEADERS"];
/// The same, and secret or the way to a secret.
const CREDENTIALS: [&str; 3] = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"];
/// Others that concern delivery alone.
const OTHERS: [&str; 14] = [
    // A configuration file would hide every variable that we set.
    "OTEL_CONFIG_FILE",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
    "APPLICATIONINSIGHTS_CONFIGURATION_FILE",
    "APPLICATIONINSIGHTS_CONFIGURATION_CONTENT",
    "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
    "OTEL_EXPORTER_OTLP_METRIC_INSECURE",
    "OTEL_EXPORTER_PROMETHEUS_HOST",
    "OTEL_EXPORTER_PROMETHEUS_PORT",
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
    "OTEL_EXPORTER_JAEGER_ENDPOINT",
    "OTEL_EXPORTER_JAEGER_AGENT_HOST",
    "OTEL_EXPORTER_JAEGER_AGENT_PORT",
    "OTEL_PYTHON_EXPORTER_OTLP_GRPC_RETRYABLE_ERROR_CODES",
];
const PROVIDERS: [&str; 2] = ["OTEL_PYTHON_EXPORTER_OTLP_GRPC_", "OTEL_PYTHON_EXPORTER_OTLP_HTTP_"];

const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// A target that dies loses at most what it held back this long.
const DELAY: &str = "1000";
/// Enough for bursts: the agent takes more than any SDK makes.
const QUEUE: &str = "8192";
const LONGEST_METRIC_INTERVAL: Duration = Duration::from_secs(60);

/// Makes the target's SDK export to the agent.
pub(super) fn point_to(ingress: &Endpoint, settings: &Settings, language: Option<Language>, plan: &mut Plan) {
    let token = format!("x-otel-run-token={}", ingress.token);
    keep_delivery_for_us(&token, settings.inject.pass_credentials, plan);

    let environment = &mut plan.environment;
    environment.set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", ingress.address));
    environment.set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    if language == Some(Language::Ruby) {
        // The only SDK that compresses unless told otherwise, which on loopback is for nothing.
        environment.set("OTEL_EXPORTER_OTLP_COMPRESSION", "none");
    }
    for (name, exporters) in [
        ("OTEL_TRACES_EXPORTER", &settings.exporters.traces),
        ("OTEL_METRICS_EXPORTER", &settings.exporters.metrics),
        ("OTEL_LOGS_EXPORTER", &settings.exporters.logs),
    ] {
        environment
            .set(name, if exporters.is_empty() && settings.record.is_none() { "none" } else { "otlp" });
    }
    environment.set("OTEL_SERVICE_NAME", &settings.service_name);
    let interval = settings.metric_export_interval.min(LONGEST_METRIC_INTERVAL);
    environment.set("OTEL_METRIC_EXPORT_INTERVAL", interval.as_millis().to_string());
    for (name, value) in [
        ("OTEL_BSP_SCHEDULE_DELAY", DELAY),
        ("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE),
        ("OTEL_BLRP_SCHEDULE_DELAY", DELAY),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", QUEUE),
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database"),
        // The agent finds out where it runs; in the target, detectors of clouds delay the start.
        ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "otel"),
    ] {
        if environment.setting(name).is_none() {
            environment.set(name, value);
        }
    }
    if language == Some(Language::Node) && environment.setting("OTEL_NODE_RESOURCE_DETECTORS").is_none() {
        environment.set("OTEL_NODE_RESOURCE_DETECTORS", "env,host,os,process,serviceinstance");
    }
    choose_temporality(settings, plan);
    choose_sampler(settings, plan);
    plan.decisions.push(Decision::new(
        "any",
        format!("OTLP over http/protobuf to {}", ingress.address),
        "every OpenTelemetry SDK reads these variables",
    ));
}

fn keep_delivery_for_us(token: &str, pass_credentials: bool, plan: &mut Plan) {
    let environment = &mut plan.environment;
    let mut kept = Vec::new();
    for signal in [""].into_iter().chain(SIGNALS) {
        let name = |what: &str| format!("OTEL_EXPORTER_OTLP_{signal}{what}");
        for what in DELIVERY.iter().filter(|what| **what != "HEADERS" || !pass_credentials) {
            remove(environment, &name(what), &mut kept);
        }
        if pass_credentials {
            if let Some(old) = environment.get(&name("HEADERS")).filter(|old| !old.is_empty()) {
                let mut headers = old.to_owned();
                headers.push(",");
                headers.push(token);
                environment.set(name("HEADERS"), headers);
            }
        } else {
            for what in CREDENTIALS {
                remove(environment, &name(what), &mut kept);
            }
        }
    }
    for name in OTHERS {
        remove(environment, name, &mut kept);
    }
    for name in provided_credentials(environment) {
        remove(environment, &name, &mut kept);
        plan.warnings.push(format!(
            "{name} is not supported: otel-run delivers to the destination itself, \
             set OTEL_EXPORTER_OTLP_HEADERS instead"
        ));
    }
    if environment.setting(HEADERS).is_none() {
        environment.set(HEADERS, token);
    }
    if !kept.is_empty() {
        let what = format!("{} kept from the target", kept.join(", "));
        plan.decisions.push(Decision::new("any", what, "otel-run delivers to the destination itself"));
    }
}

/// `OTEL_PYTHON_EXPORTER_OTLP_{GRPC,HTTP}[_SIGNAL]_CREDENTIAL_PROVIDER`.
fn provided_credentials(environment: &Environment) -> Vec<String> {
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    names
        .filter(|name| {
            name.ends_with("CREDENTIAL_PROVIDER") && PROVIDERS.iter().any(|start| name.starts_with(start))
        })
        .map(str::to_owned)
        .collect()
}

fn remove(environment: &mut Environment, name: &str, kept: &mut Vec<String>) {
    if environment.get(name).is_some() {
        environment.remove(name);
        kept.push(name.to_owned());
    }
}

/// With `Same` the sampler is the target's own business.
fn choose_sampler(settings: &Settings, plan: &mut Plan) {
    let sampler = match settings.inject.traces_sampler {
        TargetSampler::Same => return,
        TargetSampler::AlwaysOn => "always_on",
        TargetSampler::ParentBasedAlwaysOn => "parentbased_always_on",
    };
    plan.environment.set("OTEL_TRACES_SAMPLER", sampler);
    plan.environment.remove("OTEL_TRACES_SAMPLER_ARG");
    plan.decisions.push(Decision::new(
        "any",
        format!("the program makes all its spans ({sampler})"),
        "otel-run samples itself, after it has counted them",
    ));
}

fn choose_temporality(settings: &Settings, plan: &mut Plan) {
    if settings.exporters.metrics == [Exporter::Azure] && plan.environment.setting(TEMPORALITY).is_none() {
        plan.environment.set(TEMPORALITY, "delta");
        plan.decisions.push(Decision::new("any", "metrics are delta", "they go to azure alone"));
        return;
    }
    if !settings.exporters.metrics.contains(&Exporter::Prometheus) {
        return;
    }
    let wish = plan.environment.setting(TEMPORALITY).map(str::to_ascii_lowercase);
    if let Some(wish) = wish.filter(|wish| wish != "cumulative") {
        plan.warnings.push(format!(
            "{TEMPORALITY}={wish} does not count: the prometheus exporter needs cumulative metrics"
        ));
    }
    plan.environment.set(TEMPORALITY, "cumulative");
    plan.decisions.push(Decision::new("any", "metrics are cumulative", "prometheus is among the exporters"));
}
