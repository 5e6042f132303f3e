//! The destinations that the settings name, each with its sender.

use super::azure::Destination;
use super::console::ConsoleExporter;
use super::entra::Credential;
use super::otlp::OtlpExporter;
use super::prometheus::PrometheusExporter;
use super::record::Recorder;
use super::{Pipeline, Sender};
use crate::account::Account;
use crate::environment::Environment;
use crate::error::Error;
use crate::notice;
use crate::otlp::{PerSignal, Signal};
use crate::process::complete::Completion;
use crate::process::edit::Editor;
use crate::process::sample::Stage;
use crate::settings::{
    AzureSettings, ConsoleFormat, EntraSettings, Exporter, Outlives, ProxySettings, Sampler, Settings,
};
use crate::spool::{Address, Spool};
use std::net::TcpListener;
use std::sync::Arc;

/// Starts a sender for every destination and returns the entrance to all of them. A destination
/// that cannot be built is named in a warning and left out: the others go on. `since`: cumulative
/// metrics that began before were told by another agent (nanoseconds since 1970; 0: there was none).
/// Must be called inside the agent's runtime.
pub fn start(
    settings: &Settings,
    prometheus: Option<TcpListener>,
    account: Arc<Account>,
    since: u64,
) -> Pipeline {
    let mut routes: PerSignal<Vec<Arc<Sender>>> = PerSignal::default();
    let mut prometheus = prometheus;
    let mut printers = Vec::new();
    let mut insights: Option<Destination> = None;
    let mut credentials = Credentials::default();
    let mut spool = spool(settings);
    for signal in Signal::ALL {
        for exporter in &settings.exporters[signal] {
            let sender = match exporter {
                Exporter::Azure => azure(settings, signal, &mut insights, &mut spool, &account, since),
                Exporter::Otlp => otlp(settings, signal, &mut credentials, &mut spool, &account),
                Exporter::Prometheus => scraped(settings, prometheus.take(), &account),
                Exporter::Console | Exporter::OtlpStdout => {
                    printed(*exporter, settings, &mut printers, &account)
                }
            };
            match sender {
                Ok(Some(sender)) => routes[signal].push(sender),
                Ok(None) => {}
                Err(error) => notice::warn(
                    "exporter",
                    &format!("no {} exporter for {signal}: {error}", exporter.name()),
                ),
            }
        }
    }
    let metrics = (!settings.exporters.metrics.is_empty()).then_some(settings.request_metrics);
    let completion = Completion::new(&settings.http_known_methods, metrics);
    let recorder = settings.record.as_ref().and_then(|record| {
        let started = Recorder::start(record, &settings.queue.traces, &account);
        started.map_err(|error| notice::warn("record", &format!("nothing is recorded: {error}"))).ok()
    });
    let editor = Editor::new(&settings.shape).unwrap_or_else(|error| {
        // Settings were tried before; but what was to be changed must not get out unchanged.
        notice::warn("processor", &format!("nothing is exported: {error}"));
        routes = PerSignal::default();
        None
    });
    Pipeline::new(routes, account)
        .with_editor(editor)
        .with_recorder(recorder)
        .with_spool(spool)
        .with_live(insights.and_then(|destination| destination.live))
        .with_completion(Arc::new(completion))
        .with_sampling(Stage::new(settings))
}

/// Credentials of OTLP destinations: signals with the same one share its token.
#[derive(Default)]
struct Credentials(Vec<(EntraSettings, Credential)>);

impl Credentials {
    /// The credential; its first token is on its way.
    fn of(&mut self, settings: &EntraSettings, proxy: Option<&ProxySettings>) -> Credential {
        if let Some((_, known)) = self.0.iter().find(|(known, _)| known == settings) {
            return known.clone();
        }
        let credential = Credential::new(&settings.credential, &settings.audience, proxy);
        credential.prepare();
        self.0.push((settings.clone(), credential.clone()));
        credential
    }
}

type Started = Result<Option<Arc<Sender>>, Error>;

