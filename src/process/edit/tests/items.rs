//! Every kind of item, and what is left as it came.

use super::*;

fn insert(items: &[Item], key: &str, value: &str) -> Processor {
    processor(items, Work::Attributes(vec![exact(key, Change::Insert(Source::Value(text(value))))]))
}

#[test]
fn attributes_of_every_kind_of_item() {
    let all = [Item::Span, Item::SpanEvent, Item::Log, Item::Metric];
    let editor = editor(&[insert(&all, "k", "v")]);
    let span =
        items(&editor.edit(&spans(&[json!({"events": [{"name": "e"}]})])).batch.expect("a batch")).remove(0);
    assert_eq!(
        (map(&span["attributes"]), map(&span["events"][0]["attributes"])),
        (json!({"k": "v"}), json!({"k": "v"}))
    );
    let record = items(&editor.edit(&logs(&[json!({"body": "b"})])).batch.expect("a batch")).remove(0);
    assert_eq!((map(&record["attributes"]), plain(&record["body"])), (json!({"k": "v"}), json!("b")));
    let point = |kind: &str, point: Json| {
        let metric = json!({"name": "m", kind: {"dataPoints": [point]}});
        let request = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]});
        let edited = editor.edit(&batch(Signal::Metrics, &request)).batch.expect("a batch");
        items(&edited)[0][kind]["dataPoints"][0].clone()
    };
    for (kind, came) in [
        ("gauge", json!({"asDouble": 0.5})),
        ("sum", json!({"asInt": "3"})),
        ("histogram", json!({"count": "2", "sum": 3.0, "bucketCounts": ["2"], "explicitBounds": []})),
        (
            "exponentialHistogram",
            json!({"count": "2", "scale": 3, "positive": {"offset": 1, "bucketCounts": ["1"]}}),
        ),
        ("summary", json!({"count": "2", "quantileValues": [{"quantile": 0.5, "value": 1.0}]})),
    ] {
        let made = point(kind, came.clone());
        assert_eq!(map(&made["attributes"]), json!({"k": "v"}), "{kind}");
        for (key, value) in came.as_object().expect("a map") {
            assert_eq!(made[key], *value, "{kind}: {key}");
        }
    }
}

#[test]
fn resources_are_edited_first_and_seen_by_their_items() {
    let renamed = exact("service.name", Change::Update(Source::Value(text("orders"))));
    let copied = exact("service", Change::Insert(Source::Resource("service.name".into())));
    // In the wrong order on purpose.
    let processors = [
        processor(&[Item::Span], Work::Attributes(vec![copied])),
        processor(&[Item::Resource], Work::Attributes(vec![renamed])),
    ];
    let edited = editor(&processors).edit(&spans(&[json!({})])).batch.expect("a batch");
    let request = as_json(&edited);
    assert_eq!(map(&request["resourceSpans"][0]["resource"]["attributes"])["service.name"], "orders");
    assert_eq!(map(&items(&edited)[0]["attributes"]), json!({"service": "orders"}));
    // A group without a resource gets one.
    let bare = batch(Signal::Logs, &json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]}));
    let edited = editor(&[insert(&[Item::Resource], "k", "v")]).edit(&bare).batch.expect("a batch");
    assert_eq!(map(&as_json(&edited)["resourceLogs"][0]["resource"]["attributes"]), json!({"k": "v"}));
}

#[test]
fn a_resource_is_dropped_with_all_that_it_sent() {
    let include =
        Some(Selector { resource: vec![attribute("service.name", Some(is("shop")))], ..Selector::default() });
    let dropping = Processor { include, ..processor(&[Item::Resource], Work::Drop) };
    let edited =
        editor(&[dropping]).edit(&metrics(&[("a", vec![json!({}), json!({})]), ("b", vec![json!({})])]));
    assert!(edited.batch.is_none());
    assert_eq!(edited.left_out, [(Loss::LeftOut("test"), 3)]);
}

#[test]
fn what_nobody_touches_is_the_same_batch() {
    let select = Some(Selector { span_names: vec![is("other")], ..Selector::default() });
    let for_others = Processor { include: select, ..insert(&[Item::Span], "k", "v") };
    let there = insert(&[Item::Span, Item::Log], "there", "v");
    let only_logs = insert(&[Item::Log], "k", "v");
    let batch = spans(&[json!({"attributes": {"there": 1}, "events": [{"name": "e"}]})]);
    for processors in [
        &[for_others.clone()][..],
        &[there],
        std::slice::from_ref(&only_logs),
        &[for_others.clone(), only_logs.clone()],
    ] {
        let edited = editor(processors).edit(&batch);
        // Not only equal: the very bytes.
        let made = edited.batch.expect("a batch");
        assert_eq!(made.bytes().as_ptr(), batch.bytes().as_ptr());
        assert!(edited.left_out.is_empty());
    }
    assert!(Editor::new(&Shape::default()).expect("nothing wrong").is_none());
}

#[test]
fn an_item_that_is_left_alone_keeps_its_bytes_beside_one_that_is_not() {
    let include = Some(Selector { span_names: vec![is("b")], ..Selector::default() });
    let editor = editor(&[Processor { include, ..insert(&[Item::Span], "k", "v") }]);
    let came = spans(&[json!({"name": "a", "attributes": {"x": [1, "y"]}}), json!({"name": "b"})]);
    let made = editor.edit(&came).batch.expect("a batch");
    let (came, made) = (items(&came), items(&made));
    assert_eq!(came[0], made[0]);
    assert_eq!(map(&made[1]["attributes"]), json!({"k": "v"}));
    assert_eq!(
        (&came[1]["traceId"], &came[1]["endTimeUnixNano"]),
        (&made[1]["traceId"], &made[1]["endTimeUnixNano"])
    );
}

#[test]
fn fields_of_tomorrow_are_kept() {
    // A span with field 99, in a scope with field 98, beside it an attribute that changes.
    let mut span = Vec::new();
    crate::otlp::write::put_bytes(&mut span, 5, b"name");
    crate::otlp::write::put_bytes(&mut span, 99, b"tomorrow");
    let mut scope = Vec::new();
    crate::otlp::write::put_bytes(&mut scope, 2, &span);
    crate::otlp::write::put_bytes(&mut scope, 98, b"also");
    let mut group = Vec::new();
    crate::otlp::write::put_bytes(&mut group, 2, &scope);
    let mut request = Vec::new();
    crate::otlp::write::put_bytes(&mut request, 1, &group);
    let came = Batch::from_protobuf(Signal::Traces, request.into()).expect("a request");
    let made = editor(&[insert(&[Item::Span], "k", "v")]).edit(&came).batch.expect("a batch");
    let has = |text: &[u8]| made.bytes().windows(text.len()).any(|window| window == text);
    assert!(has(b"tomorrow") && has(b"also") && has(b"k"));
}
