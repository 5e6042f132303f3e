use crate::export::azure::map::fixture;
use crate::otlp::Signal;
use serde_json::{Value, json};

/// The data of the exception that a record with these attributes becomes.
fn exception(record: Value) -> Value {
    let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]});
    let mut mapped = fixture::mapped(fixture::settings(), Signal::Logs, &request);
    let envelope = mapped.envelopes.remove(0);
    assert_eq!(envelope["name"], "Microsoft.ApplicationInsights.Exception");
    assert_eq!(mapped.items, [1]);
    envelope["data"]["baseData"].clone()
}

#[test]
fn what_is_missing_is_filled_in() {
    for (attributes, kind, message, full) in [
        (
            json!({"exception.type": "E", "exception.message": "m", "exception.stacktrace": "s"}),
            "E",
            "m",
            true,
        ),
        (json!({"exception.type": "E"}), "E", "Exception", false),
        (json!({"exception.message": "m"}), "Exception", "m", false),
        (
            json!({"exception.type": "", "exception.message": "", "exception.stacktrace": ""}),
            "Exception",
            "Exception",
            true,
        ),
    ] {
        let data = exception(json!({"attributes": fixture::attributes(attributes.clone())}));
        let first = &data["exceptions"][0];
        assert_eq!((&first["typeName"], &first["message"]), (&json!(kind), &json!(message)), "{attributes}");
        assert_eq!(first["hasFullStack"], full, "{attributes}");
        assert_eq!(data["severityLevel"], 3);
    }
}

#[test]
fn long_texts_are_cut() {
    let attributes = json!({
        "exception.type": "t".repeat(2000), "exception.message": "é".repeat(40_000),
        "exception.stacktrace": "🙂".repeat(20_000)
    });
    let data = exception(json!({"attributes": fixture::attributes(attributes)}));
    let first = &data["exceptions"][0];
    assert_eq!(first["typeName"], "t".repeat(1024));
    assert_eq!(first["message"], "é".repeat(32768));
    assert_eq!(first["stack"], "🙂".repeat(16384));
}
