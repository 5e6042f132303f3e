//! Nothing grows without end, and nothing gets out for want of understanding.

use super::*;
use crate::settings::shape::{Redaction, RedactionKind};

#[test]
fn attributes_and_texts_are_bounded() {
    let many: Vec<_> =
        (0..2_000).map(|n| exact(&format!("k{n}"), Change::Insert(Source::Value(text("v"))))).collect();
    let (_, attributes) = edited(&[processor(&[Item::Span], Work::Attributes(many))], "x", &json!({}));
    assert_eq!(attributes.as_object().map(Map::len), Some(1024));
    // Each one makes it three times as long.
    let grow = Change::Mask { pattern: "(?<all>^.*$)".into(), replace: "${all}${all}${all}".into() };
    let grow: Vec<_> = (0..30).map(|_| exact("k", grow.clone())).collect();
    let (_, attributes) =
        edited(&[processor(&[Item::Span], Work::Attributes(grow))], "x", &json!({"k": "äö"}));
    let length = attributes["k"].as_str().expect("still UTF-8").len();
    assert!((60_000..=65_536).contains(&length), "{length}");
    let grow = Naming::Replace { pattern: "(?<all>^.*$)".into(), replace: "${all}${all}${all}".into() };
    let grow: Vec<_> = (0..30).map(|_| processor(&[Item::Span], Work::Name(grow.clone()))).collect();
    assert!(edited(&grow, "name", &json!({})).0.len() <= 65_536);
}

#[test]
fn patterns_are_bounded() {
    let too_large = Change::Mask { pattern: r"(\w{100}){100}{100}".into(), replace: String::new() };
    let shape = Shape {
        processors: vec![processor(&[Item::Span], Work::Attributes(vec![exact("k", too_large)]))],
        ..Shape::default()
    };
    let error = Editor::new(&shape).expect_err("too large");
    assert_eq!(error.processor, "test");
    assert!(error.to_string().contains("size"), "{error}");
}

/// A span whose attribute is cut short, in a request that is whole down to its items.
fn broken() -> Batch {
    let bytes = b"\x0a\x09\x12\x07\x12\x05\x4a\x03\x0a\x7fx".to_vec();
    let good = spans(&[json!({"name": "good"})]);
    let whole = [good.bytes(), bytes.as_slice()].concat();
    Batch::from_protobuf(Signal::Traces, whole.into()).expect("a request")
}

#[test]
fn what_cannot_be_read_passes_as_it_came_unless_there_may_be_secrets_in_it() {
    let insert = processor(
        &[Item::Span],
        Work::Attributes(vec![exact("k", Change::Insert(Source::Value(text("v"))))]),
    );
    let edited = editor(std::slice::from_ref(&insert)).edit(&broken());
    assert_eq!(edited.batch.map(|batch| batch.items()), Some(2));
    let kinds = vec![RedactionKind::Email];
    let redact = processor(&[Item::Span], Work::Redact(Redaction { kinds, patterns: Vec::new() }));
    let edited = editor(&[insert, redact]).edit(&broken());
    assert_eq!(edited.batch.map(|batch| batch.items()), Some(1));
    assert_eq!(edited.left_out, [(Loss::Dropped("could not be redacted"), 1)]);
}
