//! `otel-run settings --effective`.

use super::{Place, otel_run};
use serde_json::Value;

const KEY: &str = "0af76519-16cd-43dd-8448-eb211c80319c";

fn yaml() -> String {
    format!(
        "file_format: \"1.0\"
distribution:
  otel_run:
    connection_string: InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9/
    processors:
      - {{type: drop, include: {{match_type: regexp, span_names: [^GET /health], max_duration: 1.5s}}}}
    sampling:
      overrides: [{{span_names: [x], percentage: 5}}]
"
    )
}

#[test]
fn everything_with_its_origin_and_no_secret() {
    let file = Place::of("otel.yaml", &yaml());
    let env = file.beside("a.env", "PASSWORD=s3cret\nOTEL_PYTHON_LOG_LEVEL=info\n");
    let words =
        ["settings", "--effective", "--config", file.path(), "--env-file", &env, "--service_name", "shop"];
    let seen = otel_run(&words, &[("OTEL_SPAN_EVENT_COUNT_LIMIT", "5")]);
    assert!(seen.status.success(), "{seen:?}");
    let text = seen.stdout.replace(file.path(), "FILE").replace(&env, "ENV");
    for line in [
        "  OTEL_SERVICE_NAME = shop  (flag --service_name)\n",
        "  OTEL_SPAN_EVENT_COUNT_LIMIT = 5  (environment)\n",
        "  OTEL_PYTHON_LOG_LEVEL = info  (ENV:2)\n",
        "  APPLICATIONINSIGHTS_CONNECTION_STRING = ***  (FILE:4)\n",
        "  OTEL_TRACES_EXPORTER = azure  (because APPLICATIONINSIGHTS_CONNECTION_STRING is set)\n",
        "  PASSWORD = ***  (ENV:1)\n",
        "  processor 1 (FILE:6)\n      drop of span with {\"max_duration\":\"1.5 s\",\"span_names\":[\"/^GET /health/\"]}\n",
        "  sampling override 1 (FILE:8)\n      5 % of everything with {\"span_names\":[\"x\"]}\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains(KEY) && !text.contains("s3cret"), "{text}");
}

#[test]
fn as_json() {
    let file = Place::of("otel.yaml", &yaml());
    let seen = otel_run(&["settings", "--effective", "--json", "--config", file.path(), "true"], &[]);
    let report: Value = serde_json::from_str(&seen.stdout).expect("JSON");
    let settings = report["settings"].as_array().expect("settings");
    let found =
        settings.iter().find(|each| each["variable"] == "APPLICATIONINSIGHTS_CONNECTION_STRING").unwrap();
    assert_eq!(found["value"], "***");
    assert_eq!(found["origin"]["file"]["line"], 4);
    assert_eq!(report["processors"][0]["items"][0], "span");
    assert_eq!(report["sampling"]["overrides"][0]["rate"]["Percentage"], 5.0);
    assert!(!seen.stdout.contains(KEY));
}

#[test]
fn the_keys_of_files_are_the_documentation_s() {
    let seen = otel_run(&["settings", "--keys"], &[]);
    let text = include_str!("../../../docs/configuration.md");
    let (_, rest) = text.split_once("<!-- keys -->\n").expect("the tables' place");
    let (shown, _) = rest.split_once("<!-- /keys -->").expect("the tables' end");
    assert!(shown == seen.stdout, "put the output of `otel-run settings --keys` into docs/configuration.md");
}

#[test]
fn the_example_is_whole() {
    for name in ["otel-run.yaml", "applicationinsights.json"] {
        let path = format!("{}/examples/config/{name}", env!("CARGO_MANIFEST_DIR"));
        let seen = otel_run(&["settings", "--effective", "--json", "--config", &path, "true"], &[]);
        assert!(seen.status.success(), "{seen:?}");
        let report: Value = serde_json::from_str(&seen.stdout).expect("JSON");
        assert!(report["processors"].as_array().is_some_and(|list| !list.is_empty()), "{report:#}");
        assert_eq!(report["warnings"].as_array().map(Vec::len), Some(0), "{:#}", report["warnings"]);
    }
}
