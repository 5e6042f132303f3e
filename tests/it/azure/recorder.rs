//! The stand-in for Azure Monitor is as strict as the service: it takes what Microsoft's own
//! exporters send, and refuses what the schema refuses.

use crate::support::recorder::{KEY, check};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Where Microsoft's exporters themselves leave the schema, and a time that the corpus leaves open.
const LAPSES: [&str; 9] = [
    "EventData: name: has 600 UTF-16 units, more than 512",
    "MessageData: message: is empty",
    "MetricData: metrics: value: is \"-Infinity\", no finite number",
    "MetricData: metrics: value: is \"Infinity\", no finite number",
    "MetricData: metrics: value: is \"NaN\", no finite number",
    "ai.operation.name: has 1100 UTF-16 units, more than 1024",
    "ai.operation.name: has 1105 UTF-16 units, more than 1024",
    "sampleRate is 0.0",
    "time: is \"<time-of-run>\", no moment in UTC",
];

#[test]
fn takes_what_microsoft_sends() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/azure");
    let (mut seen, mut faults) = (0, BTreeSet::new());
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        if !path.to_string_lossy().ends_with(".expected.json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let envelopes: Vec<Value> = serde_json::from_str(&text).expect("an array");
        for mut envelope in envelopes {
            envelope["iKey"] = KEY.into();
            faults.extend(check(&envelope).err());
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
    assert_eq!(faults.iter().map(String::as_str).collect::<Vec<_>>(), LAPSES);
}

fn envelope(kind: &str, base_type: &str, data: Value) -> Value {
    let mut data = data;
    data["ver"] = 2.into();
    json!({
        "ver": 1, "name": format!("Microsoft.ApplicationInsights.{kind}"), "iKey": KEY,
        "time": "2026-11-21T00:57:47.094789Z", "tags": {"ai.cloud.role": "shop"},
        "data": {"baseType": base_type, "baseData": data},
    })
}

fn request() -> Value {
    let data = json!({
        "id": "1", "duration": "0.00:00:00.001000", "success": true, "responseCode": "200",
        "properties": {"k": "v"}, "measurements": {"n": 1.5},
    });
    envelope("Request", "RequestData", data)
}

#[test]
fn refuses_what_the_schema_refuses() {
    assert_eq!(check(&request()), Ok(()));
    let long = |units: usize| Value::from("x".repeat(units));
    for (path, value) in [
        ("/ver", json!(2)),
        ("/name", json!("Microsoft.ApplicationInsights.Requests")),
        ("/name", json!("Microsoft.ApplicationInsights.Message")),
        ("/time", json!("2026-11-21 00:57:47")),
        ("/time", json!("2026-13-21T00:57:47Z")),
        ("/time", json!("2026-11-21T00:57:47.12345678Z")),
        ("/iKey", json!("another")),
        ("/tags/ai.cloud.role", long(257)),
        ("/tags/ai.cloud.role", json!(1)),
        ("/data/baseData/ver", json!(1)),
        ("/data/baseData/id", json!("")),
        ("/data/baseData/id", long(513)),
        ("/data/baseData/id", Value::from("🙂".repeat(257))),
        ("/data/baseData/duration", json!("1.5")),
        ("/data/baseData/duration", json!("0.24:00:00.000000")),
        ("/data/baseData/duration", json!("1000.00:00:00.000000")),
        ("/data/baseData/success", json!("true")),
        ("/data/baseData/responseCode", json!(200)),
        ("/data/baseData/properties/k", long(8193)),
        ("/data/baseData/properties/k", json!(1)),
        ("/data/baseData/measurements/n", json!("1")),
    ] {
        let mut wrong = request();
        *wrong.pointer_mut(path).expect(path) = value.clone();
        assert!(check(&wrong).is_err(), "{path} = {value}");
    }
    for path in ["/time", "/iKey", "/data", "/data/baseData/id", "/data/baseData/success"] {
        let mut wrong = request();
        let (parent, name) = path.rsplit_once('/').expect("a path");
        let parent = wrong.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        parent.remove(name);
        assert!(check(&wrong).is_err(), "without {path}");
    }
    for path in ["", "/tags", "/data", "/data/baseData"] {
        let mut wrong = request();
        wrong.pointer_mut(path).expect(path)["surprise"] = json!("x");
        assert!(check(&wrong).is_err(), "{path} with a surprise");
    }
    let metric = |metrics: Value| check(&envelope("Metric", "MetricData", json!({"metrics": metrics})));
    assert_eq!(metric(json!([{"name": "n", "value": 1, "count": 2, "min": 0, "max": 1}])), Ok(()));
    assert!(metric(json!([])).is_err());
    assert!(metric(json!([{"name": "a", "value": 1}, {"name": "b", "value": 1}])).is_err());
    assert!(metric(json!([{"name": "n", "value": null}])).is_err());
    assert!(metric(json!([{"name": "n", "value": 1, "count": 2_147_483_648_i64}])).is_err());
    let exception =
        |exceptions: Value| check(&envelope("Exception", "ExceptionData", json!({"exceptions": exceptions})));
    let frames = |count: usize| vec![json!({"level": 0, "method": "m"}); count];
    assert_eq!(exception(json!([{"message": "m", "parsedStack": frames(100)}])), Ok(()));
    assert!(exception(json!([{"typeName": "T"}])).is_err());
    assert!(exception(json!([{"message": ""}])).is_err());
    assert!(exception(json!([{"message": "m", "parsedStack": frames(101)}])).is_err());
}
