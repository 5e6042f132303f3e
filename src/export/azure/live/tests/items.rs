//! What becomes of spans and log records.

use super::*;

#[tokio::test(start_paused = true)]
async fn spans_and_log_records_become_items() {
    let live = live();
    live.watch().await;
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let failed = json!({"code": 2});
    let exception = attributes(&[
        ("exception.type", "ValueError"),
        ("exception.message", "no"),
        ("exception.stacktrace", "at"),
        ("colour", "red"),
    ]);
    let request = json!({"traceId": trace, "spanId": span, "name": "GET /a/{id}", "kind": 2, "status": failed,
        "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1250000000",
        "attributes": attributes(&[("http.request.method", "GET"), ("http.route", "/a/{id}"), ("url.scheme", "http"),
            ("server.address", "shop.example"), ("url.path", "/a/1"), ("http.response.status_code", "500"),
            ("_MS.sampleRate", "100"), ("tenant", "blue")]),
        "events": [{"name": "exception", "attributes": exception}, {"name": "other", "attributes": exception}]});
    let dependency = json!({"traceId": trace, "spanId": "b7ad6b7169203332", "name": "SELECT shop", "kind": 3,
        "status": failed, "startTimeUnixNano": "5", "endTimeUnixNano": "6",
        "attributes": attributes(&[("db.system.name", "postgresql"), ("db.query.text", "SELECT 1"),
            ("server.address", "db.example"), ("db.namespace", "shop")])});
    let records = json!([
        {"traceId": trace, "spanId": span, "body": {"stringValue": "failed"}, "attributes": exception},
        {"body": {"stringValue": " hello "}, "attributes": attributes(&[("k", "v")])},
        {"attributes": attributes(&[("microsoft.custom_event.name", "checkout"), ("k", "v")])},
        {"body": {"stringValue": "failed otherwise"}, "attributes": attributes(&[("exception.type", "OSError")])},
        {"attributes": attributes(&[("microsoft.availability.id", "1"), ("microsoft.availability.name", "a"),
            ("microsoft.availability.duration", "0.0:0:1"), ("microsoft.availability.success", "true")])},
    ]);
    feed(&live, &json!([request, dependency]), &records);
    tokio::time::advance(Duration::from_secs(1)).await;
    let point = take(&live, None);
    assert_eq!(metric(&point, r"\ApplicationInsights\Exceptions/Sec"), Some((2.0, 1)), "one was told twice");
    assert_eq!(metric(&point, r"\ApplicationInsights\Requests Failed/Sec"), Some((1.0, 1)));
    assert_eq!(metric(&point, r"\ApplicationInsights\Dependency Calls Failed/Sec"), Some((1.0, 1)));
    let properties = |pairs: &[(&str, &str)]| -> Value {
        pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
    };
    let documents = point["Documents"].as_array().unwrap();
    let expected = [
        json!({"DocumentType": "Request", "Name": "GET /a/{id}", "Url": "http://shop.example/a/1",
            "ResponseCode": "500", "Duration": "PT0.25S", "Properties": properties(&[("tenant", "blue")])}),
        json!({"DocumentType": "Exception", "ExceptionType": "ValueError", "ExceptionMessage": "no",
            "Properties": properties(&[("colour", "red")])}),
        json!({"DocumentType": "RemoteDependency", "Name": "SELECT shop", "CommandName": "SELECT 1",
            "ResultCode": "0", "Duration": "PT0S", "Properties": []}),
        json!({"DocumentType": "Exception", "ExceptionType": "OSError", "ExceptionMessage": "failed otherwise",
            "Properties": []}),
        json!({"DocumentType": "Trace", "Message": "hello", "Properties": properties(&[("k", "v")])}),
        json!({"DocumentType": "Event", "Name": "checkout", "Properties": properties(&[("k", "v")])}),
    ];
    for (document, mut expected) in documents.iter().zip(expected.clone()) {
        expected["DocumentStreamIds"] = json!([]);
        assert_eq!(*document, expected);
    }
    assert_eq!(documents.len(), expected.len());
    live.unwatch();
    feed(&live, &json!([request]), &records);
    assert_eq!(take(&live, None)["Documents"], json!([]));
}
