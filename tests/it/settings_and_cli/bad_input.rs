//! Bad input: each with its exact message, which names the variable and its origin and gives a
//! hint. What can only be a mistake keeps the target from starting, and everything else costs
//! it nothing.

use super::otel_run;
use std::path::PathBuf;
use tempfile::TempDir;

/// A command that leaves a trace and ends with 7.
fn trace() -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("was-here");
    let script = format!(": > '{}'; exit 7", trace.display());
    (folder, trace, script)
}

/// Exit 2, this message, and the target was not started.
#[track_caller]
fn refused(flags: &[&str], variables: &[(&str, &str)], message: &str) {
    let (_folder, trace, script) = trace();
    let arguments: Vec<&str> = flags.iter().copied().chain(["sh", "-c", &script]).collect();
    let finished = otel_run(&arguments, variables);
    assert_eq!(finished.status.code(), Some(2), "{finished:?}");
    assert_eq!(finished.stderr, format!("otel-run: {message}\n"));
    assert_eq!(finished.stdout, "");
    assert!(!trace.exists(), "the target was started");
}

/// The target runs and ends as it would, and this is said.
#[track_caller]
fn warned(flags: &[&str], variables: &[(&str, &str)], message: &str) {
    let (_folder, trace, script) = trace();
    let none =
        [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];
    let variables: Vec<_> = none.into_iter().chain(variables.iter().copied()).collect();
    let arguments: Vec<&str> = flags.iter().copied().chain(["sh", "-c", &script]).collect();
    let finished = otel_run(&arguments, &variables);
    assert_eq!(finished.status.code(), Some(7), "{finished:?}");
    assert_eq!(finished.stderr, format!("otel-run: {message}\n"));
    assert!(trace.exists(), "the target was not started");
}

#[test]
fn no_command() {
    let finished = otel_run(&["--service_name", "x"], &[]);
    assert_eq!(finished.status.code(), Some(2));
    assert_eq!(
        finished.stderr,
        "otel-run: no command to start\n  hint: write it behind the flags, as in: otel-run uvicorn main:app; \
         otel-run -h shows more\n"
    );
}

#[test]
fn a_flag_that_does_not_exist() {
    refused(
        &["--metric_exporter", "console"],
        &[],
        "unknown flag --metric_exporter\n  from: command line\n  hint: did you mean --metrics_exporter?",
    );
}

#[test]
fn a_flag_that_could_be_two() {
    refused(
        &["--bsp_max", "5"],
        &[],
        "flag --bsp_max is ambiguous\n  from: command line\n  \
         hint: it could be --bsp_max_queue_size, --bsp_max_export_batch_size",
    );
}

#[test]
fn a_bad_value_of_a_flag() {
    warned(
        &["--metric_export_interval", "5s"],
        &[],
        "cannot use OTEL_METRIC_EXPORT_INTERVAL: \"5s\" is not a number of milliseconds; \
         the default holds (60000)\n  from: flag --metric_export_interval\n  hint: use 5000",
    );
}

#[test]
fn a_bad_value_of_a_variable() {
    warned(
        &[],
        &[("OTEL_RUN_CONSOLE_FORMAT", "detail")],
        "cannot use OTEL_RUN_CONSOLE_FORMAT: \"detail\" is not known; the default holds (auto, which is json)\n  \
         from: environment\n  hint: did you mean detailed? Known: auto, json, basic, normal, detailed, pretty",
    );
}

#[test]
fn a_malformed_endpoint() {
    refused(
        &["--exporter_otlp_endpoint", "localhost:4318"],
        &[],
        "OTEL_EXPORTER_OTLP_ENDPOINT: \"localhost:4318\" has no scheme\n  from: flag --exporter_otlp_endpoint\n  \
         hint: write http://localhost:4318, or https://localhost:4318",
    );
    refused(
        &[],
        &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://collector:port/v1/metrics")],
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: \"http://collector:port/v1/metrics\" has no port from 1 to 65535\n  \
         from: environment\n  hint: write a URL such as http://localhost:4318",
    );
}

#[test]
fn a_key_without_its_certificate() {
    refused(
        &["--traces_exporter", "otlp"],
        &[("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/etc/key.pem")],
        "OTEL_EXPORTER_OTLP_CLIENT_KEY is set without OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE\n  \
         from: environment\n  \
         hint: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE as well; certificate and key come together",
    );
}

#[test]
fn headers_without_an_equals_sign() {
    // The text itself may be a secret, and is not repeated.
    warned(
        &["--traces_exporter", "otlp", "--exporter_otlp_headers", "Bearer s3cret"],
        &[],
        "OTEL_EXPORTER_OTLP_HEADERS: pair 1 has no \"=\" and was dropped\n  from: flag --exporter_otlp_headers\n  \
         hint: write name=value,name=value; percent-encode commas and percent signs in values",
    );
}

#[test]
fn broken_resource_attributes() {
    warned(
        &[],
        &[("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,region")],
        "OTEL_RESOURCE_ATTRIBUTES: pair 2 has no \"=\" and was dropped\n  from: environment\n  \
         hint: write name=value,name=value; percent-encode commas and percent signs in values",
    );
}

#[test]
fn an_unknown_exporter() {
    refused(
        &["--traces_exporter", "console,zipkin"],
        &[],
        "OTEL_TRACES_EXPORTER: unknown traces exporter \"zipkin\"\n  from: flag --traces_exporter\n  \
         hint: supported: azure, otlp, otlp/stdout, console, none",
    );
    refused(
        &[],
        &[("OTEL_METRICS_EXPORTER", "azure")],
        "the azure exporter has no connection string\n  from: environment\n  \
         hint: set APPLICATIONINSIGHTS_CONNECTION_STRING, or --connection_string",
    );
    warned(
        &["--lenient", "--traces_exporter", "zipkin"],
        &[],
        "OTEL_TRACES_EXPORTER: unknown traces exporter \"zipkin\"; going on without it\n  \
         from: flag --traces_exporter",
    );
}

#[test]
fn an_exporter_named_twice() {
    refused(
        &["--logs_exporter", "otlp,console,otlp"],
        &[],
        "OTEL_LOGS_EXPORTER: logs exporter otlp is named twice\n  from: flag --logs_exporter\n  \
         hint: name it once; supported: azure, otlp, otlp/stdout, console, none",
    );
}

#[test]
fn none_among_others() {
    warned(
        &["--traces_exporter", "console,none"],
        &[],
        "OTEL_TRACES_EXPORTER: \"none\" among the traces exporters switches the others off: console\n  \
         from: flag --traces_exporter",
    );
}

#[test]
fn a_bad_ingress() {
    refused(
        &[],
        &[("OTEL_RUN_INGRESS", "4318")],
        "cannot use OTEL_RUN_INGRESS: \"4318\" has no port\n  from: environment\n  \
         hint: use HOST:PORT, such as 127.0.0.1:4318 or [::1]:4318",
    );
}
