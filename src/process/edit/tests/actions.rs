//! What each action does to the attributes of a span.

use super::*;

fn act(actions: &[AttributeAction], came: Json) -> Json {
    edited(&[processor(&[Item::Span], Work::Attributes(actions.to_vec()))], "GET /x", &came).1
}

#[test]
fn insert_update_and_upsert() {
    use Change::{Insert, Update, Upsert};
    use Source::{Attribute, Resource, Value};
    let value = || Value(text("new"));
    for (change, came, expected) in [
        (Insert(value()), json!({}), json!({"k": "new"})),
        (Insert(value()), json!({"k": 1}), json!({"k": 1})),
        (Update(value()), json!({}), json!({})),
        (Update(value()), json!({"k": 1}), json!({"k": "new"})),
        (Upsert(value()), json!({}), json!({"k": "new"})),
        (Upsert(value()), json!({"k": [1, 2]}), json!({"k": "new"})),
        (Insert(Attribute("other".into())), json!({"other": 7}), json!({"other": 7, "k": 7})),
        (Insert(Attribute("other".into())), json!({}), json!({})),
        (
            Update(Attribute("other".into())),
            json!({"k": 1, "other": ["a"]}),
            json!({"k": ["a"], "other": ["a"]}),
        ),
        (Update(Attribute("other".into())), json!({"k": 1}), json!({"k": 1})),
        (Upsert(Resource("host.name".into())), json!({}), json!({"k": "h1"})),
        (Upsert(Resource("no.such".into())), json!({}), json!({})),
        (Insert(Value(Scalar::Bool(true))), json!({}), json!({"k": true})),
        (Insert(Value(Scalar::Int(-5))), json!({}), json!({"k": -5})),
        (Insert(Value(Scalar::Double(1.5))), json!({}), json!({"k": 1.5})),
        (Insert(Value(text(""))), json!({}), json!({"k": ""})),
    ] {
        assert_eq!(act(&[exact("k", change.clone())], came.clone()), expected, "{change:?} of {came}");
    }
}

#[test]
fn delete_hash_and_rename() {
    let sha = "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2"; // of "test\n"
    for (change, came, expected) in [
        (Change::Delete, json!({"k": 1, "l": 2}), json!({"l": 2})),
        (Change::Delete, json!({"l": 2}), json!({"l": 2})),
        (Change::Hash, json!({"k": "test\n"}), json!({"k": sha})),
        (
            Change::Hash,
            json!({"k": 12}),
            json!({"k": "6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918"}),
        ),
        // Nothing that could be written as text.
        (Change::Hash, json!({"k": [1]}), json!({"k": [1]})),
        (Change::Rename { to: "n".into() }, json!({"k": 1}), json!({"n": 1})),
        (Change::Rename { to: "n".into() }, json!({"k": 1, "n": 2}), json!({"n": 1})),
        (Change::Rename { to: "n".into() }, json!({"n": 2}), json!({"n": 2})),
        (Change::Rename { to: "k".into() }, json!({"k": 2}), json!({"k": 2})),
    ] {
        assert_eq!(act(&[exact("k", change.clone())], came.clone()), expected, "{change:?} of {came}");
    }
}

#[test]
fn extract_and_mask() {
    let extract = |pattern: &str| Change::Extract { pattern: pattern.to_owned() };
    let mask = |pattern: &str, replace: &str| Change::Mask {
        pattern: pattern.to_owned(),
        replace: replace.to_owned(),
    };
    let url = "https://shop.example/orders/7?lines=3";
    for (change, came, expected) in [
        (
            extract(r"^(?<protocol>.*):\/\/(?<domain>.*)\/(?<kind>[a-z]+)\/(?<id>\d+)"),
            json!({"k": url}),
            json!({"k": url, "protocol": "https", "domain": "shop.example", "kind": "orders", "id": "7"}),
        ),
        // Found anywhere; what is there is replaced; a group without a part says nothing.
        (
            extract(r"lines=(?P<lines>\d)(?<more>x)?"),
            json!({"k": url, "lines": 0}),
            json!({"k": url, "lines": "3"}),
        ),
        (extract(r"(?<a>nothing)"), json!({"k": url}), json!({"k": url})),
        (extract(r"(?<a>.*)"), json!({}), json!({})),
        (extract(r"^(?<class>\d)"), json!({"k": 404}), json!({"k": 404, "class": "4"})),
        (
            mask(r"^(?<before>.*\/card\/)\d+(?<last>\d{4})", "${before}****${last}"),
            json!({"k": "/pay/card/1234567890123456/now"}),
            json!({"k": "/pay/card/****3456/now"}),
        ),
        (mask(r"\d+", "#"), json!({"k": "a1b22c333"}), json!({"k": "a#b#c#"})),
        (mask(r"\d+", ""), json!({"k": "a1"}), json!({"k": "a"})),
        // The rest of a template is text: no names without braces, no numbers.
        (mask(r"(?<n>\d)", "$n${n}$1${no}${"), json!({"k": "7"}), json!({"k": "$n7$1${"})),
        (mask(r"^4", "5"), json!({"k": 404}), json!({"k": "504"})),
        (mask(r"x", "y"), json!({"k": 404}), json!({"k": 404})),
        (mask(r"é+", "e"), json!({"k": "caféé"}), json!({"k": "cafe"})),
    ] {
        assert_eq!(act(&[exact("k", change.clone())], came.clone()), expected, "{change:?} of {came}");
    }
}

