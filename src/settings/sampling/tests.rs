use super::*;
use crate::settings::fixture::loaded;
use crate::settings::shape::{AttributeMatch, Rate, SpanKind, SpanStatus, TelemetryType, Text};
use crate::settings::{Sampler, TargetSampler};
use std::time::Duration;

fn attribute(key: &str, value: Option<Text>) -> AttributeMatch {
    AttributeMatch { key: key.to_owned(), value }
}

fn exact(text: &str) -> Text {
    Text::Exact(text.to_owned())
}

#[test]
fn rules_as_they_are_typed() {
    let rule = rule::parse("http.route=/health:0").unwrap();
    assert_eq!((rule.name.as_str(), rule.telemetry), ("http.route=/health", None));
    assert_eq!(rule.rate, Rate::Percentage(0.0));
    assert_eq!(rule.selector.attributes, [attribute("http.route", Some(exact("/health")))]);

    let rule = rule::parse(
        " request and  status=error and kind=Server and duration>=1.5s and duration<10s and error.type and \
         resource.service.name=shop and name~GET /api/.* and scope=x : 12.5 % ",
    );
    let rule = rule.unwrap();
    let selector = rule.selector;
    assert_eq!((rule.telemetry, rule.rate), (Some(TelemetryType::Request), Rate::Percentage(12.5)));
    assert_eq!((selector.statuses, selector.kinds), (vec![SpanStatus::Error], vec![SpanKind::Server]));
    assert_eq!(selector.min_duration, Some(Duration::from_millis(1500)));
    assert_eq!(selector.max_duration, Some(Duration::from_secs(10)));
    assert_eq!(selector.attributes, [attribute("error.type", None)]);
    assert_eq!(selector.resource, [attribute("service.name", Some(exact("shop")))]);
    assert_eq!(selector.span_names, [Text::WholePattern("GET /api/.*".to_owned())]);
    assert_eq!(selector.scopes, [exact("x")]);

    let rule = rule::parse("log and severity>=17 and body~.*a=b.*: 5/s").unwrap();
    assert_eq!((rule.telemetry, rule.rate), (Some(TelemetryType::Trace), Rate::PerSecond(5.0)));
    assert_eq!(rule.selector.min_severity, Some(17));
    assert_eq!(rule.selector.log_bodies, [Text::WholePattern(".*a=b.*".to_owned())]);

    // The rate stands behind the last colon.
    let rule = rule::parse("url.full=http://a:1/b:100").unwrap();
    assert_eq!(rule.selector.attributes, [attribute("url.full", Some(exact("http://a:1/b")))]);
}

