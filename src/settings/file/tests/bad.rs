//! What cannot be used, and how it is told.

use super::*;

/// Every line of the error but the first.
fn told(text: &str) -> String {
    let error = error(text);
    error.split_once('\n').map_or(error.clone(), |(_, rest)| rest.to_owned())
}

#[test]
fn the_place_the_mistake_and_a_hint() {
    for (text, expected) in [
        (
            "{\"conectionString\": \"x\", \"role\": {}}",
            "  FILE:1:2: unknown key: conectionString\n    hint: did you mean connectionString?",
        ),
        (
            "{\"role\": {\"nmae\": \"x\"}}",
            "  FILE:1:11: unknown key of role: nmae\n    hint: did you mean name?",
        ),
        (
            "{\"role\": \"x\"}",
            "  FILE:1:10: role is a single value, and must be a mapping of keys\n    hint: known keys: name, instance",
        ),
        ("{\"sampling\": {\"percentage\": \"all\"}}", "  FILE:1:29: sampling.percentage must be a number"),
        (
            "{\"sampling\": {\"percentage\": 101}}",
            "  FILE:1:29: sampling.percentage: \"101\" is not a percentage from 0 to 100\n    hint: use 25, or 0.5",
        ),
        (
            "{\"sampling\": {\"percentage\": [1]}}",
            "  FILE:1:29: sampling.percentage is a list, and must be a single value",
        ),
        (
            "{\"instrumentation\": {\"logging\": {\"level\": \"WRAN\"}}}",
            "  FILE:1:43: instrumentation.logging.level must be one of",
        ),
        (
            "{\"authentication\": {\"enabled\": \"yes\"}}",
            "  FILE:1:32: authentication.enabled must be true or false",
        ),
        (
            "{\"role\": {\"name\": true}}",
            "  FILE:1:19: role.name must be text\n    hint: put it in quotes: \"true\"",
        ),
        (
            "{\"role\": {}, \"role\": {}}",
            "  FILE:1:14: role is there twice, and was in line 1 before\n    hint: leave one of them out",
        ),
        (
            "{\"role\": {\"name\": \"${1A}\"}}",
            "  FILE:1:19: role.name: \"${1A}\" is no reference to a variable\n    hint: write ${NAME}, ${NAME:-default}, or $$ for a dollar sign",
        ),
        (
            "role:\n\tname: x\n",
            "  FILE:2:2: this is no YAML: tabs disallowed within this context (block indentation)\n    hint: indent with spaces",
        ),
        ("role: [\n", "  FILE:2:1: this is no YAML"),
        (
            "what: ever\n",
            "  FILE:1:1: this is neither an OpenTelemetry configuration nor an applicationinsights.json",
        ),
        ("- a\n", "  FILE:1:1: this is neither an OpenTelemetry configuration"),
        ("# nothing\n", "  FILE:1:1: the file is empty"),
        ("role: {}\n---\nrole: {}\n", "  FILE:2:1: there is a second document in this file"),
        ("file_format: \"2.0\"\n", "  FILE:1:14: file_format 2.0 is not read: it must be 1.0 to 1.1"),
        ("file_format: \"0.4\"\n", "  FILE:1:14: file_format 0.4 is not read: it must be 1.0 to 1.1"),
        ("file_format: x\n", "  FILE:1:14: file_format \"x\" is no version"),
        ("tracer_provider: {}\n", "  FILE:1:1: file_format is missing"),
        (
            "file_format: \"1.0\"\ntracer_provider: {procesors: []}\n",
            "  FILE:2:19: unknown key of tracer_provider: procesors\n    hint: did you mean processors?",
        ),
        (
            "file_format: \"1.0\"\ntracer_provider: {sampler: {always_onn: }}\n",
            "  FILE:2:39: tracer_provider.sampler.always_onn is no sampler that otel-run knows\n    hint: did you mean always_on?",
        ),
        (
            "file_format: \"1.0\"\ndistribution: {otel_run: {strcit: true}}\n",
            "  FILE:2:27: unknown key of distribution.otel_run: strcit\n    hint: did you mean strict?",
        ),
        (
            "file_format: \"1.0\"\ndistribution: {otel_run: {grace: forever}}\n",
            "  FILE:2:34: distribution.otel_run.grace: \"forever\" is not a number of seconds from 0 to 86400\n    hint: use 5, or 0.5",
        ),
    ] {
        let told = told(text);
        assert!(told.starts_with(expected), "{text}\n{told}\n{expected}");
    }
}

