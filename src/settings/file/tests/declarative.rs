//! OpenTelemetry's declarative configuration.

use super::*;

#[test]
fn exporters_and_their_settings() {
    let read = variables(
        "file_format: \"1.0\"
tracer_provider:
  processors:
    - batch:
        schedule_delay: 100
        max_queue_size: 64
        exporter:
          otlp_grpc:
            endpoint: https://collector:4317
            compression: gzip
            timeout: 0
            tls: {ca_file: /ca.pem, insecure: false}
            headers:
              - {name: api-key, value: \"${KEY:-a,b}\"}
              - {name: gone, value: }
            headers_list: api-key=other,x=1
    - simple: {exporter: {console: }}
meter_provider:
  readers:
    - periodic: {interval: 5000, exporter: {otlp_http: {encoding: json, temporality_preference: low_memory}}}
    - pull: {exporter: {prometheus/development: {host: 0.0.0.0, port: 9000}}}
",
    );
    for (name, value) in [
        ("OTEL_TRACES_EXPORTER", "otlp,console"),
        ("OTEL_METRICS_EXPORTER", "otlp,prometheus"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector:4317"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "86400000"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/ca.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=a%2Cb,x=1"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "lowmemory"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "9000"),
    ] {
        let found = read.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(found, Some(value), "{name}");
    }
}

#[test]
fn nothing_about_providers_leaves_destinations_alone() {
    assert_eq!(
        variables("file_format: \"1.0\"\ndisabled: true\nlog_level: warn2\n"),
        [
            ("OTEL_SDK_DISABLED".to_owned(), "true".to_owned()),
            ("OTEL_LOG_LEVEL".to_owned(), "warn".to_owned()),
        ]
    );
}

#[test]
fn samplers() {
    for (yaml, sampler, argument) in [
        ("always_off:", "always_off", None),
        ("trace_id_ratio_based: {ratio: 0.25}", "traceidratio", Some("0.25")),
        (
            "parent_based: {root: {trace_id_ratio_based: {ratio: 0.5}}}",
            "parentbased_traceidratio",
            Some("0.5"),
        ),
        ("parent_based:", "parentbased_always_on", None),
        ("probability/development: {ratio: 1}", "traceidratio", Some("1")),
    ] {
        let read = variables(&format!(
            "file_format: \"1.1\"\ntracer_provider:\n  processors: [simple: {{exporter: {{console: }}}}]\n  sampler: {{{yaml}}}\n"
        ));
        let get = |name: &str| read.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(
            (get("OTEL_TRACES_SAMPLER"), get("OTEL_TRACES_SAMPLER_ARG")),
            (Some(sampler), argument),
            "{yaml}"
        );
    }
}

#[test]
fn our_own_keys_are_flags_and_rules() {
    let read = good(
        "file_format: \"1.0\"
resource:
  attributes_list: a=1,b=2
  attributes: [{name: b, value: 3, type: int}]
distribution:
  other: {x: 1}
  otel_run:
    connection_string: ${CS:-InstrumentationKey=1}
    live_metrics: true
    skip: [pip, '*.sh']
    exporter_otlp_headers: {api-key: \"${K:-k}\"}
    processors:
      - type: drop
        include: {match_type: regexp, span_names: ['^GET /health'], kinds: [server], max_duration: 1.5s}
      - type: attribute
        items: [span, metric]
        include: {resource: [{key: team, value: blue}]}
        actions: [{key: n, action: upsert, value: 7}, {key: a, action: rename, to: b}]
      - type: redact
        kinds: [email]
        patterns: [{pattern: 'key=(?<k>.)\\w+', replace: '${k}***'}]
    sampling:
      keep_errors: true
      keep_slower_than: 2s
      overrides: [{span_names: [x], requests_per_second: 5}]
",
    );
    let get = |name: &str| {
        read.variables.iter().find(|(known, ..)| known == name).map(|(_, value, _)| value.as_str())
    };
    assert_eq!(get("APPLICATIONINSIGHTS_CONNECTION_STRING"), Some("InstrumentationKey=1"));
    assert_eq!(get("OTEL_RUN_LIVE_METRICS"), Some("on"));
    assert_eq!(get("OTEL_RUN_SKIP"), Some("pip,*.sh"));
    assert_eq!(get("OTEL_EXPORTER_OTLP_HEADERS"), Some("api-key=k"));
    assert_eq!(get("OTEL_RESOURCE_ATTRIBUTES"), Some("b=3,a=1"));
    let [drop, attributes, redact] = read.shape.processors.as_slice() else { panic!("{:?}", read.shape) };
    assert_eq!((drop.items.as_slice(), &drop.work), ([Item::Span].as_slice(), &Work::Drop));
    let include = drop.include.as_ref().unwrap();
    assert_eq!(include.max_duration, Some(std::time::Duration::from_millis(1500)));
    assert_eq!(attributes.items, [Item::Span, Item::Metric]);
    let Work::Attributes(actions) = &attributes.work else { panic!("{attributes:?}") };
    let changes: Vec<&Change> = actions.iter().map(|action| &action.change).collect();
    let seven = Change::Upsert(Source::Value(Scalar::Int(7)));
    assert_eq!(changes, [&seven, &Change::Rename { to: "b".into() }]);
    let Work::Redact(redaction) = &redact.work else { panic!("{redact:?}") };
    assert_eq!(redaction.patterns, [("key=(?<k>.)\\w+".to_owned(), "${k}***".to_owned())]);
    let sampling = &read.shape.sampling;
    assert!(sampling.keep_errors);
    assert_eq!(sampling.keep_slower_than, Some(std::time::Duration::from_secs(2)));
    assert_eq!(sampling.overrides.first().map(|rule| rule.rate), Some(Rate::PerSecond(5.0)));
}

#[test]
fn every_flag_of_the_table_is_a_key() {
    for (flag, entry) in super::super::declarative::own_entries() {
        let text = format!("file_format: \"1.0\"\ndistribution:\n  otel_run:\n    {flag}: \n");
        assert_eq!(good(&text).variables, [], "{}", entry.variable);
    }
}

#[test]
fn scopes_and_views_that_are_switched_off_become_processors() {
    let read = good(
        "file_format: \"1.0\"
tracer_provider:
  processors: [simple: {exporter: {console: }}]
  tracer_configurator/development:
    default_config: {enabled: false}
    tracers: [{name: 'my.*', config: {enabled: true}}]
logger_provider:
  processors: [simple: {exporter: {console: }}]
  logger_configurator/development:
    loggers: [{name: noisy, config: {minimum_severity: error}}]
meter_provider:
  readers: [periodic: {exporter: {console: }}]
  views:
    - {selector: {instrument_name: 'jvm.*'}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: a}, stream: {name: b, attribute_keys: {excluded: [c]}}}
",
    );
    let told: Vec<(&[Item], &Work)> =
        read.shape.processors.iter().map(|p| (p.items.as_slice(), &p.work)).collect();
    let [tracers, loggers, view, attributes, name] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(tracers, &([Item::Span].as_slice(), &Work::Drop));
    assert_eq!(loggers, &([Item::Log].as_slice(), &Work::Drop));
    assert_eq!(view, &([Item::Metric].as_slice(), &Work::Drop));
    assert!(matches!(attributes.1, Work::Attributes(_)) && matches!(name.1, Work::Name(_)));
    let spared = read.shape.processors.first().and_then(|p| p.exclude.clone()).unwrap();
    assert_eq!(spared.scopes, [Text::WholePattern("my\\..*".into())]);
}
