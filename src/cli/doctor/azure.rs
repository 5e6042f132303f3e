//! Whether Azure Monitor takes what would be sent: connection string, endpoints, credential,
//! and with `--send-test-item` one log record.

use super::{Check, Verdict, token};
use crate::account::Loss;
use crate::cli::DoctorOptions;
use crate::clock::unix_nano;
use crate::export::azure::probe;
use crate::export::azure::send::{AzureExporter, Shared};
use crate::export::entra::Credential;
use crate::export::{Exporter, Outcome, Parcel};
use crate::otlp::{Batch, Signal};
use crate::settings::{AzureSettings, Exporter as Destination, ProxySettings, Settings, sampling};
use bytes::Bytes;
use http::Uri;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use std::net::IpAddr;
use std::time::Duration;

const AREA: &str = "azure";

/// Longest time of each question; all are asked at once.
const PATIENCE: Duration = Duration::from_secs(4);
/// A test item may need a token first.
const LONG: Duration = Duration::from_secs(12);

/// Text of the test item, by which it is found again.
const ITEM: &str = "otel-run doctor: test item";

pub(super) fn check(settings: &Settings, options: &DoctorOptions) -> Vec<Check> {
    let Some(azure) = &settings.azure else { return Vec::new() };
    let mut checks = vec![string(azure)];
    if settings.exporters.traces.contains(&Destination::Azure) {
        checks.extend(sampling::told(settings).map(|told| Check::ok(AREA, told)));
    }
    if options.offline {
        checks.push(Check::new(AREA, Verdict::Skipped, "nobody was asked (--offline)"));
        return checks;
    }
    checks.extend(ask(settings, azure, options.send_test_item));
    checks
}

/// The parts that were found.
fn string(azure: &AzureSettings) -> Check {
    let connection = &azure.connection;
    let live = if azure.live_metrics {
        format!(", LiveEndpoint {}", connection.live_endpoint)
    } else {
        String::new()
    };
    let application = match &connection.application_id {
        Some(id) => format!(", ApplicationId {id}"),
        None => String::new(),
    };
    let what = format!(
        "connection string: InstrumentationKey ***, IngestionEndpoint {}{live}{application}",
        connection.ingestion_endpoint
    );
    match connection.has_global_endpoint() {
        true => Check::warn(
            AREA,
            what,
            "it names no IngestionEndpoint, so this is the global one: copy the whole connection string of \
             the resource",
        ),
        false => Check::ok(AREA, what),
    }
}

fn ask(settings: &Settings, azure: &AzureSettings, send: bool) -> Vec<Check> {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return vec![Check::fail(AREA, format!("cannot ask: {error}"), "is the machine out of memory?")];
        }
    };
    let live = azure.live_metrics.then_some(azure.connection.live_endpoint.as_str());
    let checks = runtime.block_on(async {
        let (ingestion, live, token, item) = tokio::join!(
            endpoint(&azure.connection.ingestion_endpoint, azure.proxy.as_ref()),
            async {
                match live {
                    Some(live) => endpoint(live, azure.proxy.as_ref()).await,
                    None => Vec::new(),
                }
            },
            credential(azure),
            test_item(settings, azure, send),
        );
        [ingestion, live, token, item].concat()
    });
    // A look-up of a name may still hang on a thread of its own.
    runtime.shutdown_background();
    checks
}

/// Name, connection and certificate of an endpoint.
async fn endpoint(endpoint: &str, proxy: Option<&ProxySettings>) -> Vec<Check> {
    let Some(uri) = endpoint.parse::<Uri>().ok().filter(|uri| uri.host().is_some()) else {
        return vec![Check::fail(AREA, format!("{endpoint} is no URL"), "correct the connection string")];
    };
    let host = uri.host().unwrap_or_default();
    let proxy = proxy.filter(|proxy| proxy.covers(&uri));
    let mut checks = Vec::new();
    if let Some(proxy) = proxy {
        // The proxy looks the name up.
        checks.push(Check::ok(AREA, format!("{host} is reached through the proxy {}", proxy.address)));
    } else if host.trim_matches(['[', ']']).parse::<IpAddr>().is_err() {
        let found = tokio::time::timeout(PATIENCE, probe::look_up(host)).await;
        let found = found.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
        match found {
            Ok(addresses) => checks.push(Check::ok(AREA, format!("{host} is {}", listed(&addresses)))),
            Err(why) => {
                checks.push(Check::fail(
                    AREA,
                    format!("{host} cannot be looked up: {why}"),
                    "correct the endpoint in the connection string, or let this machine's name servers know it \
                     (private link: its private zone)",
                ));
                return checks;
            }
        }
    }
    let answer = tokio::time::timeout(PATIENCE, probe::answers(&uri, proxy)).await;
    let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
    checks.push(match (answer, uri.scheme_str()) {
        (Ok(_), Some("https")) => Check::ok(AREA, format!("{endpoint} answers, and its certificate is good")),
        (Ok(_), _) => Check::ok(AREA, format!("{endpoint} answers (without TLS)")),
        (Err(why), _) if why.contains("TLS: ") => Check::fail(
            AREA,
            format!("{endpoint}: {why}"),
            "does something between here and Azure open TLS? Give its authority in SSL_CERT_FILE",
        ),
        (Err(why), _) => Check::fail(
            AREA,
            format!("{endpoint}: {why}"),
            "let this machine connect there: firewall, network security group, private link",
        ),
    });
    checks
}

