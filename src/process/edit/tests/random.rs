//! Seeded random requests.

use super::*;
use crate::settings::shape::{Redaction, RedactionKind};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn value(&mut self, depth: usize) -> Json {
        match self.roll(if depth == 0 { 5 } else { 7 }) {
            0 => json!(self.roll(1000)),
            1 => json!(self.roll(2) == 1),
            2 => json!(0.5),
            5 => (0..self.roll(3)).map(|_| self.value(depth - 1)).collect(),
            6 => self.map(depth - 1),
            _ => json!(self.text()),
        }
    }

    /// Now and then with something that must not get out.
    fn text(&mut self) -> String {
        let words =
            ["", "a b", "user marker-%@example.com of it", "päth/7", "x=1&y=marker-%@example.com", "ok"];
        words[self.roll(words.len())].replace('%', &self.roll(100).to_string())
    }

    fn map(&mut self, depth: usize) -> Json {
        let keys = ["a", "http.route", "url.full", "k", "exception.message", "list"];
        (0..self.roll(keys.len()))
            .map(|at| (keys[at].to_owned(), self.value(depth)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn request(&mut self, signal: Signal) -> Batch {
        let resource = json!({"attributes": attributes(&self.map(2))});
        let scope = json!({"name": self.text(), "attributes": attributes(&self.map(1))});
        let count = 1 + self.roll(3);
        match signal {
            Signal::Traces => {
                let spans: Vec<Json> = (0..count)
                    .map(|n| {
                        json!({
                            "traceId": format!("{:032x}", n + 1), "spanId": format!("{:016x}", n + 1), "name": self.text(),
                            "kind": self.roll(6), "startTimeUnixNano": "5", "endTimeUnixNano": self.roll(100).to_string(),
                            "attributes": attributes(&self.map(3)), "status": {"code": self.roll(3), "message": self.text()},
                            "events": [{"name": self.text(), "attributes": attributes(&self.map(2))}],
                            "links": [{"traceId": format!("{:032x}", 7), "attributes": attributes(&self.map(2))}],
                        })
                    })
                    .collect();
                let scopes = json!([{"scope": scope, "spans": spans}]);
                batch(signal, &json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}))
            }
            Signal::Logs => {
                let records: Vec<Json> = (0..count)
                    .map(|_| json!({"body": value(&self.value(3)), "attributes": attributes(&self.map(3)), "eventName": self.text()}))
                    .collect();
                let scopes = json!([{"scope": scope, "logRecords": records}]);
                batch(signal, &json!({"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}))
            }
            Signal::Metrics => {
                let metrics: Vec<Json> = (0..count)
                    .map(|_| {
                        let exemplar = json!({"asInt": "1", "filteredAttributes": attributes(&self.map(2))});
                        let point = json!({"asInt": "3", "attributes": attributes(&self.map(2)), "exemplars": [exemplar]});
                        let kind = ["gauge", "sum"][self.roll(2)];
                        json!({"name": self.text(), "description": self.text(), kind: {"dataPoints": [point.clone(), point]}})
                    })
                    .collect();
                let scopes = json!([{"scope": scope, "metrics": metrics}]);
                batch(signal, &json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": scopes}]}))
            }
        }
    }
}

const ALL: [Item; 5] = [Item::Span, Item::SpanEvent, Item::Log, Item::Metric, Item::Resource];

fn redact() -> Processor {
    processor(&ALL, Work::Redact(Redaction { kinds: vec![RedactionKind::Email], patterns: Vec::new() }))
}

/// Rules that look at everything and find nothing.
fn idle() -> Vec<Processor> {
    let nowhere = Some(Selector { attributes: vec![attribute("no.such", None)], ..Selector::default() });
    vec![
        Processor { include: nowhere.clone(), ..processor(&ALL, Work::Drop) },
        processor(
            &ALL,
            Work::Attributes(vec![
                exact("no.such", Change::Delete),
                exact("no.such", Change::Hash),
                exact("a", Change::Mask { pattern: "never there".into(), replace: String::new() }),
            ]),
        ),
        processor(
            &ALL,
            Work::Name(Naming::Replace { pattern: "never there".into(), replace: String::new() }),
        ),
        Processor { include: nowhere, ..processor(&[Item::Span], Work::DropTree) },
    ]
}

#[test]
fn rules_that_find_nothing_leave_the_bytes_as_they_are() {
    let (editor, mut dice) = (editor(&idle()), Dice(11));
    for _ in 0..300 {
        for signal in Signal::ALL {
            let batch = dice.request(signal);
            let edited = editor.edit(&batch);
            assert_eq!(edited.batch.expect("a batch").bytes(), batch.bytes());
            assert!(edited.left_out.is_empty());
        }
    }
}

#[test]
fn a_marker_never_leaks() {
    let (editor, mut dice) = (editor(&[redact()]), Dice(23));
    let mut redacted = 0;
    for _ in 0..300 {
        for signal in Signal::ALL {
            let batch = dice.request(signal);
            let edited = editor.edit(&batch).batch.expect("a batch");
            assert_eq!(edited.items(), batch.items());
            let (before, after) = (as_json(&batch).to_string(), as_json(&edited).to_string());
            assert!(!after.contains("marker"), "{after}");
            let marks = before.matches("marker-").count();
            assert!(after.matches("REDACTED").count() >= marks, "{before}\n{after}");
            redacted += marks;
        }
    }
    assert!(redacted > 500, "{redacted}");
}

/// Requests that are broken somewhere: nothing falls, nothing is lost uncounted, and no marker gets out.
#[test]
fn any_bytes_go_through() {
    let mut all = idle();
    all.insert(0, redact());
    all.push(processor(
        &ALL,
        Work::Attributes(vec![exact("k", Change::Upsert(Source::Attribute("a".into())))]),
    ));
    all.push(processor(&ALL, Work::Name(Naming::ToAttributes { patterns: vec![r"(?<n>\d+)".into()] })));
    let (editor, mut dice) = (editor(&all), Dice(37));
    let mut accepted = 0;
    for _ in 0..400 {
        for signal in Signal::ALL {
            let mut bytes = dice.request(signal).bytes().to_vec();
            if bytes.is_empty() {
                continue;
            }
            for _ in 0..=dice.roll(3) {
                let place = dice.roll(bytes.len());
                bytes[place] = dice.roll(256) as u8;
            }
            let Ok(batch) = Batch::from_protobuf(signal, bytes.into()) else { continue };
            accepted += 1;
            let edited = editor.edit(&batch);
            let left_out: u64 = edited.left_out.iter().map(|(_, items)| items).sum();
            assert_eq!(edited.batch.as_ref().map_or(0, Batch::items) + left_out, batch.items());
        }
    }
    assert!(accepted > 300, "{accepted}");
}
