//! What processors cost: ten typical ones, beside one decoding and encoding of the same batch; one that finds nothing, one for
//! another signal, and redaction.

use super::{SPANS, batch};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use otel_run::otlp::Decoded;
use otel_run::process::edit::Editor;
use otel_run::settings::shape::{
    AttributeAction, AttributeMatch, Change, Item, Keys, Naming, Processor, Redaction, RedactionKind, Scalar,
    Selector, Shape, Source, SpanKind, Text, Work,
};
use prost::Message;

#[divan::bench(args = ["prost", "ten", "nothing found", "other signal", "redact all", "redact email"])]
fn edit(bencher: Bencher, what: &str) {
    let batch = batch();
    let bencher = bencher.counter(ItemsCount::new(SPANS)).counter(BytesCount::new(batch.bytes().len()));
    if what == "prost" {
        // Each time anew: a batch is decoded only once.
        let bytes = batch.bytes().clone();
        return bencher.bench_local(|| {
            let batch = otel_run::otlp::Batch::from_protobuf(otel_run::otlp::Signal::Traces, bytes.clone());
            let batch = batch.expect("a request");
            let Ok(Decoded::Traces(request)) = black_box(batch.decoded()) else { return Vec::new() };
            request.encode_to_vec()
        });
    }
    let redact =
        |kinds: &[RedactionKind]| Work::Redact(Redaction { kinds: kinds.to_vec(), patterns: Vec::new() });
    let processors = match what {
        "ten" => ten(),
        "nothing found" => vec![processor(None, Work::Attributes(vec![action("no.such", Change::Delete)]))],
        "other signal" => {
            vec![Processor { items: vec![Item::Log], ..processor(None, Work::Drop) }]
        }
        "redact email" => vec![processor(None, redact(&[RedactionKind::Email]))],
        _ => vec![processor(None, redact(&RedactionKind::ALL))],
    };
    let editor = Editor::new(&Shape { processors, ..Shape::default() });
    let editor = editor.expect("patterns").expect("something to do");
    bencher.bench_local(|| editor.edit(black_box(&batch)));
}

fn ten() -> Vec<Processor> {
    let text = |text: &str| Source::Value(Scalar::Text(text.to_owned()));
    let servers = || Some(Selector { kinds: vec![SpanKind::Server], ..Selector::default() });
    let health = Selector {
        attributes: vec![AttributeMatch {
            key: "http.target".to_owned(),
            value: Some(Text::Pattern("^/(?:healthz?|livez|readyz|ping)$".to_owned())),
        }],
        kinds: vec![SpanKind::Server],
        ..Selector::default()
    };
    let url = r"^(?<start>/customers/)\d+(?<rest>/.*)$".to_owned();
    vec![
        processor(Some(health), Work::DropTree),
        processor(None, Work::Attributes(vec![action("region", Change::Insert(text("north")))])),
        processor(None, Work::Attributes(vec![action("team", Change::Upsert(text("orders")))])),
        processor(
            None,
            Work::Attributes(vec![action(
                "service",
                Change::Insert(Source::Resource("service.name".into())),
            )]),
        ),
        processor(None, Work::Attributes(vec![action("net.peer.port", Change::Delete)])),
        processor(servers(), Work::Attributes(vec![action("net.peer.ip", Change::Hash)])),
        processor(
            servers(),
            Work::Attributes(vec![action(
                "http.target",
                Change::Mask { pattern: url, replace: "${start}*${rest}".into() },
            )]),
        ),
        processor(
            servers(),
            Work::Attributes(vec![action(
                "http.target",
                Change::Extract { pattern: r"^/(?<area>\w+)".into() },
            )]),
        ),
        processor(
            servers(),
            Work::Name(Naming::FromAttributes {
                keys: vec!["http.method".into(), "http.target".into()],
                separator: " ".into(),
            }),
        ),
        processor(
            None,
            Work::Attributes(vec![action("http.user_agent", Change::Rename { to: "agent".into() })]),
        ),
    ]
}

fn processor(include: Option<Selector>, work: Work) -> Processor {
    Processor { name: "bench".to_owned(), items: vec![Item::Span], include, exclude: None, work }
}

fn action(key: &str, change: Change) -> AttributeAction {
    AttributeAction { keys: Keys::Exact(key.to_owned()), change }
}