#[test]
fn keys_by_pattern() {
    let all = |pattern: &str, change| AttributeAction { keys: Keys::Pattern(pattern.to_owned()), change };
    let came = || json!({"http.a": "1", "http.b": "2", "https": "3"});
    assert_eq!(act(&[all(r"http\..*", Change::Delete)], came()), json!({"https": "3"}));
    assert_eq!(act(&[all("http", Change::Delete)], came()), came(), "the whole key");
    let upsert = Change::Upsert(Source::Value(text("x")));
    assert_eq!(act(&[all("https?", upsert)], came()), json!({"http.a": "1", "http.b": "2", "https": "x"}));
    let insert = Change::Insert(Source::Value(text("x")));
    assert_eq!(act(&[all("http.*", insert)], came()), came(), "nobody can insert what is there");
}

#[test]
fn actions_come_one_after_the_other() {
    let actions = [
        exact("copy", Change::Insert(Source::Attribute("k".into()))),
        exact("copy", Change::Mask { pattern: "a".into(), replace: "b".into() }),
        exact("k", Change::Delete),
        exact("copy", Change::Rename { to: "k".into() }),
    ];
    assert_eq!(act(&actions, json!({"k": "banana"})), json!({"k": "bbnbnb"}));
}

/// The examples of the Java agent's guide to telemetry processors, in our words.
#[test]
fn the_guide() {
    let value = |value: &str| Source::Value(text(value));
    let from = |key: &str| Source::Attribute(key.into());
    let cases: &[(&str, Vec<AttributeAction>, Json, Json)] = &[
        (
            "a new attribute with a value, and one with another's value",
            vec![
                exact("added", Change::Insert(value("v1"))),
                exact("copied", Change::Insert(from("source"))),
            ],
            json!({"source": "v2"}),
            json!({"source": "v2", "added": "v1", "copied": "v2"}),
        ),
        (
            "an attribute gets a value, another a value from a third",
            vec![exact("flag", Change::Update(value("false"))), exact("to", Change::Update(from("source")))],
            json!({"flag": "true", "to": "old", "source": "new"}),
            json!({"flag": "false", "to": "new", "source": "new"}),
        ),
        ("delete", vec![exact("card", Change::Delete)], json!({"card": "1", "x": 1}), json!({"x": 1})),
        (
            "hash",
            vec![exact("user", Change::Hash)],
            json!({"user": "ann"}),
            json!({"user": "f1e7e2a2e2e7a7b0"}),
        ),
        (
            "parts of a URL, and a parameter of its query",
            vec![exact(
                "http.url",
                Change::Extract {
                    pattern: r"^(?<protocol>.*):\/\/(?<domain>.*)\/(?<path>.*)(\?|&)(?<parameters>.*)".into(),
                },
            )],
            json!({"http.url": "http://a.example/path?queryParam1=v1,queryParam2=v2"}),
            json!({
                "http.url": "http://a.example/path?queryParam1=v1,queryParam2=v2", "protocol": "http", "domain": "a.example",
                "path": "path", "parameters": "queryParam1=v1,queryParam2=v2",
            }),
        ),
        (
            "part of a text is masked",
            vec![exact(
                "name",
                Change::Mask { pattern: r"(?<first>[a-zA-Z])[a-z]+@".into(), replace: "${first}***@".into() },
            )],
            json!({"name": "user ann@example.com"}),
            json!({"name": "user a***@example.com"}),
        ),
    ];
    for (what, actions, came, expected) in cases {
        let made = act(actions, came.clone());
        if *what == "hash" {
            let hash = made["user"].as_str().expect("a text");
            assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
            continue;
        }
        assert_eq!(made, *expected, "{what}");
    }
}
