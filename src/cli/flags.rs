//! The flags of a start for clap, made from the table of settings, and what came of them.

use super::help;
use super::words::Words;
use crate::error::Error;
use crate::settings::table::{self, Entry};
use crate::settings::{Kind, Typed, sampling};
use clap::builder::{OsStringValueParser, StringValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Names of the arguments that are not in the table.
pub(super) const COMMAND: &str = "command";
const SET: &str = "set";
const VARIABLE: &str = "variable";
const VERBOSE: &str = "verbose";
const QUIET: &str = "quiet";

/// Adds what starts a program: the table's flags, our few others, the command.
pub(super) fn launching(command: Command) -> Command {
    command
        .infer_long_args(true)
        .args_override_self(true)
        .max_term_width(100)
        .args(table::entries().filter_map(flag))
        .arg(
            Arg::new(SET)
                .hide_short_help(true)
                .long("set")
                .value_name("OTEL_NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(StringValueParser::new())
                .help_heading(table::Heading::Program.name())
                .help("Any other OTEL_ variable; repeatable"),
        )
        .arg(
            Arg::new(VARIABLE)
                .hide_short_help(true)
                .short('E')
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(OsStringValueParser::new())
                .help_heading(table::Heading::Launch.name())
                .help("Any variable for the program, as env(1) sets it; repeatable"),
        )
        .arg(
            Arg::new(VERBOSE)
                .hide_short_help(true)
                .short('v')
                .long("verbose")
                .action(ArgAction::Count)
                .help_heading(table::Heading::Diagnostics.name())
                .help("Say what was chosen and why, and the account at the end; -vv says more"),
        )
        .arg(
            Arg::new(QUIET)
                .hide_short_help(true)
                .short('q')
                .long("quiet")
                .action(ArgAction::SetTrue)
                .conflicts_with(VERBOSE)
                .help_heading(table::Heading::Diagnostics.name())
                .help("Say nothing but fatal errors"),
        )
        .arg(
            Arg::new(COMMAND)
                .value_name("COMMAND")
                .num_args(0..)
                .trailing_var_arg(true)
                .value_parser(OsStringValueParser::new())
                .value_hint(ValueHint::CommandWithArguments)
                .hide(true)
                .help("The program to start, with its arguments"),
        )
}

fn flag(entry: &'static Entry) -> Option<Arg> {
    let name = entry.flag?;
    let mut arg = Arg::new(entry.variable)
        .long(name)
        .value_name(entry.kind.placeholder())
        .value_parser(Words::of(entry))
        .hide_possible_values(true)
        .hide_short_help(true)
        .action(if repeats(entry) { ArgAction::Append } else { ArgAction::Set })
        .allow_negative_numbers(entry.kind.is_number())
        .help_heading(entry.heading.name())
        .help(help::text(entry));
    if name.contains('_') {
        arg = arg.alias(name.replace('_', "-"));
    }
    if entry.variable == "OTEL_CONFIG_FILE" {
        // What others call it. Shorter forms are --configurator, too.
        arg = arg.visible_alias("config");
    }
    match entry.kind {
        Kind::Switch => arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Text("FILE") => arg = arg.value_hint(ValueHint::FilePath),
        _ => {}
    }
    Some(arg)
}

/// Lists of our own grow by each use; everything else keeps the last value.
fn repeats(entry: &Entry) -> bool {
    entry.kind == Kind::Rules
        || matches!(
            entry.variable,
            "OTEL_RUN_SKIP"
                | "OTEL_RUN_ONLY"
                | "OTEL_RUN_ENV_FILE"
                | "OTEL_RUN_CUSTOM_DIMENSION"
                | "OTEL_RUN_REDACT"
        )
}

/// What was typed, told apart.
pub(super) fn typed(matches: &ArgMatches) -> Result<Typed, Error> {
    let mut typed =
        Typed { verbosity: matches.get_count(VERBOSE), quiet: matches.get_flag(QUIET), ..Typed::default() };
    for entry in table::entries().filter(|entry| entry.flag.is_some()) {
        if let Some(values) = matches.get_many::<String>(entry.variable) {
            let values: Vec<&str> = values.map(String::as_str).collect();
            let between = if entry.kind == Kind::Rules { sampling::SEPARATOR } else { "," };
            typed.flags.push((entry, values.join(between)));
        }
    }
    for pair in matches.get_many::<String>(SET).into_iter().flatten() {
        typed.set.push(set(pair)?);
    }
    for pair in matches.get_many::<OsString>(VARIABLE).into_iter().flatten() {
        typed.variables.push(variable(pair)?);
    }
    Ok(typed)
}

fn set(pair: &str) -> Result<(String, String), Error> {
    let hint = "write --set OTEL_NAME=VALUE; for variables of other names use -E NAME=VALUE";
    // The value may be a secret: it is not repeated.
    let (name, value) = pair
        .split_once('=')
        .ok_or_else(|| Error::usage("the value of --set has no \"=\"").from("command line").hint(hint))?;
    if !name.starts_with("OTEL_") || name.contains(['\0', ' ']) {
        return Err(Error::usage(format!("--set is for OTEL_ variables, not for {name:?}"))
            .from("command line")
            .hint(hint));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn variable(pair: &OsString) -> Result<(OsString, OsString), Error> {
    let bytes = pair.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(at) if at > 0 => {
            let (name, value) = bytes.split_at(at);
            let value = value.get(1..).unwrap_or_default();
            Ok((OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())))
        }
        _ => Err(Error::usage("the value of -E is not NAME=VALUE")
            .from("command line")
            .hint("write -E NAME=VALUE; an empty VALUE is allowed")),
    }
}
