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

#[test]
fn causes_follow_with_frames() {
    let stack = concat!(
        "Traceback (most recent call last):\n  File \"/a/site-packages/shop/a.py\", line 3, in take\n    x()\n",
        "KeyError: 'k'\n\nThe above exception was the direct cause of the following exception:\n\n",
        "Traceback (most recent call last):\n  File \"/m.py\", line 9, in <module>\n  File \"/m.py\", line 5, in pay\n",
        "shop.Empty: no stock\n"
    );
    let attributes =
        json!({"exception.type": "shop.Empty", "exception.message": "m", "exception.stacktrace": stack});
    let data = exception(json!({"attributes": fixture::attributes(attributes)}));
    assert_eq!(
        data["exceptions"],
        json!([
            {
                "id": 1, "typeName": "shop.Empty", "message": "m", "hasFullStack": true, "stack": stack,
                "parsedStack": [
                    {"level": 0, "method": "pay", "fileName": "/m.py", "line": 5},
                    {"level": 1, "method": "<module>", "fileName": "/m.py", "line": 9}
                ]
            },
            {
                "id": 2, "outerId": 1, "typeName": "KeyError", "message": "'k'", "hasFullStack": true,
                "parsedStack": [
                    {"level": 0, "method": "take", "assembly": "shop", "fileName": "/a/site-packages/shop/a.py", "line": 3}
                ]
            }
        ])
    );
}

#[test]
fn chains_and_frames_have_bounds() {
    let mut stack = "A: a\n".to_owned();
    for _ in 0..50 {
        stack.push_str(&"\tat a.B.c(B.java:4294967295)\n".repeat(150));
        stack.push_str("Caused by: B\n");
    }
    let attributes = json!({"exception.type": "A", "exception.stacktrace": stack});
    let data = exception(json!({"attributes": fixture::attributes(attributes)}));
    let exceptions = data["exceptions"].as_array().unwrap();
    assert_eq!((exceptions.len(), &exceptions[9]["outerId"]), (10, &json!(9)));
    assert_eq!(exceptions[0]["hasFullStack"], false, "the text is cut");
    for exception in exceptions {
        let frames = exception["parsedStack"].as_array().unwrap();
        assert_eq!((frames.len(), &frames[99]["level"]), (100, &json!(149)));
        assert_eq!(frames[0]["line"], i32::MAX);
    }
    assert_eq!(exceptions[1]["message"], "Exception");
}
