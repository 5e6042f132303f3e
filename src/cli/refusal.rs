//! A command line that cannot be read, in our words: what, where from, what to write instead.

use crate::error::Error;
use crate::settings::{suggest, table};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// Longest part of what was typed that a message repeats.
const LONGEST: usize = 80;

pub(super) fn explain(error: &clap::Error) -> Error {
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => unknown(&argument),
        ErrorKind::InvalidUtf8 => Error::usage("a flag or its value is not UTF-8")
            .hint("only the command, its arguments and -E may hold other bytes"),
        ErrorKind::ArgumentConflict => {
            let other = text(error, ContextKind::PriorArg).unwrap_or_default();
            Error::usage(format!("{} and {} contradict each other", name(&argument), name(&other)))
                .hint("use one of them")
        }
        ErrorKind::InvalidValue
        | ErrorKind::NoEquals
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
            if text(error, ContextKind::InvalidValue).is_none_or(|value| value.is_empty()) =>
        {
            Error::usage(format!("{} has no value", name(&argument)))
                .hint(format!("write {argument}; --help tells what is possible"))
        }
        ErrorKind::InvalidValue => {
            let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
            let known = text(error, ContextKind::ValidValue).unwrap_or_default();
            Error::usage(format!("{}: {:?} is not known", name(&argument), short(&value)))
                .hint(format!("use one of {known}"))
        }
        ErrorKind::MissingRequiredArgument => Error::usage(format!("{} is missing", name(&argument)))
            .hint("otel-run --help shows how it is written"),
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Error::usage(line).hint("otel-run --help shows all flags")
        }
    }
    .from("command line")
}

/// `otel-run env NAME=VALUE COMMAND` can only mean env(1), which ours is not.
pub(super) fn refuse_assignment(command: &[OsString]) -> Result<(), Error> {
    match command.first().map(|word| word.to_string_lossy()) {
        Some(word) if word.contains('=') && !word.contains('/') => Err(Error::usage(
            "otel-run env prints the environment that a program would be given; it does not start one",
        )
        .from("command line")
        .hint("to start env(1), write: otel-run -- env NAME=VALUE COMMAND")),
        _ => Ok(()),
    }
}

/// `--name <VALUE>` without its value.
fn name(argument: &str) -> &str {
    argument.split([' ', '=', '[']).next().unwrap_or(argument).trim_end_matches('.').trim_matches(['<', '>'])
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

fn unknown(argument: &str) -> Error {
    if !argument.starts_with('-') {
        return Error::usage(format!("nothing may follow here: {:?}", short(argument)))
            .hint("to start a program that is named like a sub-command, write -- before it");
    }
    let typed = argument.trim_start_matches('-').split('=').next().unwrap_or_default();
    let typed = typed.to_ascii_lowercase().replace('-', "_");
    let prefix: Vec<String> = all()
        .filter(|flag| !typed.is_empty() && flag.starts_with(&typed))
        .map(|flag| format!("--{flag}"))
        .collect();
    if argument.starts_with("--") && prefix.len() > 1 {
        return Error::usage(format!("flag {} is ambiguous", short(name(argument))))
            .hint(format!("it could be {}", prefix.join(", ")));
    }
    let hint = match meant(&typed) {
        Some(flag) if flag == typed => "it is for another sub-command, or for none".to_owned(),
        Some(flag) => format!("did you mean --{flag}?"),
        None => "otel-run --help shows all flags; those of the program go behind its name".to_owned(),
    };
    Error::usage(format!("unknown flag {}", short(name(argument)))).hint(hint)
}

/// The flag that was meant: misspelled, or written as its variable.
fn meant(typed: &str) -> Option<&'static str> {
    let variable = typed.to_ascii_uppercase();
    if let Some(flag) = table::find(&variable).and_then(|entry| entry.flag) {
        return Some(flag);
    }
    suggest::nearest(typed.trim_start_matches("otel_"), all())
}

fn all() -> impl Iterator<Item = &'static str> {
    table::entries().filter_map(|entry| entry.flag).chain([
        "set", "verbose", "quiet", "help", "version", "json", "offline", "format", "dry_run", "python",
    ])
}

fn short(text: &str) -> String {
    let escaped: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().count() > LONGEST { format!("{escaped}...") } else { escaped }
}
