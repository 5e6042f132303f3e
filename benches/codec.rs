//! The steps of the data's way, one by one: `cargo bench --bench codec`. Every row handles
//! one request of 512 spans; divide by 512 for the cost of a span.

#[path = "codec/complete.rs"]
mod complete;
#[path = "end_to_end/corpus.rs"]
mod corpus;
#[path = "codec/edit.rs"]
mod edit;
#[path = "codec/live.rs"]
mod live;
#[path = "codec/sample.rs"]
mod sample;

use bytes::{Bytes, BytesMut};
use corpus::{VARIANTS, traces};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otel_run::account::{Account, Loss};
use otel_run::export::azure::map::{Mapper, Sink};
use otel_run::export::azure::watch::Watch;
use otel_run::export::console::ConsoleExporter;
use otel_run::export::{Exporter, Outcome, Parcel, Sender, Tap};
use otel_run::otlp::view::{self, Span};
use otel_run::otlp::{Batch, Decoded, Signal, wire};
use otel_run::settings::{
    AzureSettings, ConnectionString, ConsoleFormat, ConsoleOutput, ConsoleSettings, QueueSettings, Secret,
};
use prost::Message;
use std::io::Write;
use std::time::Duration;

const SPANS: usize = 512;

fn main() {
    divan::main();
}

fn batch() -> Batch {
    Batch::from_protobuf(Signal::Traces, traces(SPANS, 1).into()).expect("a request")
}

/// What is done to every request before it is acknowledged.
#[divan::bench]
fn walk(bencher: Bencher) {
    let bytes = traces(SPANS, 1);
    let bencher = bencher.counter(ItemsCount::new(SPANS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| wire::count_items(Signal::Traces, black_box(&bytes)));
}

/// What is done only when somebody must look inside.
#[divan::bench]
fn decode(bencher: Bencher) {
    let bytes = Bytes::from(traces(SPANS, 1));
    let bencher = bencher.counter(ItemsCount::new(SPANS)).counter(BytesCount::new(bytes.len()));
    bencher
        .with_inputs(|| Batch::from_protobuf(Signal::Traces, bytes.clone()).expect("a request"))
        .bench_local_refs(|batch| batch.decoded().is_ok());
}

#[divan::bench]
fn encode(bencher: Bencher) {
    let batch = batch();
    let Ok(Decoded::Traces(request)) = batch.decoded() else { return };
    bencher.counter(ItemsCount::new(SPANS)).bench_local(|| black_box(request).encode_to_vec());
}

/// Requests become one by being written one after the other.
#[divan::bench]
fn join(bencher: Bencher) {
    let requests: Vec<Vec<u8>> = (0..VARIANTS).map(|seed| traces(SPANS / VARIANTS as usize, seed)).collect();
    bencher.counter(ItemsCount::new(SPANS)).bench_local(|| {
        let mut joined = BytesMut::with_capacity(requests.iter().map(Vec::len).sum());
        requests.iter().for_each(|request| joined.extend_from_slice(black_box(request)));
        joined.freeze()
    });
}

#[divan::bench(args = [1, 2, 6, 9])]
fn gzip(bencher: Bencher, level: u32) {
    let bytes = traces(SPANS, 1);
    let bencher = bencher.counter(ItemsCount::new(SPANS)).counter(BytesCount::new(bytes.len()));
    bencher.bench_local(|| {
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(level));
        encoder.write_all(black_box(&bytes)).and_then(|()| encoder.finish())
    });
}

#[divan::bench(args = ["json", "basic", "normal", "detailed", "pretty"])]
fn console(bencher: Bencher, format: &str) {
    let format = match format {
        "json" => ConsoleFormat::Json,
        "basic" => ConsoleFormat::Basic,
        "normal" => ConsoleFormat::Normal,
        "detailed" => ConsoleFormat::Detailed,
        _ => ConsoleFormat::Pretty,
    };
    let settings = ConsoleSettings { format, output: ConsoleOutput::File("/dev/null".into()) };
    let mut exporter = ConsoleExporter::new(&settings).expect("a console");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let batch = batch();
    // Decoded before, so that only the writing is measured.
    let decoded = batch.decoded().is_ok();
    assert!(decoded);
    let parcel = Parcel {
        signal: Signal::Traces,
        items: batch.items(),
        bytes: batch.bytes().len(),
        batches: vec![batch],
    };
    bencher.counter(ItemsCount::new(SPANS)).bench_local(|| runtime.block_on(exporter.export(&parcel)));
}

/// Takes envelopes as lines.
struct Lines<W>(W);

impl<W: Write> Sink for Lines<W> {
    fn envelope(&mut self, json: &[u8], _: u64) {
        self.0.write_all(json).and_then(|()| self.0.write_all(b"\n")).expect("into memory");
    }