/// Where batches wait on disk, if they are to. Without a thread for it they are in memory alone.
fn spool(settings: &Settings) -> Option<Spool> {
    if settings.spool.outlives == Outlives::Memory {
        return None;
    }
    let started = Spool::start(settings.spool.place.clone(), settings.spool.limits(), Environment::current());
    started.map_err(|e| notice::warn("spool", &format!("nothing is kept on disk: {e}"))).ok()
}

fn otlp(
    settings: &Settings,
    signal: Signal,
    credentials: &mut Credentials,
    spool: &mut Option<Spool>,
    account: &Account,
) -> Started {
    let destination = &settings.otlp[signal];
    let credential =
        destination.entra.as_ref().map(|entra| credentials.of(entra, destination.proxy.as_ref()));
    let exporter = OtlpExporter::authorized(signal, destination, credential)?;
    let ledger = account.ledger("otlp");
    // What nobody chose may never be there.
    let shelf = spool.as_mut().filter(|_| !destination.by_default).map(|spool| {
        let headers = destination.headers.iter().flat_map(|(name, value)| [name.as_str(), value.reveal()]);
        let address = ["otlp", signal.name(), destination.url.as_str()].into_iter().chain(headers);
        spool.shelf(Address::of(address), ledger.clone())
    });
    Ok(Some(Sender::start_with(exporter, settings.queue[signal].clone(), ledger, None, shelf)))
}

/// One sender for each signal, on what all of them share.
fn azure(
    settings: &Settings,
    signal: Signal,
    insights: &mut Option<Destination>,
    spool: &mut Option<Spool>,
    account: &Account,
    since: u64,
) -> Started {
    let Some(azure) = &settings.azure else { return Ok(None) };
    let destination = match insights {
        Some(destination) => destination,
        None => insights.insert(Destination::new(settings, &sampled_before(settings, azure), since)?),
    };
    let ledger = account.ledger("azure");
    let shelf = spool.as_mut().map(|spool| {
        let connection = &azure.connection;
        let key = connection.instrumentation_key.reveal();
        let address = ["azure", signal.name(), &connection.ingestion_endpoint, key];
        spool.shelf(Address::of(address), ledger.clone())
    });
    destination.sender(signal, settings, ledger, shelf).map(Some)
}

/// With rules, everything is sampled in the pipeline.
fn sampled_before(settings: &Settings, azure: &AzureSettings) -> AzureSettings {
    let azure = azure.clone();
    if settings.shape.sampling.is_empty() {
        return azure;
    }
    AzureSettings {
        sampler: Sampler::AlwaysOn,
        log_sampling_percentage: 100.0,
        logs_follow_traces: false,
        ..azure
    }
}

/// One sender for all signals, so that whole records come in their order.
fn printed(
    exporter: Exporter,
    settings: &Settings,
    printers: &mut Vec<(Exporter, Arc<Sender>)>,
    account: &Account,
) -> Started {
    if let Some((_, known)) = printers.iter().find(|(known, _)| *known == exporter) {
        return Ok(Some(known.clone()));
    }
    let mut console = settings.console.clone();
    if exporter == Exporter::OtlpStdout {
        console.format = ConsoleFormat::Otlp;
    }
    let queue = settings.queue.traces.at_once();
    let sender = Sender::start(ConsoleExporter::new(&console)?, queue, account.ledger(exporter.name()));
    printers.push((exporter, sender.clone()));
    Ok(Some(sender))
}

/// The Prometheus endpoint: its socket was bound by the supervisor, or could not be, which was said there.
fn scraped(settings: &Settings, listener: Option<TcpListener>, account: &Account) -> Started {
    let Some(listener) = listener else { return Ok(None) };
    let exporter = PrometheusExporter::start(listener)
        .map_err(|e| Error::launcher(format!("cannot serve the Prometheus endpoint: {e}")))?;
    let queue = settings.queue.metrics.at_once();
    Ok(Some(Sender::start(exporter, queue, account.ledger("prometheus"))))
}
