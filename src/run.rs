//! The composition of the supervisor: the order in which a launch starts, and in which it ends.

use crate::cli::Launch;
use crate::environment::Environment;
use crate::error::Error;
use crate::export::{self, prometheus};
use crate::launch::agent::Agent;
use crate::launch::capture::{self, Copiers, Entrances, Started};
use crate::launch::exit::Ending;
use crate::launch::inject::{self, Endpoint};
use crate::launch::signals::Signals;
use crate::launch::spawn::{self, Command};
use crate::launch::streams;
use crate::launch::supervise::Supervisor;
use crate::launch::{apart, search};
use crate::link::Setup;
use crate::otlp::Signal;
use crate::settings::{CaptureSettings, ConsoleOutput, Explained, Exporter, Mode, Settings, sampling};
use crate::{notice, receive, sys};
use std::ffi::OsString;
use std::os::fd::{AsRawFd, OwnedFd};

/// Runs the command with the agent beside it, and returns how the command ended. An error means
/// that the command was not started.
///
/// Start: bind → inject → target → agent. The target comes first: its connections wait in the
/// bound sockets until the agent accepts them, and a command that does not exist costs nothing.
/// Stop: the target ends → the agent delivers what there is → we end as the target ended.
pub fn run(launch: Launch, signals: Signals) -> Result<Ending, Error> {
    let Launch { settings, command, environment, bare, explained, warnings, hidden } = launch;
    notice::configure(settings.verbosity, settings.quiet);
    warnings.iter().for_each(|warning| notice::warn("settings", warning));

    if hidden {
        notice::info(
            "settings",
            "secrets on the command line were overwritten; for a moment the list of processes showed them, \
             which it never does with variables",
        );
    }

    let grace = settings.grace;
    // Below another otel-run, that one measures and delivers.
    let ours = !settings.sdk_disabled && !inject::nested(&bare);
    let mut telemetry = if ours { Some(Telemetry::prepare(settings.clone(), &explained)?) } else { None };

    if let Some(told) = sampling::told(&settings).filter(|_| ours) {
        notice::info("settings", &told);
    }
    let endpoint = telemetry.as_ref().and_then(|telemetry| telemetry.endpoint.as_ref());
    let inject::Plan { environment: injected, shims, .. } =
        say(inject::plan(&settings, &command, &environment, &bare, endpoint));
    if let Some(telemetry) = &mut telemetry {
        telemetry.setup.shims = shims;
    }

    let core_limit = spawn::forbid_core_files();
    let mut target =
        Command::new(&command, &environment, &injected, &bare, core_limit, settings.kill_with_launcher)?;
    if settings.mode == Mode::Exec {
        let found = command.first().is_some_and(|word| search::find(word, &environment).is_some());
        if let Some(telemetry) = telemetry.filter(|_| found) {
            telemetry.leave_to_an_agent_apart(&environment, program_of(&command));
        }
        return Err(target.replace_us());
    }
    let (copiers, entrances) = telemetry.as_mut().and_then(Telemetry::capture).unzip();
    if let Some(entrances) = &entrances {
        target.give(entrances);
    }
    let mut supervisor = Supervisor::start(signals, target, copiers.unwrap_or_default())?;
    drop(entrances);

    let console = telemetry.as_ref().is_some_and(|telemetry| telemetry.prints_to_stdout());
    let stdout = streams::leave_to_the_target(console);
    if let Some(Telemetry { setup, sockets, .. }) = telemetry {
        let target = supervisor.target(program_of(&command));
        supervisor.keep(Agent::start(setup, &environment, sockets, stdout, target));
    }

    sys::forget_text();
    let ending = supervisor.until_target_ends();
    supervisor.until_output_is_copied();
    supervisor.until_agent_ends(grace);
    Ok(ending)
}

fn program_of(command: &[OsString]) -> String {
    command.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default()
}

fn say(plan: inject::Plan) -> inject::Plan {
    plan.warnings.iter().for_each(|warning| notice::warn("inject", warning));
    for inject::Decision { language, what, why } in &plan.decisions {
        notice::info("inject", &format!("{language}: {what} ({why})"));
    }
    plan
}

/// What the agent needs and what must be there before the target starts.
struct Telemetry {
    setup: Setup,
    sockets: Vec<OwnedFd>,
    /// Where the target sends to; `None` when nothing can listen.
    endpoint: Option<Endpoint>,
}

