//! Whether the destinations answer: an empty OTLP request by the real exporter, so that name
//! look-up, connection, TLS, headers and path are all tried. It holds no telemetry.

use super::{Check, Verdict, token};
use crate::cli::Launch;
use crate::error::Error;
use crate::export::entra::Credential;
use crate::export::otlp::OtlpExporter;
use crate::export::{self, Outcome, Parcel};
use crate::otlp::{Batch, Signal};
use crate::settings::{EntraSettings, Exporter, OtlpSettings};
use bytes::Bytes;
use std::time::Duration;
use tokio::task::JoinSet;

const AREA: &str = "reach";

/// Longest time of one destination; all are asked at once.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is found about a signal: its verdict, in words, and a hint.
type Finding = (Signal, Check);

pub(super) fn check(launch: &Launch, offline: bool) -> Vec<Check> {
    let settings = &launch.settings;
    let mut findings = Vec::new();
    let mut probes = Vec::new();
    for (signal, exporters) in settings.exporters.iter() {
        if exporters.contains(&Exporter::Otlp) {
            let otlp = &settings.otlp[signal];
            let check = export::otlp::check(otlp).map_err(|e| launch.explained.blame_otlp(signal, e));
            match check {
                Ok(()) if offline => {
                    let what = format!("{} was not asked (--offline)", otlp.url);
                    findings.push((signal, Check::new(AREA, Verdict::Skipped, what)));
                }
                Ok(()) => probes.push((signal, otlp.clone())),
                Err(error) => findings.push((signal, failed(error))),
            }
        }
    }
    let (mut checks, answers) = ask(probes);
    findings.extend(answers);
    findings.sort_by_key(|(signal, _)| *signal as u8);
    checks.extend(together(findings));
    if Signal::ALL.into_iter().any(|s| settings.exporters[s].iter().any(|exporter| exporter.prints())) {
        let check = export::console::check(&settings.console);
        checks.push(match check.map_err(|e| launch.explained.blame_output(e)) {
            Ok(()) => Check::ok(AREA, format!("console: {} can be written", settings.console.output)),
            Err(error) => failed(error),
        });
    }
    checks
}

/// Signals of which the same is found share a line.
fn together(findings: Vec<Finding>) -> Vec<Check> {
    let mut groups: Vec<(Vec<&str>, Check)> = Vec::new();
    for (signal, check) in findings {
        match groups.iter_mut().find(|(_, other)| *other == check) {
            Some((signals, _)) => signals.push(signal.name()),
            None => groups.push((vec![signal.name()], check)),
        }
    }
    let named = groups.into_iter().map(|(signals, check)| {
        let what = format!("{}: {}", signals.join(", "), check.what);
        Check { what, ..check }
    });
    named.collect()
}

fn failed(error: Error) -> Check {
    let from = error.from.map(|from| format!(" ({from})")).unwrap_or_default();
    let mut check = Check::new(AREA, Verdict::Fail, format!("{}{from}", error.what));
    check.hint = error.hint;
    check
}

/// What is found about credentials, and about signals.
fn ask(probes: Vec<(Signal, OtlpSettings)>) -> (Vec<Check>, Vec<Finding>) {
    if probes.is_empty() {
        return Default::default();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let check = Check::fail(AREA, format!("cannot ask: {error}"), "is the machine out of memory?");
            return (Vec::new(), probes.into_iter().map(|(signal, _)| (signal, check.clone())).collect());
        }
    };
    let answers = runtime.block_on(async {
        let tokens = tokens(&probes).await;
        let mut tasks = JoinSet::new();
        for (signal, settings) in probes {
            let known = tokens.iter().find(|known| settings.entra.as_ref() == Some(&known.settings));
            let credential = known.map(|known| known.credential.clone());
            let without = known.is_some_and(|known| known.check.verdict != Verdict::Ok);
            tasks.spawn(async move {
                if without {
                    let what = format!("{} was not asked: there is no token", settings.url);
                    return (signal, Check::new(AREA, Verdict::Skipped, what));
                }
                probe(signal, settings, credential).await
            });
        }
        let answers = tasks.join_all().await;
        (tokens.into_iter().map(|token| token.check).collect(), answers)
    });
    // A look-up of a name may still hang on a thread of its own.
    runtime.shutdown_background();
    answers
}

