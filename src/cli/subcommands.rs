//! The few words that are not a program to start. A program of such a name is started behind
//! `--`.

use super::flags;
use crate::environment::Environment;
use clap::builder::PathBufValueParser;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::fmt;
use std::path::PathBuf;

const FLAGS: &str = "FLAGS are those of a start: see otel-run --help";

/// Adds the sub-commands.
pub(super) fn add(command: Command) -> Command {
    let doctor = launching(
        "doctor",
        "What holds, and whether it works: settings, program, destinations",
        "otel-run doctor [--json] [--offline] [--send-test-item] [FLAGS] [--] [COMMAND] [ARGUMENTS]...",
    )
    .arg(switch("json", "Print JSON"))
    .arg(switch("offline", "Connect to nobody"))
    .arg(
        switch(
            "send-test-item",
            "Send one log record to Azure Monitor, and show what the service says to it",
        )
        .alias("send_test_item")
        .conflicts_with("offline"),
    );
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(["sh", "dotenv", "json"]))
        .default_value("sh")
        .help("sh, dotenv or json");
    let env = launching(
        "env",
        "Print the environment that a program would be given",
        "otel-run env [--format sh|dotenv|json] [FLAGS] [--] [COMMAND] [ARGUMENTS]...",
    );
    let bootstrap = launching(
        "bootstrap",
        "Bring the official OpenTelemetry packages that fit a program into a folder outside of it",
        "otel-run bootstrap [--dry-run] [--offline DIR] [--python PATH] [FLAGS] [--] COMMAND [ARGUMENTS]...",
    )
    .arg(switch("dry-run", "Say what would be brought and why; bring nothing").alias("dry_run"))
    .arg(path("offline", "DIR", ValueHint::DirPath, "Take packages from this folder, and connect to nobody"))
    .arg(path(
        "python",
        "PATH",
        ValueHint::FilePath,
        "The Python to bring packages for, where COMMAND does not tell",
    ));
    let replay = launching(
        "replay",
        "Send telemetry that --record has written to the destinations once more",
        "otel-run replay [FLAGS] FILE...",
    );
    let trial = launching(
        "try",
        "Show what the rules make of recorded telemetry; nothing is sent",
        "otel-run try [--all] [--json] [FLAGS] [FILE]...",
    )
    .arg(switch("all", "Show also what stays as it is"))
    .arg(switch("json", "Print what is left as OTLP in JSON lines, instead of differences"));
    let settings = launching(
        "settings",
        "Print all settings as Markdown tables, or those that hold",
        "otel-run settings [--keys]\n       otel-run settings --effective [--json] [FLAGS] [--] [COMMAND] [ARGUMENTS]...",
    )
    .arg(switch("keys", "Print all keys of the configuration file, and what becomes of each"))
    .arg(
        switch("effective", "Print what holds: flags, environment and files together, with the rules")
            .conflicts_with("keys"),
    )
    .arg(switch("json", "Print JSON"));
    let shell = Arg::new("shell")
        .value_name("SHELL")
        .required(true)
        .value_parser(PossibleValuesParser::new(["bash", "zsh", "fish"]))
        .help("bash, zsh or fish");
    command
        .subcommand(doctor)
        .subcommand(env.arg(format))
        .subcommand(bootstrap)
        .subcommand(replay)
        .subcommand(trial)
        .subcommand(settings)
        .subcommand(
            plain("completions", "Print completions for a shell", "otel-run completions bash|zsh|fish")
                .arg(shell),
        )
        .subcommand(plain("man", "Print the manual page", "otel-run man"))
}

/// A sub-command with help of its own: that of the whole program is of no use there.
fn plain(name: &'static str, about: &'static str, usage: &'static str) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("This help");
    Command::new(name).about(about).override_usage(usage).arg(help)
}

/// Flags of the program's start are built only when they are needed.
fn launching(name: &'static str, about: &'static str, usage: &'static str) -> Command {
    plain(name, about, usage).after_help(FLAGS).defer(flags::launching)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn path(name: &'static str, value: &'static str, hint: ValueHint, help: &'static str) -> Arg {
    let parser = PathBufValueParser::new();
    Arg::new(name).long(name).value_name(value).value_parser(parser).value_hint(hint).help(help)
}

/// What `bootstrap` is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootstrapOptions {
    /// Only say what would be brought.
    pub dry_run: bool,
    /// A folder of packages, instead of any network.
    pub offline: Option<PathBuf>,
    pub python: Option<PathBuf>,
}

impl BootstrapOptions {
    pub(super) fn new(matches: &ArgMatches) -> Self {
        BootstrapOptions {
            dry_run: matches.get_flag("dry-run"),
            offline: matches.get_one("offline").cloned(),
            python: matches.get_one("python").cloned(),
        }
    }
}

/// How `doctor` reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoctorOptions {
    pub json: bool,
    /// Connect to no destination.
    pub offline: bool,
    /// Send one log record to Azure Monitor.
    pub send_test_item: bool,
}

impl DoctorOptions {
    pub(super) fn new(matches: &ArgMatches) -> Self {
        DoctorOptions {
            json: matches.get_flag("json"),
            offline: matches.get_flag("offline"),
            send_test_item: matches.get_flag("send-test-item"),
        }
    }
}

/// How `env` prints.
#[derive(Clone)]
pub struct EnvOptions {
    pub format: EnvFormat,
    /// The environment before any flag: what the program's is compared with.
    pub before: Environment,
}

impl fmt::Debug for EnvOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvOptions").field("format", &self.format).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvFormat {
    /// `export NAME='value'`, `unset NAME`.
    Sh,
    /// `NAME="value"`, as docker, node and systemd read it.
    Dotenv,
    /// An object; `null` removes.
    Json,
}

impl EnvFormat {
    pub(super) fn new(matches: &ArgMatches) -> Self {
        match matches.get_one::<String>("format").map(String::as_str) {
            Some("dotenv") => EnvFormat::Dotenv,
            Some("json") => EnvFormat::Json,
            _ => EnvFormat::Sh,
        }
    }
}
