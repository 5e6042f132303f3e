//! `applicationinsights.json`.

use super::*;

#[test]
fn what_has_a_variable_becomes_it() {
    for (json, expected) in [
        (
            r#""connectionString": "InstrumentationKey=1""#,
            vec![("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=1")],
        ),
        (
            r#""connectionString": "${file:secret.txt}""#,
            vec![("APPLICATIONINSIGHTS_CONNECTION_STRING", "file:secret.txt")],
        ),
        (
            r#""role": {"name": "shop", "instance": "a, b"}"#,
            vec![
                ("APPLICATIONINSIGHTS_ROLE_NAME", "shop"),
                ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=a%2C%20b"),
            ],
        ),
        (r#""sampling": {"percentage": 12.5}"#, vec![("APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE", "12.5")]),
        (
            r#""sampling": {"requestsPerSecond": 3}"#,
            vec![("APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND", "3")],
        ),
        (
            r#""proxy": {"host": "h", "port": 8080, "username": "u", "password": "p@:/x"}"#,
            vec![("APPLICATIONINSIGHTS_PROXY", "http://u:p%40%3A%2Fx@h:8080")],
        ),
        (r#""proxy": {"host": "h"}"#, vec![("APPLICATIONINSIGHTS_PROXY", "http://h:80")]),
        (r#""selfDiagnostics": {"level": "DEBUG"}"#, vec![("OTEL_LOG_LEVEL", "DEBUG")]),
        (r#""metricIntervalSeconds": 1.5"#, vec![("OTEL_METRIC_EXPORT_INTERVAL", "1500")]),
        (
            r#""authentication": {"enabled": true, "type": "SAMI"}"#,
            vec![("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD")],
        ),
        (
            r#""preview": {"authentication": {"enabled": true, "type": "UAMI", "clientId": "c"}}"#,
            vec![("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;ClientId=c")],
        ),
        (r#""authentication": {"enabled": false, "type": "CLIENTSECRET"}"#, vec![]),
        (
            r#""preview": {"captureHttpServer4xxAsError": false, "liveMetrics": {"enabled": true}}"#,
            vec![("OTEL_RUN_AZURE_SERVER_4XX_IS_ERROR", "off"), ("OTEL_RUN_LIVE_METRICS", "on")],
        ),
        (
            r#""internal": {"preAggregatedStandardMetrics": {"enabled": false}}"#,
            vec![("OTEL_RUN_STANDARD_METRICS", "off")],
        ),
        (
            r#""preview": {"additionalPropagators": ["b3", "b3multi"]}"#,
            vec![("OTEL_PROPAGATORS", "tracecontext,baggage,b3,b3multi")],
        ),
        (
            r#""preview": {"additionalPropagators": ["b3"], "disablePropagation": true}"#,
            vec![("OTEL_PROPAGATORS", "none")],
        ),
        (
            r#""preview": {"captureHttpServerHeaders": {"requestHeaders": ["a", "b"]}}"#,
            vec![
                ("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "a,b"),
                ("OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS", "a,b"),
            ],
        ),
        (
            r#""preview": {"generalExportQueueCapacity": 100}"#,
            vec![("OTEL_BSP_MAX_QUEUE_SIZE", "100"), ("OTEL_BLRP_MAX_QUEUE_SIZE", "100")],
        ),
        (r#""preview": {"diskPersistenceMaxSizeMb": 2}"#, vec![("OTEL_RUN_SPOOL_MAX_BYTES", "2097152")]),
        (r#""instrumentation": {"logging": {"level": "OFF"}}"#, vec![("OTEL_LOGS_EXPORTER", "none")]),
        (
            r#""instrumentation": {"kafka": {"enabled": false}, "rabbitmq": {"enabled": false}}"#,
            vec![
                ("OTEL_INSTRUMENTATION_KAFKA_ENABLED", "false"),
                ("OTEL_INSTRUMENTATION_SPRING_KAFKA_ENABLED", "false"),
                ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "aiokafka,confluent_kafka,kafka,aio-pika,pika"),
                ("OTEL_NODE_DISABLED_INSTRUMENTATIONS", "kafkajs,amqplib"),
                ("OTEL_INSTRUMENTATION_RABBITMQ_ENABLED", "false"),
                ("OTEL_INSTRUMENTATION_SPRING_RABBIT_ENABLED", "false"),
            ],
        ),
        (
            r#""preview": {"instrumentation": {"vertx": {"enabled": true}}}"#,
            vec![("OTEL_INSTRUMENTATION_VERTX_ENABLED", "true")],
        ),
        (
            r#""preview": {"customInstrumentation": [{"className": "a.B", "methodName": "c"}]}"#,
            vec![("OTEL_INSTRUMENTATION_METHODS_INCLUDE", "a.B[c]")],
        ),
    ] {
        let text = format!("{{{json}}}");
        let read = variables(&text);
        let read: Vec<(&str, &str)> =
            read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, expected, "{json}");
    }
}

#[test]
fn custom_dimensions_come_behind_the_processors_and_know_the_environment() {
    let text = r#"{
        "customDimensions": {"team": "${TEAM}", "tier": "${TIER:-web}", "service.version": "1.2"},
        "preview": {"processors": [{"type": "attribute", "actions": [{"key": "x", "action": "delete"}]}]}
    }"#;
    let (read, notes) = layer(text, &[("TEAM", "blue")]);
    let read = read.unwrap();
    assert_eq!(notes, [""; 0]);
    assert_eq!(
        read.variables,
        [("OTEL_RESOURCE_ATTRIBUTES".to_owned(), "service.version=1.2".to_owned(), 2)]
    );
    let [first, dimensions] = read.shape.processors.as_slice() else { panic!("{:?}", read.shape) };
    assert_eq!(first.name, "processor 1 (APPLICATIONINSIGHTS_CONFIGURATION_CONTENT:3)");
    assert_eq!(dimensions.items, [Item::Span, Item::Log, Item::Metric]);
    let Work::Attributes(actions) = &dimensions.work else { panic!("{dimensions:?}") };
    let told: Vec<(Keys, Change)> = actions.iter().map(|a| (a.keys.clone(), a.change.clone())).collect();
    let insert = |key: &str, value: &str| {
        (Keys::Exact(key.into()), Change::Insert(Source::Value(Scalar::Text(value.into()))))
    };
    assert_eq!(told, [insert("team", "blue"), insert("tier", "web")]);
}

fn processors(json: &str) -> Vec<Processor> {
    good(&format!(r#"{{"preview": {{"processors": [{json}]}}}}"#)).shape.processors
}

#[test]
fn criteria_of_spans_and_logs_stand_for_their_own_items() {
    let both = processors(
        r#"{"type": "attribute", "include": {"matchType": "strict", "spanNames": ["a"], "logBodies": ["b"]},
            "actions": [{"key": "k", "action": "delete"}]}"#,
    );
    let [span, log] = both.as_slice() else { panic!("{both:?}") };
    assert_eq!(
        (span.items.as_slice(), log.items.as_slice()),
        ([Item::Span].as_slice(), [Item::Log].as_slice())
    );
    let (span, log) = (span.include.as_ref().unwrap(), log.include.as_ref().unwrap());
    assert_eq!((span.span_names.len(), span.log_bodies.len()), (1, 0));
    assert_eq!((log.span_names.len(), log.log_bodies.len()), (0, 1));
}

#[test]
fn a_metric_filter_drops_what_it_excludes() {
    let read = processors(
        r#"{"type": "metric-filter", "exclude": {"matchType": "regexp", "metricNames": ["^jvm\\."]}}"#,
    );
    let [filter] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((&filter.work, filter.exclude.as_ref()), (&Work::Drop, None));
    let include = filter.include.as_ref().unwrap();
    assert_eq!(include.metric_names, [Text::Pattern("^jvm\\.".into())]);
}

#[test]
fn levels_of_logging_drop_what_is_below() {
    for (level, most) in [("WARN", 12), ("error", 16), ("FINE", 4), ("SEVERE", 16)] {
        let text = format!(r#"{{"instrumentation": {{"logging": {{"level": "{level}"}}}}}}"#);
        let shape = good(&text).shape;
        let include = shape.processors.first().unwrap().include.clone().unwrap();
        assert_eq!((include.min_severity, include.max_severity), (Some(1), Some(most)), "{level}");
    }
    assert!(good(r#"{"instrumentation": {"logging": {"level": "TRACE"}}}"#).shape.processors.is_empty());
}

#[test]
fn overrides_match_whole_values_and_mean_requests_and_dependencies() {
    let read = good(
        r#"{"sampling": {"percentage": 10, "overrides": [
            {"telemetryType": "request", "attributes": [{"key": "url.path", "value": "/health.*", "matchType": "regexp"}],
             "percentage": 0, "id": "health"},
            {"attributes": [{"key": "http.response.status_code", "value": 500, "matchType": "strict"}], "percentage": 100}
        ]}, "preview": {"sampling": {"parentBased": true}}}"#,
    );
    let sampling = read.shape.sampling;
    let kinds: Vec<_> = sampling.overrides.iter().map(|rule| rule.telemetry).collect();
    let (request, dependency) = (Some(TelemetryType::Request), Some(TelemetryType::Dependency));
    assert_eq!(kinds, [request, request, dependency]);
    let first = sampling.overrides.first().unwrap();
    assert!(first.name.starts_with("sampling override health ("), "{}", first.name);
    assert_eq!(first.rate, Rate::Percentage(0.0));
    let value = first.selector.attributes.first().and_then(|attribute| attribute.value.clone());
    assert_eq!(value, Some(Text::WholePattern("/health.*".into())));
    assert_eq!(sampling.parent_based, Some(true));
}

#[test]
fn what_has_no_effect_is_told_in_one_line() {
    let text = r#"{
        "heartbeat": {"intervalSeconds": 60},
        "selfDiagnostics": {"destination": "file", "file": {"path": "x.log", "maxSizeMb": 5}},
        "preview": {"statsbeat": {"disabled": true}, "profiler": {"enabled": false}}
    }"#;
    assert_eq!(
        notes(text),
        ["some keys have no effect here. heartbeat.intervalSeconds (line 2): otel-run sends no \
        heartbeat; selfDiagnostics.destination (line 3), selfDiagnostics.file.path (line 3): otel-run speaks on stderr \
        alone; preview.profiler (line 4): otel-run has no profiler\n  from: FILE"]
    );
    let usual = r#"{"heartbeat": {"intervalSeconds": 900}, "jmxMetrics": [], "preview": {"profiler": {}}}"#;
    assert_eq!(notes(usual), [""; 0]);
}
