//! `otel-run doctor`: what holds and why, what would be started and injected, and whether the
//! destinations answer. Nothing is started, and no telemetry is sent but the test item that was asked
//! for.

mod azure;
mod conflicts;
mod host;
mod names;
mod node;
mod print;
mod python;
mod reach;
mod resource;
mod runtimes;
mod target;
mod token;

use super::{DoctorOptions, Launch};
use crate::launch::inject;
use crate::otlp::Signal;
use crate::settings::{Exporter, Origin, sampling};
use serde::Serialize;

/// Exit status when a check failed.
const FAILED: u8 = 1;

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
    Skipped,
}

/// One line of the report, with a hint when there is something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    area: &'static str,
    verdict: Verdict,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Check {
    fn new(area: &'static str, verdict: Verdict, what: impl Into<String>) -> Self {
        Check { area, verdict, what: what.into(), hint: None }
    }

    fn ok(area: &'static str, what: impl Into<String>) -> Self {
        Self::new(area, Verdict::Ok, what)
    }

    fn warn(area: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(area, Verdict::Warn, what).hint(hint)
    }

    fn fail(area: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(area, Verdict::Fail, what).hint(hint)
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A setting that somebody said, or that was chosen for a reason.
#[derive(Clone, Debug, Serialize)]
struct Shown {
    variable: &'static str,
    flag: Option<&'static str>,
    value: String,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// Where a signal goes.
#[derive(Clone, Debug, Serialize)]
struct Destination {
    signal: Signal,
    exporter: &'static str,
    to: String,
}

#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    command: Vec<String>,
    settings: Vec<Shown>,
    destinations: Vec<Destination>,
    checks: Vec<Check>,
    /// No check failed.
    ok: bool,
}

/// Examines what would be launched: the report to print, and the exit status (0, or 1 when a
/// check failed). Takes at most about five seconds, with a credential or a
/// test item fifteen.
pub fn run(launch: &Launch, options: &DoctorOptions) -> (String, u8) {
    let report = examine(launch, options);
    let status = if report.ok { 0 } else { FAILED };
    (if options.json { print::json(&report) } else { print::text(&report) }, status)
}

fn examine(launch: &Launch, options: &DoctorOptions) -> Report {
    let mut checks = Vec::new();
    checks.extend(settings(launch));
    checks.extend(names::check(&launch.environment));
    checks.extend(target::check(launch));
    checks.extend(runtimes::check(launch));
    checks.extend(injection(launch));
    checks.extend(conflicts::check(launch));
    checks.extend(host::check(launch));
    checks.extend(resource::check(&launch.settings, options.offline));
    checks.extend(reach::check(launch, options.offline));
    checks.extend(azure::check(&launch.settings, options));
    let ok = checks.iter().all(|check| check.verdict != Verdict::Fail);
    Report {
        version: env!("CARGO_PKG_VERSION"),
        command: launch.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        settings: shown(launch),
        destinations: destinations(launch),
        checks,
        ok,
    }
}

fn shown(launch: &Launch) -> Vec<Shown> {
    let said = |value: &&crate::settings::Value| value.origin != Origin::Default || value.because.is_some();
    let shown = launch.explained.iter().filter(said).map(|value| Shown {
        variable: value.entry.variable,
        flag: value.entry.flag,
        value: value.value.clone(),
        origin: value.origin.to_string(),
        because: value.because.clone(),
    });
    shown.collect()
}

fn destinations(launch: &Launch) -> Vec<Destination> {
    let settings = &launch.settings;
    let mut destinations = Vec::new();
    for (signal, exporters) in settings.exporters.iter() {
        for exporter in exporters {
            let to = match exporter {
                Exporter::Azure => {
                    let azure = settings.azure.as_ref();
                    azure.map(|azure| azure.connection.ingestion_endpoint.clone()).unwrap_or_default()
                }
                Exporter::Otlp => {
                    format!("{} ({})", settings.otlp[signal].url, settings.otlp[signal].protocol.name())
                }
                Exporter::Console | Exporter::OtlpStdout => settings.console.output.to_string(),
                Exporter::Prometheus => format!("http://{}/metrics", settings.prometheus.address),
            };
            destinations.push(Destination { signal, exporter: exporter.name(), to });
        }
        if exporters.is_empty() {
            destinations.push(Destination { signal, exporter: "none", to: "nowhere".to_owned() });
        }
    }
    destinations
}

/// What the settings complained about, each as it would be told at a start.
fn settings(launch: &Launch) -> Vec<Check> {
    let mut checks: Vec<Check> = launch.warnings.iter().map(|text| told("settings", text)).collect();
    if checks.is_empty() {
        checks.push(Check::ok("settings", "no contradictions, no values that cannot be used"));
    }
    // With Azure, it stands there.
    if !launch.settings.exporters.traces.contains(&Exporter::Azure) {
        checks.extend(sampling::told(&launch.settings).map(|told| Check::ok("settings", told)));
    }
    checks
}

/// A warning in three parts as one check.
fn told(area: &'static str, text: &str) -> Check {
    let mut lines = text.lines().map(str::trim);
    let mut check = Check::new(area, Verdict::Warn, lines.next().unwrap_or_default());
    for line in lines {
        if let Some(from) = line.strip_prefix("from: ") {
            check.what.push_str(&format!(" ({from})"));
        } else if let Some(hint) = line.strip_prefix("hint: ") {
            check.hint = Some(hint.to_owned());
        }
    }
    check
}

/// What would be injected, and why.
fn injection(launch: &Launch) -> Vec<Check> {
    const AREA: &str = "inject";
    if launch.command.is_empty() {
        return vec![Check::new(AREA, Verdict::Skipped, "no command was given")];
    }
    let endpoint = inject::Endpoint { address: super::env::address(launch), token: String::new() };
    let Launch { settings, command, environment, bare, .. } = launch;
    let plan = inject::plan(settings, command, environment, bare, Some(&endpoint));
    let decisions = plan.decisions.into_iter().map(|decision| {
        let language =
            if decision.language == "any" { String::new() } else { format!("{}: ", decision.language) };
        let what = decision.what.replace("127.0.0.1:0", "127.0.0.1, port by the kernel");
        Check::ok(AREA, format!("{language}{what}, because {}", decision.why))
    });
    let warnings = plan.warnings.iter().map(|text| told(AREA, text));
    decisions.chain(warnings).collect()
}
