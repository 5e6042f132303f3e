//! What goes with an item that was left out.

use super::*;
use crate::settings::shape::SpanKind;

/// Leaves out `/health` with all that hangs on it.
fn health() -> Editor {
    let include = Some(Selector {
        span_names: vec![is("health")],
        kinds: vec![SpanKind::Server],
        ..Selector::default()
    });
    editor(&[Processor { include, ..processor(&[Item::Span], Work::DropTree) }])
}

fn span(trace: u8, id: u8, parent: u8, name: &str) -> Json {
    let parent = if parent == 0 { String::new() } else { format!("{parent:016x}") };
    json!({"traceId": format!("{trace:032x}"), "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name})
}

fn names(edited: &Edited) -> Vec<Json> {
    edited.batch.as_ref().map(items).unwrap_or_default().iter().map(|span| span["name"].clone()).collect()
}

#[test]
fn children_that_came_before_their_parent_go_with_it() {
    let edited = health().edit(&spans(&[
        span(1, 3, 2, "grandchild"),
        span(1, 2, 1, "child"),
        span(1, 1, 0, "health"),
        span(2, 5, 0, "order"),
    ]));
    assert_eq!(names(&edited), ["order"]);
    assert_eq!(edited.left_out, [(Loss::LeftOut("test"), 3)]);
}

#[test]
fn of_a_trace_from_elsewhere_only_what_is_below_goes() {
    let edited = health().edit(&spans(&[
        span(1, 4, 3, "grandchild"),
        span(1, 3, 2, "child"),
        span(1, 2, 9, "health"),
        span(1, 8, 9, "sibling"),
    ]));
    assert_eq!(names(&edited), ["sibling"]);
}

#[test]
fn what_comes_later_goes_too() {
    let editor = health();
    assert!(editor.edit(&spans(&[span(1, 1, 0, "health")])).batch.is_none());
    let record = |trace: u8, span: u8| json!({"body": "b", "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}")});
    let edited = editor.edit(&logs(&[record(1, 1), record(2, 1), json!({"body": "alone"})]));
    assert_eq!(edited.batch.map(|batch| batch.items()), Some(2));
    assert_eq!(edited.left_out, [(Loss::LeftOut("test"), 1)]);
    assert_eq!(names(&editor.edit(&spans(&[span(1, 7, 1, "late"), span(3, 1, 0, "order")]))), ["order"]);
}
