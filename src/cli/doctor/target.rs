//! What the command is: the file that would be run.

use super::{Check, Verdict};
use crate::cli::Launch;
use crate::launch::search;
use std::io::Read;
use std::path::{Path, PathBuf};

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
        Some(file) => vec![describe(&file)],
        None => {
            let error = search::not_found(program);
            let hint = error.hint.unwrap_or_else(|| "give its path, or activate its environment".to_owned());
            vec![Check::fail(AREA, error.what, hint)]
        }
    }
}

fn describe(file: &Path) -> Check {
    let name = file.display();
    let head = match head(file) {
        Ok(head) => head,
        Err(error) => {
            return Check::warn(AREA, format!("{name} cannot be read: {error}"), "it may still run");
        }
    };
    let what = if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        let venv = line.split_whitespace().next().and_then(|interpreter| venv(Path::new(interpreter)));
        match venv {
            Some(venv) => format!("{name}: script for {line}, of the virtual environment {}", venv.display()),
            None => format!("{name}: script for {line}"),
        }
    } else if head.starts_with(b"\x7fELF") {
        match venv(file) {
            Some(venv) => format!("{name}: native program, of the virtual environment {}", venv.display()),
            None => format!("{name}: native program"),
        }
    } else if search::is_script(file) {
        format!("{name}: text without a first line #!, run by /bin/sh")
    } else {
        return Check::warn(AREA, format!("{name}: neither a script nor a native program"), "can it be run?");
    };
    Check::ok(AREA, what)
}

fn head(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(file)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// The virtual environment that an interpreter belongs to (PEP 405).
fn venv(interpreter: &Path) -> Option<PathBuf> {
    let folder = interpreter.parent()?.parent()?;
    folder.join("pyvenv.cfg").is_file().then(|| folder.to_owned())
}