#[test]
fn complaints_about_rules() {
    for (typed, what, hint) in [
        ("http.route=/health", r#""http.route=/health" has no rate"#, "write CONDITIONS:RATE"),
        (":10", r#"":10" has no condition"#, "--traces_sampler"),
        ("a.b=c:many", r#""many" is not a rate"#, "0 to 100"),
        ("a.b=c:101", r#""101" is not a rate"#, "0 to 100"),
        ("a.b=c:0/s", r#""0/s" is not a number of traces per second above 0"#, "5/s"),
        ("requets and a.b=c:1", r#""requets" is no type of telemetry"#, "did you mean request?"),
        ("health:1", r#""health" is no type of telemetry"#, "the key of an attribute"),
        ("request and log:1", r#""log" is a second type of telemetry"#, "write two rules"),
        ("a.b=c and :1", r#""" is no condition"#, "write CONDITIONS:RATE"),
        ("=c:1", r#""=c" has no key"#, "write CONDITIONS:RATE"),
        ("a.b>5:1", r#""a.b>5" cannot be compared like this"#, "only duration and severity"),
        ("duration=2s:1", r#""duration=2s" cannot be compared like this"#, "duration>=2s"),
        ("duration>=2:1", r#""2" is not a time with its unit"#, "use 2s"),
        ("status=failed:1", r#""failed" is no status"#, "unset, ok, error"),
        ("kind=web:1", r#""web" is no kind"#, "server"),
        ("severity>=25:1", r#""25" is no severity number from 1 to 24"#, "17 for ERROR"),
        ("a.b~(:1", r#""(" is no pattern: unclosed group"#, "regular expression"),
    ] {
        let complaint = rule::parse(typed).expect_err(typed);
        assert_eq!(complaint.what, what, "{typed}");
        assert!(complaint.hint.as_ref().is_some_and(|told| told.contains(hint)), "{typed}: {complaint:?}");
    }
}

#[test]
fn a_rule_that_makes_no_sense_costs_a_warning() {
    let loaded = loaded(&[(OVERRIDES, "http.route=/health:0; junk ;status=error:100")]);
    let rules = loaded.settings.shape.sampling;
    let names: Vec<&str> = rules.overrides.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["http.route=/health", "status=error"]);
    assert!(
        loaded.warnings.iter().any(|warning| {
            warning.starts_with(
                "OTEL_RUN_SAMPLING_OVERRIDE: \"junk\" has no rate; this rule is left out\n  from: environment\n",
            )
        }),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn who_samples_when_there_are_rules() {
    let drop = (OVERRIDES, "http.route=/health:0");
    let keep = ("OTEL_RUN_KEEP_ERRORS", "true");
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.1")];
    let tenth = Sampler::TraceIdRatio { ratio: 0.1, parent_based: false };
    for (pairs, sampler, target, told) in [
        // What only drops needs nothing more of the program.
        (
            vec![drop],
            Sampler::AlwaysOn,
            TargetSampler::Same,
            "sampling: 0 % for http.route=/health; of the rest all that the program's SDK keeps",
        ),
        (
            vec![keep],
            Sampler::AlwaysOn,
            TargetSampler::AlwaysOn,
            "sampling: all traces with an error; of the rest otel-run keeps all traces (always_on)",
        ),
        (
            [&ratio[..], &[keep, drop, ("OTEL_RUN_KEEP_SLOWER_THAN", "1500ms")]].concat(),
            tenth,
            TargetSampler::AlwaysOn,
            "sampling: 0 % for http.route=/health; all traces with an error; all traces with a span of 1.5 s or \
             more; of the rest otel-run keeps 10 % of traces (traceidratio)",
        ),
        (
            vec![keep, ("OTEL_TRACES_SAMPLER", "parentbased_always_on")],
            Sampler::ParentBased { root_on: true },
            TargetSampler::ParentBasedAlwaysOn,
            "sampling: all traces with an error; of the rest otel-run keeps all traces (parentbased_always_on)",
        ),
    ] {
        let pairs = [&[("OTEL_TRACES_EXPORTER", "console")], &pairs[..]].concat();
        let settings = loaded(&pairs).settings;
        assert_eq!((settings.sampler, settings.inject.traces_sampler), (sampler, target), "{pairs:?}");
        assert_eq!(super::told(&settings).as_deref(), Some(told));
    }
    assert_eq!(super::told(&loaded(&[("OTEL_TRACES_EXPORTER", "console")]).settings), None);
}

#[test]
fn what_is_said_comes_before_what_a_file_says() {
    let file = r#"{"sampling": {"overrides": [
        {"telemetryType": "request", "percentage": 10, "attributes": [
            {"key": "url.path", "value": "/health", "matchType": "strict"}
        ]}
    ]}}"#;
    let file = ("APPLICATIONINSIGHTS_CONFIGURATION_CONTENT", file);
    let said = [
        ("OTEL_TRACES_EXPORTER", "console"),
        (OVERRIDES, "http.route=/pay:100"),
        ("OTEL_RUN_SAMPLING_DELAY", "0"),
    ];
    let rules = loaded(&[&[file], &said[..]].concat()).settings.shape.sampling;
    let rates: Vec<Rate> = rules.overrides.iter().map(|rule| rule.rate).collect();
    assert_eq!(rates, [Rate::Percentage(100.0), Rate::Percentage(10.0)]);
    assert_eq!(rules.overrides[1].telemetry, Some(TelemetryType::Request));
    assert_eq!(rules.delay, Some(Duration::ZERO));
}
