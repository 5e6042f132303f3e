//! Rules of a file, in both vocabularies: what the guides do in code, done without.

use super::{Observed, observed};
use crate::frameworks::telemetry::CLIENT;
use std::io::Write;
use tempfile::NamedTempFile;

fn file(ending: &str, text: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(ending).tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

/// With these processors, in YAML.
pub(super) fn processors(yaml: &str) -> NamedTempFile {
    let indented: String = yaml.lines().map(|line| format!("      {line}\n")).collect();
    file(".yaml", &format!("file_format: \"1.0\"\ndistribution:\n  otel_run:\n    processors:\n{indented}"))
}

fn with(config: &NamedTempFile, paths: &[&str]) -> Observed {
    let observed = observed(&["--config", config.path().to_str().expect("UTF-8")], paths);
    assert!(!observed.finished.stderr.contains("otel-run: warning"), "{}", observed.finished.stderr);
    observed
}

#[test]
fn attributes_of_spans_and_logs() {
    let config = processors(
        "- type: attribute
  include: {matchType: regexp, attributes: [{key: http.route, value: '^/orders/'}]}
  items: [span]
  actions:
    - {key: os_type, action: insert, value: linux}
    - {key: service, action: insert, fromResource: service.name}
    - {key: url.path, action: mask, pattern: '\\d+', replace: '#'}
    - {key: url.path, action: extract, pattern: '^/(?<area>\\w+)'}
    - {key: network.peer.address, action: hash}
    - {key: http.route, action: update, value: /orders/some}
- type: attribute
  items: [log]
  actions:
    - {key: code.line.number, action: delete}
    - {key: logger, action: upsert, value: shop}",
    );
    let before = observed(&[], &["/orders/7", "/health"]);
    let after = with(&config, &["/orders/7", "/health"]);
    let [order, health] = ["orders", "health"].map(|path| {
        let found = after
            .servers()
            .into_iter()
            .find(|span| span.get("url.path").is_some_and(|text| text.contains(path)));
        found.expect("a span").clone()
    });
    for (key, value) in [
        ("os_type", "linux"),
        ("service", "shop"),
        ("url.path", "/orders/#"),
        ("area", "orders"),
        ("http.route", "/orders/some"),
    ] {
        assert_eq!(order.get(key), Some(value), "{key}");
    }
    let address = order.get("network.peer.address").expect("an address");
    assert!(address.len() == 64 && address.bytes().all(|byte| byte.is_ascii_hexdigit()), "{address}");
    assert_eq!(
        (health.get("os_type"), health.get("url.path")),
        (None, Some("/health")),
        "the others stay as they were"
    );
    // Metrics are derived from what is told, not from what came.
    assert_eq!(before.counted(), [("/health".to_owned(), 1), ("/orders/{number}".to_owned(), 1)]);
    assert_eq!(after.counted(), [("/health".to_owned(), 1), ("/orders/some".to_owned(), 1)]);
    let line = |observed: &Observed| {
        let log =
            observed.telemetry.logs.iter().find(|log| log.body.starts_with("order 7")).expect("a record");
        (log.attributes.contains_key("code.line.number"), log.attributes.get("logger").cloned())
    };
    assert_eq!(line(&before), (true, None));
    assert_eq!(line(&after), (false, Some("shop".to_owned())));
}

#[test]
fn names_and_bodies() {
    let config = processors(
        "- type: span
  include: {matchType: strict, kinds: [server]}
  name: {fromAttributes: [http.request.method, url.path], separator: ' '}
- type: span
  name: {toAttributes: {rules: ['^GET /admin/reports/(?<report>\\w+)$']}}
- type: log
  body: {toAttributes: {rules: ['order (?<order>\\d+)']}}",
    );
    let after = with(&config, &["/orders/7", "/admin/reports/sales"]);
    assert_eq!(after.served(), ["GET /admin/reports/{report}", "GET /orders/7"]);
    let report = after.servers().into_iter().find_map(|span| span.get("report"));
    assert_eq!(report, Some("sales"));
    assert_eq!(after.bodies(), ["order {order} of ann@example.com"]);
    let order = after.telemetry.logs.iter().find_map(|log| log.attributes.get("order"));
    assert_eq!(order.map(String::as_str), Some("7"));
}

#[test]
fn filters() {
    let config = processors(
        "- type: drop
  items: [span]
  include: {matchType: regexp, spanNames: ['^GET /orders/']}
  exclude: {matchType: strict, statuses: [error]}
- type: drop
  items: [span]
  include: {matchType: regexp, urls: ['/stock$'], kinds: [client]}
- type: drop
  items: [log]
  include: {matchType: regexp, logBodies: ['looks after']}
- type: metric-filter
  exclude: {matchType: strict, metricNames: [http.client.request.duration]}",
    );
    let paths = ["/orders/7", "/health", "/ask", "/fail"];
    let before = observed(&[], &paths);
    assert!(before.telemetry.metrics.iter().any(|name| name == "http.client.request.duration"));
    assert_eq!(before.telemetry.of_kind(CLIENT).len(), 1);
    let after = with(&config, &paths);
    assert!(!after.served().contains(&"GET /orders/{number}"), "{:?}", after.served());
    assert!(after.served().contains(&"GET /fail") && after.served().contains(&"GET /health"));
    assert_eq!(after.telemetry.of_kind(CLIENT).len(), 0);
    assert_eq!(after.bodies().iter().filter(|body| body.contains("looks after")).count(), 0);
    assert!(!after.telemetry.metrics.iter().any(|name| name == "http.client.request.duration"));
    assert!(after.account().contains("left out (processor 1 ("), "{}", after.account());
}

/// The Java agent's file, as it is.
#[test]
fn applicationinsights_json() {
    let config = file(
        ".json",
        r#"{
          "customDimensions": {"team": "orders", "region": "${REGION}"},
          "preview": {"processors": [
            {"type": "attribute",
             "include": {"matchType": "strict", "attributes": [{"key": "http.response.status_code", "value": "200"}]},
             "actions": [
               {"key": "attribute1", "action": "insert", "value": "value1"},
               {"key": "copy", "action": "insert", "fromAttribute": "http.route"},
               {"key": "network.peer.port", "action": "delete"}
             ]},
            {"type": "span",
             "include": {"matchType": "regexp", "spanNames": ["^GET /orders/"]},
             "exclude": {"matchType": "strict", "attributes": [{"key": "redaction_tracking", "value": "false"}]},
             "name": {"fromAttributes": ["http.route", "http.request.method"], "separator": "::"}},
            {"type": "log",
             "body": {"toAttributes": {"rules": ["of (?<user>[a-z]+)@"]}}},
            {"type": "metric-filter",
             "exclude": {"matchType": "regexp", "metricNames": ["^process\\."]}}
          ]}
        }"#,
    );
    let after = with(&config, &["/orders/7", "/fail"]);
    assert_eq!(after.served(), ["/orders/{number}::GET", "GET /fail"]);
    let order = after.servers().into_iter().find(|span| span.name.ends_with("GET")).expect("a span");
    for (key, value) in
        [("attribute1", "value1"), ("copy", "/orders/{number}"), ("team", "orders"), ("region", "north")]
    {
        assert_eq!(order.get(key), Some(value), "{key}");
    }
    assert_eq!(order.get("network.peer.port"), None);
    let failed = after.servers().into_iter().find(|span| span.name == "GET /fail").expect("a span");
    assert_eq!((failed.get("attribute1"), failed.get("team")), (None, Some("orders")));
    assert_eq!(after.bodies(), ["order 7 of {user}@example.com"]);
    assert!(
        !after.telemetry.metrics.iter().any(|name| name.starts_with("process.")),
        "{:?}",
        after.telemetry.metrics
    );
}

/// The trap: found anywhere.
#[test]
fn a_pattern_is_found_anywhere_unless_it_says_where() {
    let of = |pattern: &str| {
        let config = processors(&format!(
            "- type: drop\n  items: [span]\n  include: {{matchType: regexp, spanNames: ['{pattern}']}}"
        ));
        with(&config, &["/orders/7", "/health"]).served().len()
    };
    assert_eq!((of("ealt"), of("^ealt$"), of("^GET /health$")), (1, 2, 1));
}
