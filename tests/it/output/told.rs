//! What becomes of the lines.

use super::captured;
use crate::support::process::{Process, eventually};
use crate::support::sink::{Seen, Sink};
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use otel_run::otlp::Decoded;

/// The scope of captured lines.
const SCOPE: &str = "otel_run.output";

/// A record, and the scope that it came from.
type Told = (String, LogRecord);

fn told(seen: &Seen) -> Vec<Told> {
    let mut all = Vec::new();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        let Decoded::Logs(logs) = request.batch.decoded().expect("OTLP") else { continue };
        for scope in logs.resource_logs.iter().flat_map(|group| &group.scope_logs) {
            let name = scope.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            all.extend(scope.log_records.iter().map(|record| (name.clone(), record.clone())));
        }
    }
    all
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn body(record: &LogRecord) -> String {
    text(record.body.as_ref())
}

fn attribute(record: &LogRecord, key: &str) -> Option<String> {
    record.attributes.iter().find(|a| a.key == key).map(|a| text(a.value.as_ref()))
}

#[test]
fn lines_of_both_streams_are_records() {
    let sink = Sink::start();
    let script = r#"
        echo 'plain words'
        echo 'ERROR:shop:no apples trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331' >&2
        echo '{"level":40,"msg":"low","size":7}'
        printf '\033[32mINFO\033[0m:     up\r\n'
        printf 'no end'"#;
    let finished = Process::start(&mut captured(&sink.url(), script)).finish();
    assert!(finished.status.success() && finished.stdout.ends_with("no end"), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    let all = told(&sink.seen());
    let lines: Vec<_> = all.iter().filter(|(scope, _)| scope == SCOPE).map(|(_, record)| record).collect();
    let get = |wanted: &str| {
        let found = lines.iter().find(|record| body(record).contains(wanted));
        *found.unwrap_or_else(|| panic!("{wanted} in {lines:#?}"))
    };
    let shown =
        |record: &LogRecord| (record.severity_number, attribute(record, "log.iostream").unwrap_or_default());
    assert_eq!(shown(get("plain words")), (0, "stdout".to_owned()));
    assert_eq!(shown(get("no apples")), (17, "stderr".to_owned()));
    assert_eq!(get("no apples").trace_id[..2], [0x0a, 0xf7]);
    assert_eq!(get("no apples").span_id[..2], [0xb7, 0xad]);
    assert_eq!((body(get("low")), get("low").severity_number), ("low".to_owned(), 13));
    assert_eq!(attribute(get("low"), "size").as_deref(), Some("7"));
    assert_eq!(body(get("up")), "INFO:     up");
    assert_eq!(body(get("no end")), "no end");
    assert_eq!(lines.len(), 5);
    assert!(get("plain words").time_unix_nano > 1_700_000_000_000_000_000);
}

#[test]
fn a_traceback_is_one_record() {
    let sink = Sink::start();
    let script = "python3 -c 'import logging\n\
        print(\"begin\", flush=True)\n\
        try:\n    1 / 0\n\
        except ZeroDivisionError:\n    logging.exception(\"no %s\", \"apples\")\n\
        raise SystemExit(3)'";
    let finished = Process::start(captured(&sink.url(), script).env("OTEL_RUN_SHIM", "off")).finish();
    assert_eq!(finished.status.code(), Some(3), "{}", finished.stderr);
    let all = told(&sink.seen());
    let record = all.iter().map(|(_, record)| record).find(|record| body(record).contains("apples"));
    let record = record.expect("the exception");
    assert!(body(record).starts_with("ERROR:root:no apples\nTraceback"), "{record:#?}");
    assert_eq!(attribute(record, "exception.type").as_deref(), Some("ZeroDivisionError"));
    assert_eq!(
        (record.severity_number, attribute(record, "exception.message")),
        (17, Some("division by zero".into()))
    );
    assert_eq!(all.iter().filter(|(scope, _)| scope == SCOPE).count(), 2, "{all:#?}");
}

/// The shim hands over log records; the same program prints them as well, and something else.
#[test]
fn what_the_sdk_tells_is_not_told_twice() {
    let sink = Sink::start();
    let script = "python3 -u -c 'import logging, time\n\
        logging.basicConfig(format=\"%(asctime)s %(levelname)s [%(name)s] %(message)s\")\n\
        logging.getLogger(\"shop\").warning(\"apples are low: %d\", 3)\n\
        print(\"only printed, by nobody else\")\n\
        time.sleep(0.1)'";
    let mut process = Process::start(&mut captured(&sink.url(), script));
    eventually("the end of the program", || process.so_far().contains("only printed").then_some(()));
    let finished = process.finish();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert!(finished.stderr.contains("WARNING [shop] apples are low: 3\n"), "{}", finished.stderr);
    let all = told(&sink.seen());
    let of = |words: &str| {
        let of: Vec<_> = all.iter().filter(|(_, record)| body(record).contains(words)).collect();
        of.iter().map(|(scope, _)| scope == SCOPE).collect::<Vec<_>>()
    };
    assert_eq!(of("apples are low"), [false], "{all:#?}");
    assert_eq!(of("only printed"), [true], "{all:#?}");
}

#[test]
fn what_leads_nowhere_is_said() {
    let mut run = crate::support::process::otel_run(["true"]);
    let finished = Process::start(run.env("OTEL_RUN_CAPTURE_OUTPUT", "stdin,stdout")).finish();
    assert!(finished.status.success());
    for words in ["\"stdin\" is no stream", "log records go nowhere"] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
}
