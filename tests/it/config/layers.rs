//! Flag, environment, file of variables, configuration file, default: who wins, and what the program gets.

use super::{Place, otel_run};

/// What `script` prints behind these flags.
fn printed(flags: &[&str], variables: &[(&str, &str)], script: &str) -> String {
    let seen = otel_run(&[flags, &["sh", "-c", script]].concat(), variables);
    assert!(seen.status.success() && seen.stderr.is_empty(), "{seen:?}");
    seen.stdout
}

const YAML: &str = "file_format: \"1.0\"
attribute_limits: {attribute_count_limit: 7}
resource: {attributes: [{name: team, value: blue}, {name: tier, value: web}]}
distribution: {otel_run: {traces_exporter: none, metrics_exporter: none, logs_exporter: none, span_event_count_limit: 1}}
";

#[test]
fn who_wins() {
    let file = Place::of("otel.yaml", YAML);
    let env = file.beside("a.env", "OTEL_SPAN_EVENT_COUNT_LIMIT=2\nOTEL_CONFIG_FILE=/not/this/one\n");
    let script = "echo $OTEL_SPAN_EVENT_COUNT_LIMIT $OTEL_ATTRIBUTE_COUNT_LIMIT";
    let config = ["--config", file.path()];
    let both = ["--config", file.path(), "--env-file", &env];
    let flag = [&both[..], &["--span-event-count-limit", "4"]].concat();
    let set = [("OTEL_SPAN_EVENT_COUNT_LIMIT", "3")];
    assert_eq!(printed(&config, &[], script), "1 7\n");
    assert_eq!(printed(&both, &[], script), "2 7\n");
    assert_eq!(printed(&both, &set, script), "3 7\n");
    assert_eq!(printed(&flag, &set, script), "4 7\n");
    // An empty variable counts as unset for settings; what a file of variables says does not replace it.
    assert_eq!(printed(&config, &[("OTEL_SPAN_EVENT_COUNT_LIMIT", "")], script), "1 7\n");
    let unset = [&config[..], &["--span-event-count-limit="]].concat();
    assert_eq!(printed(&unset, &[], script), "7\n");
}

#[test]
fn every_name_of_the_file_and_none_of_them_in_the_program() {
    let file = Place::of("otel.yaml", YAML);
    let script = "echo $OTEL_ATTRIBUTE_COUNT_LIMIT; env | grep -cE '^(OTEL|APPLICATION).*CONFIG'; true";
    for variable in
        ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE", "APPLICATIONINSIGHTS_CONFIGURATION_FILE"]
    {
        assert_eq!(printed(&[], &[(variable, file.path())], script), "7\n0\n", "{variable}");
    }
    assert_eq!(printed(&[], &[("APPLICATIONINSIGHTS_CONFIGURATION_CONTENT", YAML)], script), "7\n0\n");
    assert_eq!(printed(&["--config_file", file.path()], &[], script), "7\n0\n");
}

#[test]
fn attributes_of_the_resource_are_put_together() {
    let file = Place::of("otel.yaml", YAML);
    let set = [("OTEL_RESOURCE_ATTRIBUTES", "team=red,zone=1")];
    let seen = otel_run(&["env", "--format", "json", "--config", file.path(), "true"], &set);
    for pair in ["team=red", "tier=web", "zone=1"] {
        assert!(seen.stdout.contains(pair), "{pair}: {seen:?}");
    }
}

#[test]
fn a_file_of_variables_is_for_the_program_too_even_one_that_stays_as_it_is() {
    let env = Place::of("a.env", "export COLOUR='deep blue' # ours\nSHAPE=\"round\\nball\"\nSIZE=1\n");
    let more = env.beside("b.env", "SIZE=2\n");
    let script = "echo \"$COLOUR,$SHAPE,$SIZE,$KEPT\"";
    let flags = [
        "--env-file",
        env.path(),
        "--env-file",
        &more,
        "--traces_exporter",
        "none",
        "--metrics_exporter",
        "none",
        "--logs_exporter",
        "none",
    ];
    assert_eq!(printed(&flags, &[("KEPT", "x")], script), "deep blue,round\nball,2,x\n");
    assert_eq!(
        printed(&[&flags[..], &["--skip", "sh"]].concat(), &[("SIZE", "9")], script),
        "deep blue,round\nball,9,\n"
    );
}

#[test]
fn headers_do_not_follow_another_endpoint() {
    let file = Place::of(
        "otel.yaml",
        "file_format: \"1.0\"
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-http://127.0.0.1:9}/v1/traces
            headers: [{name: api-key, value: \"${KEY}\"}]
",
    );
    let shown = |flags: &[&str], variables: &[(&str, &str)]| {
        let words = [&["settings", "--effective", "--config", file.path()], flags, &["true"]].concat();
        otel_run(&words, &[&[("KEY", "k")], variables].concat()).stdout
    };
    assert!(shown(&[], &[]).contains("OTEL_EXPORTER_OTLP_TRACES_HEADERS = api-key=***"));
    let same = shown(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:10")]);
    assert!(same.contains("TRACES_ENDPOINT = http://127.0.0.1:10/v1/traces"), "{same}");
    assert!(same.contains("OTEL_EXPORTER_OTLP_TRACES_HEADERS = api-key=***"), "{same}");
    let other = shown(&["--exporter_otlp_traces_endpoint", "http://other:1/x"], &[]);
    assert!(other.contains("TRACES_ENDPOINT = http://other:1/x") && !other.contains("HEADERS"), "{other}");
}