/// A credential of OTLP destinations, and whether it gets a token.
struct Token {
    settings: EntraSettings,
    credential: Credential,
    check: Check,
}

/// Signals with the same credential ask once.
async fn tokens(probes: &[(Signal, OtlpSettings)]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (_, otlp) in probes {
        let Some(settings) = &otlp.entra else { continue };
        if !tokens.iter().any(|token| token.settings == *settings) {
            let EntraSettings { credential, audience } = settings;
            let credential = Credential::new(credential, audience, otlp.proxy.as_ref());
            let check = token::check(AREA, &credential, audience).await;
            tokens.push(Token { settings: settings.clone(), credential, check });
        }
    }
    tokens
}

async fn probe(signal: Signal, settings: OtlpSettings, credential: Option<Credential>) -> Finding {
    let check = match tokio::time::timeout(PATIENCE, export(signal, &settings, credential)).await {
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            silent(&settings, &format!("{} does not answer within {seconds} s", settings.url))
        }
        Ok(Err(error)) => failed(error),
        Ok(Ok(outcome)) => judge(&settings, outcome),
    };
    (signal, check)
}

async fn export(
    signal: Signal,
    settings: &OtlpSettings,
    credential: Option<Credential>,
) -> Result<Outcome, Error> {
    use crate::export::Exporter;
    let mut exporter = OtlpExporter::authorized(signal, settings, credential)?;
    let empty = Batch::from_protobuf(signal, Bytes::new()).map_err(|e| Error::launcher(e.to_string()))?;
    let parcel = Parcel { signal, batches: vec![empty], items: 0, bytes: 0 };
    match exporter.export(&parcel).await {
        // It may only be the token.
        Outcome::Retry { message, .. } if message.is_empty() => Ok(exporter.export(&parcel).await),
        outcome => Ok(outcome),
    }
}

fn judge(settings: &OtlpSettings, outcome: Outcome) -> Check {
    match outcome {
        Outcome::Delivered { .. } | Outcome::Settled { .. } | Outcome::Partly { .. } => {
            Check::ok(AREA, format!("{} answers ({})", settings.url, settings.protocol.name()))
        }
        Outcome::Rejected { reason, message } => {
            let words = if message.is_empty() { String::new() } else { format!(": {message}") };
            let check = Check::new(AREA, Verdict::Fail, format!("{} refuses: {reason}{words}", settings.url));
            check.hint(match reason.as_str() {
                "HTTP 401" | "HTTP 403" | "gRPC UNAUTHENTICATED" | "gRPC PERMISSION_DENIED" => {
                    "give it what it wants in OTEL_EXPORTER_OTLP_HEADERS"
                }
                "HTTP 404" | "HTTP 405" | "gRPC UNIMPLEMENTED" => {
                    "is it an OTLP receiver? OTEL_EXPORTER_OTLP_ENDPOINT is without /v1/..., a signal's own endpoint with it"
                }
                _ => "it answers, but does not take an empty OTLP request",
            })
        }
        Outcome::Retry { message, .. } if settings.entra.is_some() => {
            let hint = "see whether this is the address of the endpoint and of the rule, and which role the credential has";
            Check::fail(AREA, message, hint)
        }
        Outcome::Retry { message, .. } => silent(settings, &message),
    }
}

/// Nobody there: a failure if it was asked for, a note if it is only the default.
fn silent(settings: &OtlpSettings, what: &str) -> Check {
    if settings.by_default {
        let hint =
            "nothing chose this destination; set an endpoint, or --traces_exporter console and the like";
        return Check::warn(AREA, what, hint);
    }
    Check::fail(AREA, what, "start a receiver there, or correct OTEL_EXPORTER_OTLP_ENDPOINT and _PROTOCOL")
}
