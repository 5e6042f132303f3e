//! The comparer of the conformance test sees what is wrong, and only that.

use crate::support::golden::Golden;
use serde_json::{Value, json};

fn envelope() -> Value {
    json!({
        "name": "Microsoft.ApplicationInsights.Request", "time": "2026-01-01T00:00:00.000000Z", "iKey": "k",
        "tags": {"ai.operation.id": "t", "ai.cloud.role": "shop"},
        "data": {"baseType": "RequestData", "baseData": {
            "ver": 2, "id": "1", "name": "GET /", "duration": "0.00:00:00.013", "success": true, "responseCode": "200",
            "properties": {"a": "b", "_MS.links": "[{\"id\": \"1\"}]"}, "measurements": {"m": 1.5}
        }}
    })
}

/// The paths that differ when `change` was made to what was expected.
fn found(meta: &Value, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut seen = envelope();
    change(&mut seen);
    differences(meta, json!([envelope()]), &[seen])
}

fn differences(meta: &Value, expected: Value, seen: &[Value]) -> Vec<String> {
    let input =
        json!({"resourceSpans": [{"attributes": [{"key": "of.input", "value": {"stringValue": "v"}}]}]});
    let found = Golden::new(&input, expected, meta).differences(seen);
    found.iter().map(|difference| difference.path.join(" ")).collect()
}

fn set(pointer: &str, value: Value) -> impl FnOnce(&mut Value) {
    move |envelope: &mut Value| {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        envelope.pointer_mut(parent).unwrap()[key.replace("~1", "/")] = value;
    }
}

#[test]
fn what_is_wrong_is_found() {
    let none = json!({});
    for (pointer, value) in [
        ("/name", json!("Microsoft.ApplicationInsights.Message")),
        ("/time", json!("2026-01-01T00:00:00.001001Z")),
        ("/time", json!("yesterday")),
        ("/iKey", json!("other")),
        ("/sampleRate", json!(50)),
        ("/ver", json!(2)),
        ("/tags/ai.operation.id", json!("u")),
        ("/tags/ai.user.id", json!("u")),
        ("/data/baseType", json!("MessageData")),
        ("/data/baseData/ver", json!(1)),
        ("/data/baseData/name", json!("GET")),
        ("/data/baseData/name", Value::Null),
        ("/data/baseData/duration", json!("0.00:00:00.015")),
        ("/data/baseData/success", json!(false)),
        ("/data/baseData/success", json!("true")),
        ("/data/baseData/responseCode", json!(200)),
        ("/data/baseData/url", json!("http://h/")),
        ("/data/baseData/properties/a", json!("c")),
        ("/data/baseData/properties/a", json!("")),
        ("/data/baseData/properties/of.nobody", json!("v")),
        ("/data/baseData/properties/_MS.links", json!("[{\"id\": \"2\"}]")),
        ("/data/baseData/properties/_MS.links", json!("[{\"id\": \"1\"")),
        ("/data/baseData/measurements/m", json!(1.6)),
    ] {
        let path = pointer.replace('/', " ");
        assert_eq!(found(&none, set(pointer, value.clone())), [format!("0{path}")], "{pointer} {value}");
    }
    // Left out altogether.
    let gone = found(&none, |e| drop(e["data"]["baseData"].as_object_mut().unwrap().remove("properties")));
    assert_eq!(gone, ["0 data baseData properties _MS.links", "0 data baseData properties a"]);
}

#[test]
fn what_is_tolerated() {
    let none = json!({});
    for (pointer, value) in [
        ("/time", json!("2026-01-01T00:00:00.0009Z")),
        ("/ver", json!(1)),
        ("/sampleRate", json!(100)),
        ("/sampleRate", Value::Null),
        ("/tags/ai.internal.sdkVersion", json!("x")),
        ("/tags/ai.device.type", json!("x")),
        ("/tags/ai.user.id", json!("")),
        ("/data/baseData/ver", json!(2.0)),
        ("/data/baseData/duration", json!("00:00:00.0125")),
        ("/data/baseData/url", Value::Null),
        ("/data/baseData/source", json!("")),
        ("/data/baseData/properties/of.input", json!("v")),
        ("/data/baseData/properties/_MS.links", json!("[{\"id\":\"1\"}]")),
        ("/data/baseData/properties/_MS.ProcessedByMetricExtractors", json!("(Name:'Requests', Ver:'1.1')")),
    ] {
        assert_eq!(found(&none, set(pointer, value.clone())), [""; 0], "{pointer} {value}");
    }
}

#[test]
fn what_a_case_permits() {
    let meta = json!({
        "ignore": ["/*/tags/ai.cloud.*"],
        "quirks": [
            {"paths": ["/0/data/baseData/success"], "accept": {"/0/data/baseData/success": [false]}},
            {"paths": ["/0/data/baseData/responseCode", "/0/data/baseData/id"], "accept": {"/0/data/baseData/id": [null]}},
            {"paths": ["/1/data/baseData/name", "/0/data/baseData/properties/of~1x"]}
        ]
    });
    for (pointer, value, permitted) in [
        ("/tags/ai.cloud.role", json!("x"), true),
        ("/data/baseData/success", json!(false), true),
        ("/data/baseData/success", json!(1), false),
        ("/data/baseData/responseCode", json!("x"), true),
        ("/data/baseData/id", Value::Null, true),
        ("/data/baseData/id", json!("2"), false),
        ("/data/baseData/name", json!("x"), false),
        ("/data/baseData/properties/of~1x", json!("x"), true),
    ] {
        assert_eq!(found(&meta, set(pointer, value.clone())).is_empty(), permitted, "{pointer} {value}");
    }
}

