//! Names and bodies.

use super::*;

fn named(naming: Naming, name: &str, came: Json) -> (String, Json) {
    edited(&[processor(&[Item::Span], Work::Name(naming))], name, &came)
}

fn from(keys: &[&str], separator: &str) -> Naming {
    Naming::FromAttributes {
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        separator: separator.into(),
    }
}

fn to(patterns: &[&str]) -> Naming {
    Naming::ToAttributes { patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect() }
}

#[test]
fn of_spans() {
    let database = json!({"db.svc": "location", "operation": "get", "id": 1234});
    for (naming, name, came, expected, also) in [
        (
            from(&["db.svc", "operation", "id"], "::"),
            "GET",
            database.clone(),
            "location::get::1234",
            json!({}),
        ),
        (from(&["db.svc"], ""), "GET", database.clone(), "location", json!({})),
        (from(&["db.svc", "missing"], "::"), "GET", database.clone(), "GET", json!({})),
        (from(&[], "::"), "GET", json!({}), "GET", json!({})),
        (
            to(&[r"^/api/v1/document/(?<documentId>.*)/update$"]),
            "/api/v1/document/12345678/update",
            json!({"x": 1}),
            "/api/v1/document/{documentId}/update",
            json!({"documentId": "12345678"}),
        ),
        // One pattern after the other, each on what the one before has made; the first match of each.
        (
            to(&[r"/a/(?<a>\d+)", r"/b/(?<b>\d+)"]),
            "/a/1/b/2/a/3",
            json!({}),
            "/a/{a}/b/{b}/a/3",
            json!({"a": "1", "b": "2"}),
        ),
        (
            to(&[r"(?<outer>x(?<inner>y))z"]),
            "-xyz-",
            json!({}),
            "-{outer}z-",
            json!({"outer": "xy", "inner": "y"}),
        ),
        (to(&["no group"]), "no group", json!({}), "no group", json!({})),
        (
            Naming::Replace { pattern: r"/\d+".into(), replace: "/{id}".into() },
            "GET /orders/7/lines/12",
            json!({}),
            "GET /orders/{id}/lines/{id}",
            json!({}),
        ),
        (
            Naming::Replace { pattern: r"^(?<method>\w+) .*".into(), replace: "${method}".into() },
            "GET /x",
            json!({}),
            "GET",
            json!({}),
        ),
        (Naming::Fixed("checkout".into()), "POST /pay", json!({}), "checkout", json!({})),
    ] {
        let (seen, attributes) = named(naming.clone(), name, came.clone());
        assert_eq!(seen, expected, "{naming:?} of {name}");
        let mut all = came.as_object().expect("a map").clone();
        all.extend(also.as_object().expect("a map").clone());
        assert_eq!(attributes, Json::Object(all), "{naming:?} of {name}");
    }
}

#[test]
fn of_bodies() {
    let body = |naming: Naming, record: Json| {
        let edited = editor(&[processor(&[Item::Log], Work::Name(naming))]).edit(&logs(&[record]));
        let record = items(&edited.batch.expect("a batch")).remove(0);
        (plain(&record["body"]), map(&record["attributes"]))
    };
    let record = json!({"body": "user 42 has paid", "attributes": {"a": "x", "b": 2}});
    assert_eq!(body(from(&["a", "b"], "-"), record.clone()).0, "x-2");
    let taken = body(to(&[r"user (?<user>\d+)"]), record.clone());
    assert_eq!(taken, (json!("user {user} has paid"), json!({"a": "x", "b": 2, "user": "42"})));
    assert_eq!(body(Naming::Fixed("paid".into()), record).0, "paid");
    // A body that is a map is no text; it is replaced, but not searched.
    let map = json!({"body": {"user": 42}, "attributes": {"a": "x"}});
    assert_eq!(body(to(&[r"(?<n>\d+)"]), map.clone()).0, json!({"user": 42}));
    assert_eq!(body(from(&["a"], ""), map.clone()).0, "x");
    assert_eq!(body(Naming::Fixed("f".into()), map).0, "f");
}

#[test]
fn of_metrics_and_events() {
    let naming = Naming::Replace { pattern: "^http_".into(), replace: "web.".into() };
    let edited = editor(&[processor(&[Item::Metric, Item::SpanEvent], Work::Name(naming))]);
    let came = metrics(&[("http_a", vec![json!({"k": 1})]), ("other", vec![json!({})])]);
    let names = |batch: &Batch| items(batch).iter().map(|item| item["name"].clone()).collect::<Vec<_>>();
    let made = edited.edit(&came).batch.expect("a batch");
    assert_eq!(names(&made), ["web.a", "other"]);
    assert_eq!(items(&made)[0]["sum"], items(&came)[0]["sum"]);
    let came =
        spans(&[json!({"name": "http_span", "events": [{"timeUnixNano": "5", "name": "http_event"}]})]);
    let made = items(&edited.edit(&came).batch.expect("a batch")).remove(0);
    assert_eq!((&made["name"], &made["events"][0]["name"]), (&json!("http_span"), &json!("web.event")));
    assert_eq!(made["events"][0]["timeUnixNano"], "5");
}