impl Telemetry {
    /// Binds what is to be bound and looks at what can be looked at. What fails is left out with
    /// a warning: it is no reason not to run the command, unless `--strict` says so.
    fn prepare(mut settings: Settings, explained: &Explained) -> Result<Telemetry, Error> {
        let strict = settings.strict;
        let mut checks = Vec::new();
        for signal in Signal::ALL {
            let exporters = &mut settings.exporters[signal];
            if exporters.contains(&Exporter::Otlp)
                && let Err(error) = export::otlp::check(&settings.otlp[signal])
            {
                exporters.retain(|exporter| *exporter != Exporter::Otlp);
                checks.push(explained.blame_otlp(signal, error));
            }
        }
        checks.dedup();
        for error in checks {
            tolerate(Err::<(), _>(error), strict, "the command runs, nothing is sent there")?;
        }
        if prints(&settings) {
            let output = export::console::check(&settings.console).map_err(|e| explained.blame_output(e));
            if tolerate(output, strict, "the command runs, nothing is printed")?.is_none() {
                for signal in Signal::ALL {
                    settings.exporters[signal].retain(|exporter| !exporter.prints());
                }
            }
        }

        if let Some(record) = &settings.record
            && tolerate(
                export::record::check(record).map_err(|e| explained.blame_output(e)),
                strict,
                "the command runs, nothing is recorded",
            )?
            .is_none()
        {
            settings.record = None;
        }

        let mut sockets = Vec::new();
        let mut keep = |socket: std::net::TcpListener| {
            let number = socket.as_raw_fd();
            sockets.push(OwnedFd::from(socket));
            number
        };
        let scraped = settings.exporters[Signal::Metrics].contains(&Exporter::Prometheus);
        let prometheus = scraped.then(|| prometheus::bind(&settings.prometheus));
        let without = "the command runs without the Prometheus endpoint";
        let prometheus = prometheus.map(|bound| tolerate(bound, strict, without)).transpose()?.flatten();
        let prometheus = prometheus.map(&mut keep);

        let ingress = receive::bind(&settings).and_then(|ingress| Ok((ingress, token()?)));
        let ingress = tolerate(ingress, strict, "the command runs without telemetry of its own")?;
        let (listeners, endpoint) = match ingress {
            Some((ingress, token)) => {
                let listeners = ingress.listeners.into_iter().map(keep).collect();
                (listeners, Some(Endpoint { address: ingress.address, token }))
            }
            None => (Vec::new(), None),
        };
        let token = endpoint.as_ref().map(|endpoint| endpoint.token.clone()).unwrap_or_default();
        Ok(Telemetry {
            setup: Setup {
                settings,
                listeners,
                prometheus,
                output: None,
                token,
                restarts: 0,
                shims: Vec::new(),
            },
            sockets,
            endpoint,
        })
    }

    /// The target's streams, if its output shall be told. A failure is no reason not to run it.
    fn capture(&mut self) -> Option<(Copiers, Entrances)> {
        let CaptureSettings { stdout, stderr } = self.setup.settings.capture;
        if !stdout && !stderr {
            return None;
        }
        match capture::start(stdout, stderr) {
            Ok(Started { copiers, entrances, agents }) => {
                self.setup.output = Some(agents.as_raw_fd());
                self.sockets.push(agents);
                Some((copiers, entrances))
            }
            Err(error) => {
                notice::warn("output", &format!("output is not captured: {error}"));
                None
            }
        }
    }

    /// For a target that takes our place. A failure is no reason not to run it.
    fn leave_to_an_agent_apart(self, environment: &Environment, program: String) {
        let prints = self.prints_to_stdout();
        let Telemetry { setup, sockets, .. } = self;
        if let Err(error) = apart::start(setup, environment, &sockets, prints, program) {
            let text = format!("the agent cannot be started: {error}; the command runs without telemetry");
            notice::warn("agent", &text);
        }
    }

    fn prints_to_stdout(&self) -> bool {
        let settings = &self.setup.settings;
        prints(settings) && settings.console.output == ConsoleOutput::Stdout
    }
}

fn prints(settings: &Settings) -> bool {
    Signal::ALL.into_iter().any(|signal| settings.exporters[signal].iter().any(|exporter| exporter.prints()))
}

/// 128 bits that only this launch knows, as hexadecimal digits.
fn token() -> Result<String, Error> {
    let bytes: [u8; 16] =
        sys::random().map_err(|error| Error::launcher(format!("no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Turns a failure into a warning and goes on `without`, or ends the launch if it is `strict`.
fn tolerate<T>(result: Result<T, Error>, strict: bool, without: &str) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if strict => Err(Error { code: crate::error::exit::LAUNCHER, ..error }),
        Err(Error { what, from, .. }) => {
            let from = from.map(|from| format!(" (from {from})")).unwrap_or_default();
            notice::warn("start", &format!("{what}{from}; {without}"));
            Ok(None)
        }
    }
}
