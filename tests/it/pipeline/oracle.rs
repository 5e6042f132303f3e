//! A real exporter and a destination with a hundred faults by chance: what the sender's
//! account says is what the destination saw.

use super::*;
use crate::support::sink::{Point, Sink, Step};
use otel_run::export::otlp::OtlpExporter;
use otel_run::settings::{Compression, OtlpSettings, Protocol};

/// Stops the test's clock while the exporter talks to a real socket: a clock that is paused
/// does not move on while a blocking task runs.
struct Timeless(OtlpExporter);

impl Exporter for Timeless {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        let (done, until_done) = std::sync::mpsc::channel::<()>();
        let blocking = tokio::task::spawn_blocking(move || until_done.recv().is_err());
        let outcome = self.0.export(parcel).await;
        drop(done);
        blocking.await.expect("ends");
        outcome
    }
}

fn faults(dice: &mut Dice, grpc: bool) -> Vec<Step> {
    let points = [Point::Accept, Point::Headers, Point::Reply, Point::Body];
    let mut step = |_| match dice.roll(10) {
        0 => Step::Close(points[dice.roll(4) as usize]),
        1 => Step::Reset(points[dice.roll(4) as usize]),
        2 | 3 if grpc => Step::grpc([1, 4, 10, 11, 14, 15][dice.roll(6) as usize], "later"),
        2 | 3 => Step::status([429, 502, 503, 504][dice.roll(4) as usize]),
        4 if grpc => Step::grpc([2, 3, 5, 7, 8, 12, 13, 16][dice.roll(8) as usize], "no"),
        4 => Step::status([400, 401, 404, 413, 500, 501, 505][dice.roll(7) as usize]),
        5 => Step::status(503).header("retry-after", "3"),
        _ => Step::OK,
    };
    (0..100).map(&mut step).collect()
}

#[tokio::test(start_paused = true)]
async fn the_account_is_what_the_destination_saw() {
    for (seed, protocol) in
        [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc].into_iter().enumerate()
    {
        let sink = Sink::start();
        let mut dice = Dice::new(seed as u64);
        sink.script(faults(&mut dice, protocol == Protocol::Grpc));
        let path = if protocol == Protocol::Grpc { "" } else { Signal::Traces.path() };
        let settings = OtlpSettings {
            url: format!("{}{path}", sink.url()),
            protocol,
            headers: Vec::new(),
            certificate: None,
            client_certificate: None,
            client_key: None,
            compression: if dice.roll(2) == 0 { Compression::None } else { Compression::Gzip(1) },
            timeout: 10 * SECOND,
            proxy: None,
            entra: None,
            by_default: false,
        };
        let exporter = Timeless(OtlpExporter::new(Signal::Traces, &settings).expect("an exporter"));
        let account = Account::new();
        let ledger = account.ledger("sink");
        let sender =
            Sender::start(exporter, QueueSettings { parcel_items: Some(10), ..queue() }, ledger.clone());
        for number in 0..200 {
            sender.offer(&numbered(Signal::Traces, number * 5..(number + 1) * 5)).expect("room");
        }
        // The script has come to its end long before.
        tokio::time::sleep(3000 * SECOND).await;
        sender.drain(Instant::now() + SECOND).await;
        assert_balanced(&ledger);
        let seen = sink.seen();
        let mut accepted = seen.accepted(Signal::Traces);
        accepted.sort_unstable();
        let count = accepted.len() as u64;
        assert_eq!(count, ledger.items_delivered(Signal::Traces), "{protocol:?}");
        accepted.dedup();
        assert_eq!(count, accepted.len() as u64, "nothing was accepted twice");
        let mut arrived = seen.arrived(Signal::Traces);
        arrived.sort_unstable();
        arrived.dedup();
        assert_eq!(arrived, (0..1000).collect::<Vec<_>>(), "everything was tried");
        let rejected = |(loss, items): (Loss, u64)| matches!(loss, Loss::Rejected(_)).then_some(items);
        assert_eq!(losses(&ledger).into_iter().filter_map(rejected).sum::<u64>(), 1000 - count);
        assert!(count > 700, "{count}");
    }
}
