//! What the command is: the file that would be run.

use super::{Check, Verdict, node, python};
use crate::cli::Launch;
use crate::launch::{interpreter, search};
use std::path::Path;

const AREA: &str = "program";

pub(super) fn check(launch: &Launch) -> Vec<Check> {
    let Some(program) = launch.command.first() else {
        return vec![
            Check::new(AREA, Verdict::Skipped, "no command was given")
                .hint("otel-run doctor -- COMMAND says more"),
        ];
    };
    match search::find(program, &launch.environment) {
        Some(file) => describe(&file, launch),
        None => {
            let error = search::not_found(program);
            let hint = error.hint.unwrap_or_else(|| "give its path, or activate its environment".to_owned());
            vec![Check::fail(AREA, error.what, hint)]
        }
    }
}

fn describe(file: &Path, launch: &Launch) -> Vec<Check> {
    let name = file.display();
    let head = match interpreter::head(file) {
        Ok(head) => head,
        Err(error) => {
            return vec![Check::warn(AREA, format!("{name} cannot be read: {error}"), "it may still run")];
        }
    };
    let line = interpreter::first_line(&head);
    let what = match &line {
        Some(line) => format!("{name}: script for {line}"),
        None if head.starts_with(b"\x7fELF") => format!("{name}: native program"),
        None if search::is_script(file) => format!("{name}: text without a first line #!, run by /bin/sh"),
        None => {
            let what = format!("{name}: neither a script nor a native program");
            return vec![Check::warn(AREA, what, "can it be run?")];
        }
    };
    let Some(python) = interpreter::python(file, &head, &launch.environment) else {
        let mut checks = vec![Check::ok(AREA, what)];
        checks.extend(node::check(file, line.as_deref(), launch));
        return checks;
    };
    let of = match interpreter::venv(&python) {
        Some(venv) => format!(", of the virtual environment {}", venv.display()),
        None => String::new(),
    };
    let mut checks = vec![Check::ok(AREA, format!("{what}{of}"))];
    checks.extend(python::check(&python, &launch.environment));
    checks
}