#[test]
fn envelopes_are_paired_whatever_their_order() {
    let numbered = |n: u32| {
        let mut envelope = envelope();
        envelope["data"]["baseData"]["id"] = json!(n.to_string());
        envelope["data"]["baseData"]["name"] = json!(n.to_string());
        envelope
    };
    let none = json!({});
    let three = [numbered(3), numbered(1), numbered(2)];
    assert_eq!(differences(&none, json!([numbered(1), numbered(2), numbered(3)]), &three), [""; 0]);
    // One is changed: it stays with its identity.
    let mut changed = three.clone();
    changed[0]["data"]["baseData"]["name"] = json!("x");
    assert_eq!(
        differences(&none, json!([numbered(1), numbered(2), numbered(3)]), &changed),
        ["2 data baseData name"]
    );
    // One is missing, one too many, one twice.
    assert_eq!(differences(&none, json!([numbered(1), numbered(2)]), &three[1..2]), ["1"]);
    assert_eq!(differences(&none, json!([numbered(1)]), &three), ["1", "3"]);
    assert_eq!(differences(&none, json!([numbered(1)]), &[numbered(1), numbered(1)]), ["2"]);
    assert_eq!(differences(&none, json!([]), &[]), [""; 0]);
}

/// `docs/azure-mapping.md`: frames and causes are more than the reference tells.
#[test]
fn exceptions_may_tell_more_and_nothing_else() {
    let exceptions = |list: Value| json!([{"name": "n", "data": {"baseType": "ExceptionData", "baseData": {"exceptions": list}}}]);
    let expected = exceptions(json!([{"typeName": "E", "message": "m"}]));
    let seen = |list: Value| {
        let Value::Array(seen) = exceptions(list) else { panic!("an array") };
        differences(&json!({}), expected.clone(), &seen)
    };
    let cause = json!({"id": 2, "outerId": 1, "typeName": "C", "message": "c", "hasFullStack": true});
    assert!(
        seen(json!([{"id": 1, "typeName": "E", "message": "m", "parsedStack": [{"level": 0}]}, cause]))
            .is_empty()
    );
    let path = |field: &str| vec![format!("0 data baseData exceptions 0 {field}")];
    assert_eq!(seen(json!([{"typeName": "F", "message": "m"}])), path("typeName"));
    assert_eq!(seen(json!([{"typeName": "E", "message": "m", "stack": "s"}])), path("stack"));
    assert_eq!(seen(json!([{"typeName": "E", "message": "m", "outerId": 1}])), path("outerId"));
}

/// The schema takes 512 characters of the name of a custom event; the reference sends more.
#[test]
fn names_of_events_may_be_cut() {
    let event =
        |name: String| json!({"name": "n", "data": {"baseType": "EventData", "baseData": {"name": name}}});
    let expected = json!([event("e".repeat(600))]);
    let found = |name: String| differences(&json!({}), expected.clone(), &[event(name)]);
    assert!(found("e".repeat(512)).is_empty());
    assert_eq!(found("e".repeat(511)), ["0 data baseData name"]);
    assert_eq!(found("f".repeat(512)), ["0 data baseData name"]);
}

#[test]
fn what_is_ours_beyond_the_reference() {
    let exception = |exceptions: Value| json!({"data": {"baseType": "ExceptionData", "baseData": {"exceptions": exceptions}}});
    let expected = json!([exception(json!([{"typeName": "E", "message": "m"}]))]);
    for (exceptions, wrong) in [
        (
            json!([{"typeName": "E", "message": "m", "id": 1, "parsedStack": [{"level": 0, "method": "f"}]}]),
            vec![],
        ),
        (
            json!([{"typeName": "E", "message": "m"}, {"typeName": "Cause", "message": "c", "outerId": 1}]),
            vec![],
        ),
        (json!([{"typeName": "E", "message": "c"}]), vec!["0 data baseData exceptions 0 message"]),
        (
            json!([{"typeName": "E", "message": "m", "stack": "s"}]),
            vec!["0 data baseData exceptions 0 stack"],
        ),
        (json!([]), vec!["0 data baseData exceptions 0 message", "0 data baseData exceptions 0 typeName"]),
    ] {
        assert_eq!(
            differences(&json!({}), expected.clone(), &[exception(exceptions.clone())]),
            wrong,
            "{exceptions}"
        );
    }
    let request =
        |url: &str| json!({"data": {"baseType": "RequestData", "baseData": {"id": "i", "url": url}}});
    let expected = json!([request("http://h:80:80/p")]);
    for (url, right) in
        [("http://h:80/p", true), ("http://h:80:80/p", true), ("http://h/p", false), ("http://h:80/q", false)]
    {
        assert_eq!(differences(&json!({}), expected.clone(), &[request(url)]).is_empty(), right, "{url}");
    }
    let event = |name: String| json!({"data": {"baseType": "EventData", "baseData": {"name": name}}});
    let expected = json!([event("e".repeat(600))]);
    for (length, right) in [(512, true), (600, true), (511, false), (601, false)] {
        let found = differences(&json!({}), expected.clone(), &[event("e".repeat(length))]);
        assert_eq!(found.is_empty(), right, "{length}");
    }
    assert_eq!(differences(&json!({}), expected, &[event("f".repeat(512))]), ["0 data baseData name"]);
}
