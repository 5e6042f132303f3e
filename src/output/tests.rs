use super::twins::Twins;
use super::*;
use crate::otlp::write::{put_bytes, put_message};
use crate::otlp::{Batch, Signal};

fn sdk(body: &str) -> Batch {
    let mut request = Vec::new();
    put_message(&mut request, 1, |out| {
        put_message(out, 2, |out| {
            put_message(out, 2, |out| put_message(out, 5, |out| put_bytes(out, 1, body.as_bytes())));
        });
    });
    Batch::from_protobuf(Signal::Logs, request.into()).unwrap()
}

fn is_twin(twins: &Twins, text: &str) -> bool {
    twins.take(&parse::parse(text, 1_795_888_800_000_000_000), text)
}

#[test]
fn what_the_sdk_has_told_is_known_again_once() {
    use crate::export::Witness;
    for (body, line) in [
        ("hello", "hello"),
        ("low", "WARNING:shop:low"),
        ("low stock of apples", "2026-11-28 18:00:00,123 - shop - ERROR - low stock of apples"),
        ("low", r#"{"level":"info","msg":"low"}"#),
        ("up", "[2026-11-28 18:00:00 +0000] [42] [INFO] up"),
        (
            r#"127.0.0.1:5 - "GET /a HTTP/1.1" 404"#,
            r#"INFO:     127.0.0.1:5 - "GET /a HTTP/1.1" 404 Not Found"#,
        ),
        ("no", "ERROR:root:no\nTraceback (most recent call last):\n  File \"a\"\nValueError: x"),
    ] {
        let twins = Twins::default();
        assert!(!is_twin(&twins, line), "{line}");
        twins.observe(&sdk(body));
        assert!(is_twin(&twins, line), "{line}");
        assert!(!is_twin(&twins, line), "one record is one line: {line}");
    }
}

#[test]
fn what_only_looks_like_it_is_told() {
    use crate::export::Witness;
    let twins = Twins::default();
    ["done", "", "low stock"].into_iter().for_each(|body| twins.observe(&sdk(body)));
    for line in ["all is done", "lots", "low stock today", "INFO: nothing"] {
        assert!(!is_twin(&twins, line), "{line}");
    }
}
