//! Rules by flag.

use crate::otlp::{Batch, Signal, json};
use crate::process::edit::Editor;
use crate::settings::fixture::{loaded, settings};
use crate::settings::shape::{AttributeAction, Change, RedactionKind, Scalar, Source, Work};
use serde_json::{Value as Json, json};

const CONSOLE: [(&str, &str); 3] = [
    ("OTEL_TRACES_EXPORTER", "console"),
    ("OTEL_METRICS_EXPORTER", "console"),
    ("OTEL_LOGS_EXPORTER", "console"),
];

/// Whether a request that was received is left out.
fn is_dropped(variable: (&str, &str), code: u64, attributes: &Json) -> bool {
    let shape = settings(&[&CONSOLE[..], &[variable]].concat()).shape;
    let pairs: Json = (attributes.as_object().expect("a map").iter())
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect();
    let span = json!({"name": "x", "kind": 2, "attributes": pairs, "status": {"code": code}});
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).to_string();
    let bytes = json::decode(Signal::Traces, request.as_bytes()).expect("OTLP/JSON");
    let batch = Batch::from_protobuf(Signal::Traces, bytes).expect("a request");
    Editor::new(&shape).expect("patterns").expect("a rule").edit(&batch).batch.is_none()
}

#[test]
fn health_checks() {
    let dropped =
        |code, attributes: &Json| is_dropped(("OTEL_RUN_DROP_HEALTH_CHECKS", "true"), code, attributes);
    for path in [
        "/health",
        "/healthz",
        "/health/",
        "/healthcheck",
        "/health-check",
        "/health_checks",
        "/livez",
        "/liveness",
        "/readyz",
        "/readiness",
        "/startupz",
        "/ping",
        "/heartbeat",
        "/api/v1/health",
        "/health/live",
        "/healthz/ready",
        "/_health",
        "/HEALTH",
        "/actuator/health",
        "/actuator/health/readiness",
        "/probes/startup",
        "/-/healthy",
        "/-/ready",
        "/robots933456.txt",
        "/health?full=1",
    ] {
        assert!(dropped(0, &json!({"url.path": path})), "{path}");
        assert!(!dropped(2, &json!({"url.path": path})), "{path} failed");
    }
    for path in [
        "/",
        "/live",
        "/ready",
        "/healthy-food",
        "/health/7",
        "/users/ping/history",
        "/a/b/c/d/health",
        "/shopping",
        "/status",
        "/orders?next=/health",
        "/robots.txt",
    ] {
        assert!(!dropped(0, &json!({"url.path": path})), "{path}");
    }
    for agent in [
        "kube-probe/1.31",
        "ELB-HealthChecker/2.0",
        "GoogleHC/1.0",
        "AlwaysOn",
        "HealthCheck/1.0",
        "ReadyForRequest/1.0 (HealthCheck)",
        "Azure Traffic Manager Endpoint Monitor",
        "Amazon-Route53-Health-Check-Service (ref x)",
        "Consul Health Check",
    ] {
        assert!(dropped(0, &json!({"url.path": "/orders", "user_agent.original": agent})), "{agent}");
        assert!(dropped(0, &json!({"http.target": "/orders", "http.user_agent": agent})), "{agent}");
    }
    for agent in ["curl/8.1", "Mozilla/5.0 (X11; Linux)", "my-HealthCheck/2", "python-requests/2"] {
        assert!(!dropped(0, &json!({"url.path": "/orders", "user_agent.original": agent})), "{agent}");
    }
}

#[test]
fn excluded_urls() {
    let dropped = |patterns, path: &str| {
        let attributes = json!({"url.scheme": "http", "server.address": "h", "url.path": path});
        is_dropped(("OTEL_PYTHON_EXCLUDED_URLS", patterns), 0, &attributes)
    };
    assert!(dropped("client/.*/info,healthcheck", "/client/7/info"));
    assert!(dropped("client/.*/info,healthcheck", "/a/healthchecks"));
    assert!(!dropped("client/.*/info,healthcheck", "/client/7"));
    assert!(!dropped("^/a", "/a"), "the whole URL is searched, as in Python");
    assert!(dropped("^http://h/a$", "/a"));
    let loaded = loaded(&[&CONSOLE[..], &[("OTEL_PYTHON_EXCLUDED_URLS", "(?!x),good")]].concat());
    assert!(loaded.warnings[0].starts_with("OTEL_PYTHON_EXCLUDED_URLS: \"(?!x)\" is no regular expression"));
    assert_eq!(loaded.settings.shape.processors.len(), 1);
}

