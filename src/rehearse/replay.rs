//! `otel-run replay`: recorded telemetry goes to the destinations that the settings name.

use super::input::{self, Input};
use crate::account::Account;
use crate::cli::Launch;
use crate::error::Error;
use crate::export::{self, Pipeline};
use crate::notice::{self, Level};
use crate::otlp::{Batch, Signal};
use crate::settings::{Exporter, Outlives};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Exit status when something was lost, or could not be read.
const INCOMPLETE: u8 = 1;

/// How long one request waits for room. A destination that is away for longer is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the destinations have in the end.
const END: Duration = Duration::from_secs(60);

/// How long a request waits for others that it is sent with: they come fast.
const DELAY: Duration = Duration::from_millis(200);

/// How often we look whether everything is done with.
const LOOK: Duration = Duration::from_millis(10);

/// Sends what the files hold (`-`: the standard input) to the destinations, and returns the exit status: 0 when
/// all of it arrived, or was left out as the settings say. Fails when a file cannot be opened, or a destination cannot be built.
pub fn replay(mut launch: Launch, files: &[PathBuf]) -> Result<u8, Error> {
    notice::configure(launch.settings.verbosity, launch.settings.quiet);
    launch.warnings.iter().for_each(|warning| notice::warn("settings", warning));
    prepare(&mut launch)?;
    let inputs = input::open(files)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::launcher(format!("no runtime: {e}")))?;
    let status = runtime.block_on(send(&launch, inputs));
    runtime.shutdown_background();
    status
}

/// Nobody waits for these: what is wrong ends it here.
fn prepare(launch: &mut Launch) -> Result<(), Error> {
    let settings = &mut launch.settings;
    // It is on disk already.
    settings.spool.outlives = Outlives::Memory;
    for signal in Signal::ALL {
        settings.queue[signal].delay = settings.queue[signal].delay.min(DELAY);
        let exporters = &mut settings.exporters[signal];
        if exporters.contains(&Exporter::Prometheus) {
            exporters.retain(|exporter| *exporter != Exporter::Prometheus);
            notice::warn("replay", "prometheus is left out: what is replayed is not there to be scraped");
        }
        if exporters.contains(&Exporter::Otlp) {
            let checked = export::otlp::check(&settings.otlp[signal]);
            checked.map_err(|error| launch.explained.blame_otlp(signal, error))?;
        }
        if settings.exporters[signal].iter().any(|exporter| exporter.prints()) {
            export::console::check(&settings.console).map_err(|e| launch.explained.blame_output(e))?;
        }
    }
    Ok(())
}

async fn send(launch: &Launch, inputs: Vec<Input>) -> Result<u8, Error> {
    let account = Account::new();
    let pipeline = export::start(&launch.settings, None, account.clone(), 0);
    let mut complete = true;
    // A pipe may keep its reader waiting, and the destinations must not.
    let (give, mut documents) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || read(inputs, &give));
    while let Some(document) = documents.recv().await {
        for batch in &document {
            complete &= hand(&pipeline, batch).await;
        }
    }
    complete &= reader.await.map_err(|_| Error::launcher("the reader has failed"))??;
    // Better times are waited for, which draining does not do.
    let end = Instant::now() + END;
    while account.in_memory() > 0 && Instant::now() < end {
        tokio::time::sleep(LOOK).await;
    }
    pipeline.drain(end).await;
    let lost = account.anything_lost();
    notice::report(if lost { Level::Warning } else { Level::Info }, &account.lines());
    Ok(if complete && !lost { 0 } else { INCOMPLETE })
}

/// Reads all inputs. False: some of it could not be read, and was passed over.
fn read(inputs: Vec<Input>, give: &mpsc::Sender<Vec<Batch>>) -> Result<bool, Error> {
    input::each(inputs, |batches| give.blocking_send(batches).is_ok())
}

/// Hands one request to the pipeline as soon as there is room. False: it was given up.
async fn hand(pipeline: &Pipeline, batch: &Batch) -> bool {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        pipeline.room(batch, left).await;
        match pipeline.accept(batch) {
            Ok(()) => return true,
            Err(_) if left.is_zero() => {
                pipeline.accept_or_drop(batch);
                return false;
            }
            Err(_) => {}
        }
        // Others may have taken the room meanwhile.
        tokio::task::yield_now().await;
    }
}
