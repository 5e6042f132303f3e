//! What the command is: the file that would be run.

use super::{Check, Verdict, python};
use crate::cli::Launch;
use crate::launch::search;
use std::io::Read;
use std::path::Path;

const AREA: &str = "program";
/// How much of a file is read; the kernel reads 256 bytes of a first line.
const HEAD: u64 = 256;

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
    let head = match head(file) {
        Ok(head) => head,
        Err(error) => {
            return vec![Check::warn(AREA, format!("{name} cannot be read: {error}"), "it may still run")];
        }
    };
    let line = head.strip_prefix(b"#!").map(|rest| {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim().to_owned()
    });
    let what = match &line {
        Some(line) => format!("{name}: script for {line}"),
        None if head.starts_with(b"\x7fELF") => format!("{name}: native program"),
        None if search::is_script(file) => format!("{name}: text without a first line #!, run by /bin/sh"),
        None => {
            let what = format!("{name}: neither a script nor a native program");
            return vec![Check::warn(AREA, what, "can it be run?")];
        }
    };
    let Some(interpreter) = python::interpreter(file, line.as_deref(), &launch.environment) else {
        return vec![Check::ok(AREA, what)];
    };
    let of = match python::venv(&interpreter) {
        Some(venv) => format!(", of the virtual environment {}", venv.display()),
        None => String::new(),
    };
    let mut checks = vec![Check::ok(AREA, format!("{what}{of}"))];
    checks.extend(python::check(&interpreter));
    checks
}

fn head(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(file)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}