    fn left_out(&mut self, _: Loss, items: u64) {
        assert_eq!(items, 0, "every span is kept");
    }
}

fn insights() -> AzureSettings {
    AzureSettings::new(ConnectionString {
        instrumentation_key: Secret::new("11111111-2222-3333-4444-555555555555"),
        ingestion_endpoint: String::new(),
        live_endpoint: String::new(),
        audience: String::new(),
        application_id: None,
    })
}

/// Takes everything, at once.
struct Nobody;

impl Exporter for Nobody {
    async fn export(&mut self, _: &Parcel) -> Outcome {
        Outcome::DELIVERED
    }
}

/// What is counted of the spans that are offered to Azure Monitor: standard metrics and requests.
/// `read`: the part of it that reads them.
#[divan::bench(args = ["whole", "read"])]
fn azure_watch(bencher: Bencher, part: &str) {
    let batch = batch();
    let bencher = bencher.counter(ItemsCount::new(SPANS));
    if part == "read" {
        bencher.bench_local(|| {
            let items = view::groups(black_box(batch.bytes())).flat_map(|group| group.scopes());
            let spans = items.flat_map(|scope| scope.items()).filter_map(|item| Span::read(item).ok());
            spans.map(|span| span.attributes.len()).sum::<usize>()
        });
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let queue = QueueSettings {
        max_bytes: 1 << 20,
        max_items: None,
        parcel_bytes: 1 << 20,
        parcel_items: None,
        delay: Duration::ZERO,
    };
    let watch = Watch::start(insights(), None, Duration::from_secs(60));
    watch.tell_to(Sender::start(Nobody, queue, Account::new().ledger("azure")));
    bencher.bench_local(|| watch.observe(black_box(&batch)));
}

/// From OTLP to Application Insights' envelopes, a line each; with `gzip` as they are sent.
#[divan::bench(args = ["plain", "gzip"])]
fn azure(bencher: Bencher, form: &str) {
    let mut mapper = Mapper::new(insights());
    let batch = batch();
    let bencher = bencher.counter(ItemsCount::new(SPANS));
    if form == "plain" {
        let mut lines = Lines(Vec::new());
        bencher.bench_local(move || {
            lines.0.clear();
            mapper.map(black_box(&batch), &mut lines);
            lines.0.len()
        });
    } else {
        bencher.bench_local(move || {
            let sent = Vec::with_capacity(1 << 16);
            let mut lines = Lines(GzEncoder::new(sent, Compression::new(1)));
            mapper.map(black_box(&batch), &mut lines);
            lines.0.finish().expect("into memory")
        });
    }
}

/// The same for as many log records: of `logging` in Python, with and without an exception.
#[divan::bench(args = ["messages", "exceptions"])]
fn azure_logs(bencher: Bencher, kind: &str) {
    let mut mapper = Mapper::new(insights());
    let batch = Batch::from_protobuf(Signal::Logs, logs(kind == "exceptions").into()).expect("a request");
    let mut lines = Lines(Vec::new());
    bencher.counter(ItemsCount::new(SPANS)).bench_local(move || {
        lines.0.clear();
        mapper.map(black_box(&batch), &mut lines);
        lines.0.len()
    });
}

/// A request of log records that differ in their ids and texts.
fn logs(exceptions: bool) -> Vec<u8> {
    let text = |key: &str, text: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) }),
        ..KeyValue::default()
    };
    let record = |number: u64| {
        let mut attributes = vec![
            text("code.file.path", "/srv/app/orders/payment.py"),
            text("code.function.name", "refuse"),
            text("code.line.number", "73"),
            text("order", &number.to_string()),
        ];
        if exceptions {
            attributes.push(text("exception.type", "orders.errors.PaymentRefused"));
            attributes.push(text("exception.message", &format!("card of customer {number} has expired")));
            attributes
                .push(text("exception.stacktrace", include_str!("../tests/golden/stacks/python-during.txt")));
        }
        LogRecord {
            time_unix_nano: 1_795_000_000_000_000_000 + number,
            severity_number: 17,
            severity_text: "ERROR".to_owned(),
            body: Some(AnyValue {
                value: Some(Value::StringValue(format!("payment refused for order {number}"))),
            }),
            attributes,
            trace_id: [number.to_be_bytes(), number.to_le_bytes()].concat(),
            span_id: (number + 1).to_be_bytes().to_vec(),
            ..LogRecord::default()
        }
    };
    let scope = InstrumentationScope { name: "orders.payment".to_owned(), ..InstrumentationScope::default() };
    let log_records = (1..=SPANS as u64).map(record).collect();
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records, ..ScopeLogs::default() }];
    let attributes = vec![text("service.name", "orders"), text("service.instance.id", "worker-1")];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}