#[test]
fn processors_that_cannot_be_used() {
    for (processor, expected) in [
        (
            r#"{"type": "atribute"}"#,
            r#"preview.processors[0].type must be one of attribute, span, log, metric-filter, drop, redact, span_event, metric, not "atribute""#,
        ),
        ("{}", "preview.processors[0] has no type"),
        (r#"{"type": "attribute"}"#, "preview.processors[0] has no actions"),
        (
            r#"{"type": "attribute", "actions": [{"key": "a"}]}"#,
            "preview.processors[0].actions[0] has no action",
        ),
        (
            r#"{"type": "attribute", "actions": [{"action": "delete"}]}"#,
            "preview.processors[0].actions[0] has no key",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "insert"}]}"#,
            "preview.processors[0].actions[0] has no value",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "delete", "value": 1}]}"#,
            "preview.processors[0].actions[0].value has no meaning for this action",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "extract", "pattern": "x"}]}"#,
            "preview.processors[0].actions[0].pattern has no named group, and extracts nothing",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "mask", "pattern": "(?<x>.)", "replace": "${y}"}]}"#,
            "preview.processors[0].actions[0].replace: y is no group of the pattern\n    hint: its groups are x",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "mask", "pattern": "(?=x)", "replace": ""}]}"#,
            "preview.processors[0].actions[0].pattern: this is no regular expression (look-around",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "mask", "pattern": "[", "replace": ""}]}"#,
            "preview.processors[0].actions[0].pattern: this is no regular expression (unclosed character class): [",
        ),
        (
            r#"{"type": "attribute", "actions": [{"key": "a", "action": "mask", "pattern": "(\\w{1000}){1000}", "replace": ""}]}"#,
            "preview.processors[0].actions[0].pattern: this pattern is too large",
        ),
        (r#"{"type": "span"}"#, "preview.processors[0] has no name"),
        (
            r#"{"type": "span", "name": {"fromAtributes": ["a"]}}"#,
            "unknown key of preview.processors[0].name: fromAtributes\n    hint: did you mean fromAttributes?",
        ),
        (
            r#"{"type": "log", "body": {"toAttributes": {}}}"#,
            "preview.processors[0].body.toAttributes has no rules",
        ),
        (r#"{"type": "metric-filter"}"#, "preview.processors[0] has no exclude"),
        (r#"{"type": "drop"}"#, "preview.processors[0] has no include"),
        (
            r#"{"type": "drop", "include": {"matchType": "strict"}}"#,
            "preview.processors[0].include has no criteria",
        ),
        (
            r#"{"type": "drop", "include": {"spanNames": ["a"]}}"#,
            "preview.processors[0].include has no matchType",
        ),
        (
            r#"{"type": "drop", "include": {"matchType": "strict", "kinds": ["sever"]}}"#,
            r#"preview.processors[0].include.kinds must be one of internal, server, client, producer, consumer, not "sever""#,
        ),
        (
            r#"{"type": "drop", "include": {"matchType": "strict", "minDuration": "soon"}}"#,
            "preview.processors[0].include.minDuration: \"soon\" is no duration",
        ),
    ] {
        let told = told(&format!(r#"{{"preview": {{"processors": [{processor}]}}}}"#));
        assert!(told.contains(expected), "{processor}\n{told}\n{expected}");
    }
}

#[test]
fn all_of_them_at_once_and_no_more_than_twenty() {
    let lines: String = (0..30).map(|n| format!("  a{n}: 1\n")).collect();
    let error = error(&format!("role:\n  name: [1]\n{lines}"));
    assert!(
        error.starts_with("the configuration file cannot be used, 31 things are wrong:\n  FILE:2:9: "),
        "{error}"
    );
    assert!(error.ends_with("\n  and 11 more"), "{error}");
    assert_eq!(error.matches("hint: ").count(), 19, "{error}");
}

#[test]
fn bombs() {
    let mut billion = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, of) in ["b", "c", "d", "e", "f", "g"].iter().zip(["a", "b", "c", "d", "e", "f"]) {
        billion +=
            &format!("{name}: &{name} [*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of},*{of}]\n");
    }
    assert!(error(&billion).contains("more than 50000 values"), "{}", error(&billion));
    assert!(
        error(&"[".repeat(100_000)).contains("deep") || error(&"[".repeat(100_000)).contains("recursion")
    );
    assert!(error("role: &a [*a]\n").contains("this alias stands within what it names"));
    assert!(error(&"- ".repeat(10_000)).contains("FILE:1:"));
    let nested = format!("{}1{}", "{a: ".repeat(70), "}".repeat(70));
    assert!(error(&nested).contains("FILE:1:"));
}

#[test]
fn what_never_matches_is_a_warning() {
    for (processor, why) in [
        (
            r#"{"type": "log", "include": {"matchType": "strict", "spanNames": ["a"]}, "body": {"fixed": "x"}}"#,
            "include has criteria of spans, and it looks at log records",
        ),
        (
            r#"{"type": "drop", "include": {"matchType": "strict", "spanNames": ["a"]}, "exclude": {"matchType": "strict", "spanNames": ["a"]}}"#,
            "include and exclude are the same",
        ),
        (
            r#"{"type": "drop", "include": {"matchType": "strict", "minDuration": "2s", "maxDuration": "1s"}}"#,
            "no duration is between the least and the most",
        ),
        (
            r#"{"type": "drop", "include": {"matchType": "strict", "minSeverity": "error", "maxSeverity": "info"}}"#,
            "no severity is between the least and the most",
        ),
    ] {
        let notes = notes(&format!(r#"{{"preview": {{"processors": [{processor}]}}}}"#));
        let expected = format!(
            "processor 1 (FILE:1) never matches anything: {why}\n  from: FILE:1\n  hint: correct it, or leave it out"
        );
        assert_eq!(notes, [expected], "{processor}");
    }
    let filter = r#"{"type": "metric-filter", "include": {"matchType": "strict", "metricNames": ["b"]}, "exclude": {"matchType": "strict", "metricNames": ["a"]}}"#;
    let told = notes(&format!(r#"{{"preview": {{"processors": [{filter}]}}}}"#));
    assert!(told.concat().contains("a metric-filter looks at exclude alone"), "{told:?}");
}

#[test]
fn what_cannot_be_followed_is_a_warning() {
    let file = |rest: &str| format!("file_format: \"1.0\"\n{rest}");
    for (rest, expected) in [
        (
            "tracer_provider: {processors: [simple: {exporter: {zipkin: {}}}]}\n",
            "tracer_provider.processors[0].simple.exporter.zipkin is left out: otel-run has no exporter of that name",
        ),
        (
            "tracer_provider: {processors: [simple: {exporter: {otlp_htp: {}}}]}\n",
            "hint: did you mean otlp_http?",
        ),
        ("tracer_provider: {processors: [mine: {}]}\n", "tracer_provider.processors[0].mine is not followed"),
        (
            "tracer_provider: {processors: [simple: {exporter: {otlp_http: }}, simple: {exporter: {otlp_grpc: }}]}\n",
            "otlp_grpc is left out: each signal has one OTLP destination",
        ),
        (
            "tracer_provider: {processors: [simple: {exporter: {console: }}], sampler: {jaeger_remote/development: {}}}\n",
            "jaeger_remote/development is not followed",
        ),
        ("resource: {schema_url: 'http://x'}\n", "resource.schema_url (line 2): no variable says it"),
    ] {
        let told = notes(&file(rest)).join("\n");
        assert!(told.contains(expected), "{rest}\n{told}");
    }
    let told = notes("file_format: \"1.7\"\n").concat();
    assert!(told.contains("file_format 1.7 is newer than what otel-run knows, 1.1"), "{told}");
    let told = notes("{\"role\": {\"name\": \"a${GONE}${GONE}\"}}").concat();
    assert!(told.contains("variables that are not set count as empty: GONE (line 1)"), "{told}");
}

#[test]
fn json_as_others_write_it() {
    let text = "\u{feff}{\n\t\"role\": {\n\t\t\"name\": \"\\ud83d\\ude00 \\\\ud83d\\u00e9\\/\"\n\t}\n}";
    assert_eq!(
        variables(text),
        [("APPLICATIONINSIGHTS_ROLE_NAME".to_owned(), "\u{1f600} \\ud83dé/".to_owned())]
    );
}
