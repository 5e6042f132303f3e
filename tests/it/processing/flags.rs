//! Rules that are ready-made.

use super::{asked, clean, observed};
use crate::frameworks::telemetry::CLIENT;

#[test]
fn health_checks() {
    let before = observed(&[], &["/health", "/orders/7"]);
    assert_eq!(before.served(), ["GET /health", "GET /orders/{number}"]);
    assert_eq!(before.bodies(), ["somebody looks after us", "order 7 of ann@example.com"]);
    assert_eq!(before.counted(), [("/health".to_owned(), 1), ("/orders/{number}".to_owned(), 1)]);

    let probe: &[(&str, &str)] = &[("user-agent", "kube-probe/1.31")];
    let requests = [("/health", &[][..]), ("/orders/8", probe), ("/orders/7", &[])];
    let after = asked(&clean(), &["--drop_health_checks"], &requests);
    assert_eq!(after.served(), ["GET /orders/{number}"]);
    // Neither is it counted.
    assert_eq!(after.counted(), [("/orders/{number}".to_owned(), 1)]);
    assert!(after.account().contains("2 left out (--drop_health_checks)"), "{}", after.account());
}

#[test]
fn excluded_urls() {
    // Python's own shim would not make them: here somebody else does not know the variable.
    let after = observed(
        &["--excluded_urls", "admin/.*,^https?://[^/]*/health$"],
        &["/health", "/admin/reports/x", "/orders/7"],
    );
    assert_eq!(after.served(), ["GET /orders/{number}"]);
    assert_eq!(after.counted(), [("/orders/{number}".to_owned(), 1)]);
}

#[test]
fn custom_dimensions() {
    let flags = [
        "--custom_dimension",
        "os_type=linux",
        "--custom_dimension",
        "region=${REGION}",
        "--custom_dimension",
        "http.route=mine",
    ];
    let after = observed(&flags, &["/orders/7"]);
    let span = after.servers()[0];
    assert_eq!((span.get("os_type"), span.get("region")), (Some("linux"), Some("north")));
    assert_eq!(span.get("http.route"), Some("/orders/{number}"), "what an item has stays");
    let log = after.telemetry.logs.iter().find(|log| log.body.starts_with("order")).expect("a log record");
    assert_eq!(log.attributes.get("os_type").map(String::as_str), Some("linux"));
    let point = after.telemetry.points.iter().find(|point| point.metric == "http.server.request.duration");
    assert_eq!(point.expect("a point").attributes.get("region").map(String::as_str), Some("north"));
}

#[test]
fn redaction() {
    let paths = ["/orders/7", "/fail", "/ask", "/orders/8?token=s3cret-token&page=3"];
    let before = observed(&[], &paths);
    assert!(
        before.text().contains("ann@example.com") && before.text().contains("s3cret"),
        "{}",
        before.text()
    );
    let after = observed(&["--redact", "all"], &paths);
    for secret in ["ann@", "s3cret", "pa55"] {
        assert!(!after.text().contains(secret), "{secret}: {}", after.text());
    }
    assert!(after.bodies().contains(&"order 7 of REDACTED"), "{:?}", after.bodies());
    let call = after.telemetry.of_kind(CLIENT)[0];
    let url = call.get("url.full").expect("a URL");
    assert!(url.contains("REDACTED@127.0.0.1") && url.ends_with("/stock?api_key=REDACTED&page=2"), "{url}");
    assert_eq!(before.served(), after.served());
    assert_eq!(after.telemetry.spans.iter().filter(|span| !span.exceptions.is_empty()).count(), 1);
}

/// By the application's own packages; secrets are masked on the way as well as in the program.
#[test]
fn captured_headers() {
    let headers: &[(&str, &str)] = &[("x-tenant", "blue"), ("cookie", "sid=s3cret-session")];
    let after =
        asked(&crate::python::web(), &["--capture_headers", "x-tenant,cookie"], &[("/orders/7", headers)]);
    let span = after.servers()[0];
    let tenant = span.get("http.request.header.x_tenant").unwrap_or_else(|| panic!("{span:#?}"));
    assert!(tenant.contains("blue"), "{tenant}");
    let cookie = span.get("http.request.header.cookie").unwrap_or_else(|| panic!("{span:#?}"));
    assert!(cookie.contains("REDACTED") && !after.text().contains("s3cret"), "{cookie}");
}