fn listed(addresses: &[IpAddr]) -> String {
    const FEW: usize = 4;
    let few: Vec<String> = addresses.iter().take(FEW).map(ToString::to_string).collect();
    let more = if addresses.len() > FEW { ", ..." } else { "" };
    format!("{}{more}", few.join(", "))
}

/// Whether the credential gets a token.
async fn credential(azure: &AzureSettings) -> Vec<Check> {
    let Some(settings) = &azure.credential else {
        let what = "credential: the instrumentation key alone, no Entra ID";
        return vec![Check::ok(AREA, what)];
    };
    let audience = &azure.connection.audience;
    let credential = Credential::new(settings, audience, azure.proxy.as_ref());
    vec![token::check(AREA, &credential, audience).await]
}

/// Sends one log record as the agent would, and explains the answer.
async fn test_item(settings: &Settings, azure: &AzureSettings, send: bool) -> Vec<Check> {
    if !send {
        let check = Check::new(AREA, Verdict::Skipped, "no test item was sent");
        return vec![check.hint("--send-test-item sends one, and shows what the service says to it")];
    }
    let outcome = tokio::time::timeout(LONG, export(settings, azure)).await;
    vec![match outcome {
        Err(_) => Check::fail(
            AREA,
            format!("test item: no answer within {} s", LONG.as_secs()),
            "see what the other checks say",
        ),
        Ok(Err(why)) => Check::fail(AREA, format!("test item: {why}"), "see what the other checks say"),
        Ok(Ok(outcome)) => judge(outcome),
    }]
}

async fn export(settings: &Settings, azure: &AzureSettings) -> Result<Outcome, String> {
    let batch = item(settings).map_err(|error| error.to_string())?;
    // It is to arrive, whatever else is sampled.
    let all = AzureSettings {
        sampler: crate::settings::Sampler::AlwaysOn,
        log_sampling_percentage: 100.0,
        ..azure.clone()
    };
    let mut exporter = Shared::new(&all).and_then(AzureExporter::new).map_err(|error| error.what.clone())?;
    let bytes = batch.bytes().len();
    let parcel = Parcel { signal: Signal::Logs, batches: vec![batch], items: 1, bytes };
    // Another form of the body, a new token: the first answers may only say what to try next.
    let mut outcome = exporter.export(&parcel).await;
    for _ in 0..3 {
        match outcome {
            Outcome::Partly { .. } => {}
            Outcome::Retry { ref message, .. } if message.is_empty() => {}
            _ => break,
        }
        outcome = exporter.export(&parcel).await;
    }
    Ok(outcome)
}

fn item(settings: &Settings) -> Result<Batch, crate::otlp::Malformed> {
    let text = |value: &str| Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    let attribute =
        |key: &str, value: &str| KeyValue { key: key.to_owned(), value: text(value), ..KeyValue::default() };
    let mut attributes = vec![attribute("service.name", &settings.service_name)];
    attributes.extend(settings.resource_attributes.iter().map(|(name, value)| attribute(name, value)));
    let record = LogRecord {
        time_unix_nano: unix_nano(),
        severity_number: SeverityNumber::Info as i32,
        body: text(ITEM),
        ..LogRecord::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    };
    Batch::from_protobuf(Signal::Logs, Bytes::from(request.encode_to_vec()))
}

fn judge(outcome: Outcome) -> Check {
    let failed = |why: &str| Check::new(AREA, Verdict::Fail, format!("test item: {why}"));
    match outcome {
        Outcome::Settled { losses, .. }
            if losses.iter().any(|(loss, _)| matches!(loss, Loss::LeftOut(_))) =>
        {
            Check::warn(
                AREA,
                "test item: the service has left it out: ingestion sampling is on",
                "that is set on the resource: Usage and estimated costs, Data sampling",
            )
        }
        Outcome::Settled { losses, message } if !losses.is_empty() => {
            let reasons = losses.iter().map(|(loss, _)| match loss {
                Loss::Rejected(reason) => reason.as_str(),
                Loss::Dropped(reason) | Loss::LeftOut(reason) => reason,
            });
            failed(&message.unwrap_or_else(|| reasons.collect::<Vec<_>>().join(", ")))
        }
        Outcome::Delivered { .. } | Outcome::Settled { .. } | Outcome::Partly { .. } => Check::ok(
            AREA,
            "test item: the service has taken it",
        )
        .hint(format!(
            "after a few minutes it is among the logs of the resource: traces | where message == \"{ITEM}\""
        )),
        Outcome::Rejected { reason, message } if message.is_empty() => failed(&reason),
        Outcome::Rejected { reason, message } => failed(&format!("{reason}: {message}")),
        Outcome::Retry { message, .. } => failed(&message),
    }
}