#[test]
fn custom_dimensions() {
    let variables = [
        ("OTEL_RUN_CUSTOM_DIMENSION", "a=1,b=${REGION}-x,c=${NO_SUCH:-d},e=${NO_SUCH},f=50%25"),
        ("REGION", "north"),
    ];
    let loaded = loaded(&[&CONSOLE[..], &variables].concat());
    let [processor] = loaded.settings.shape.processors.as_slice() else { panic!("one") };
    let Work::Attributes(actions) = &processor.work else { panic!("{processor:?}") };
    let said: Vec<_> = actions.iter().map(|AttributeAction { keys, change }| (keys, change)).collect();
    let text = |text: &str| Change::Insert(Source::Value(Scalar::Text(text.to_owned())));
    let expected = [text("1"), text("north-x"), text("d"), text("50%")];
    assert_eq!(said.into_iter().map(|(_, change)| change.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(
        loaded.warnings,
        ["OTEL_RUN_CUSTOM_DIMENSION: e was dropped: NO_SUCH is not set\n  from: environment\n  \
          hint: set NO_SUCH, or write ${NO_SUCH:-default}"]
    );
}

#[test]
fn redaction_comes_first_and_tells_what_it_does_not_know() {
    let variables = [
        ("OTEL_RUN_REDACT", "email, Tokens,emial,email"),
        ("OTEL_RUN_DROP_HEALTH_CHECKS", "true"),
        ("OTEL_RUN_CUSTOM_DIMENSION", "a=1"),
    ];
    let loaded = loaded(&[&CONSOLE[..], &variables].concat());
    let processors = &loaded.settings.shape.processors;
    let Work::Redact(redaction) = &processors[0].work else { panic!("{processors:?}") };
    assert_eq!(redaction.kinds, [RedactionKind::Email, RedactionKind::Tokens]);
    assert_eq!(processors.last().map(|processor| processor.name.as_str()), Some("--custom_dimension"));
    assert_eq!(
        loaded.warnings,
        ["OTEL_RUN_REDACT: \"emial\" is nothing that otel-run can redact\n  from: environment\n  \
          hint: did you mean email? known: credentials, headers, sql, email, tokens, all"]
    );
    let all = settings(&[&CONSOLE[..], &[("OTEL_RUN_REDACT", "all")]].concat()).shape;
    let Work::Redact(redaction) = &all.processors[0].work else { panic!("{all:?}") };
    assert_eq!(redaction.kinds, RedactionKind::ALL);
}

#[test]
fn captured_headers_are_told_to_the_program_and_masked() {
    let mine = ("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", "mine");
    let loaded = loaded(&[&CONSOLE[..], &[("OTEL_RUN_CAPTURE_HEADERS", "x-tenant, Accept"), mine]].concat());
    let get = |variable: &str| loaded.environment.get(variable).and_then(|value| value.to_str());
    assert_eq!(get("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE"), Some("x-tenant,Accept"));
    assert_eq!(get(mine.0), Some("mine"), "what somebody said stays");
    assert!(
        get("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS")
            .is_some_and(|fields| fields.contains("cookie"))
    );
    let Work::Redact(redaction) = &loaded.settings.shape.processors[0].work else { panic!("masked") };
    assert_eq!(redaction.kinds, [RedactionKind::Headers]);
}

#[test]
fn roles_and_intervals() {
    let string =
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=11111111-2222-3333-4444-555555555555");
    let roles = [
        ("APPLICATIONINSIGHTS_ROLE_NAME", "web"),
        ("APPLICATIONINSIGHTS_ROLE_INSTANCE", "one"),
        ("OTEL_SERVICE_NAME", "shop"),
    ];
    let interval = ("APPLICATIONINSIGHTS_METRIC_INTERVAL_SECONDS", "30");
    let azure = [
        ("OTEL_TRACES_EXPORTER", "azure"),
        ("OTEL_METRICS_EXPORTER", "azure"),
        ("OTEL_LOGS_EXPORTER", "azure"),
    ];
    let settings = settings(&[&[string, interval][..], &roles, &azure].concat());
    let azure = settings.azure.expect("Azure");
    assert_eq!((settings.service_name.as_str(), azure.role_name.as_deref()), ("shop", Some("web")));
    assert_eq!(azure.role_instance.as_deref(), Some("one"));
    assert_eq!(settings.metric_export_interval.as_secs(), 30);
}
