//! Which file it is, and its text.

use super::problems::{Place, Problems};
use crate::error::Error;
use crate::plain::Plain;
use crate::settings::notes::Notes;
use crate::settings::origin::{Layers, Origin};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const CONTENT: &str = "APPLICATIONINSIGHTS_CONFIGURATION_CONTENT";

/// Variables that name a file, or hold its text; the first that is set counts.
pub(in crate::settings) const VARIABLES: [&str; 4] =
    ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE", CONTENT, "APPLICATIONINSIGHTS_CONFIGURATION_FILE"];

/// Longest file, in bytes.
const LONGEST: u64 = 1 << 20;

/// Where the text comes from.
#[derive(Debug)]
pub(super) enum Source {
    File { origin: Origin, path: PathBuf },
    Text(String),
}

impl Source {
    pub(super) fn find(layers: &Layers, notes: &mut Notes) -> Option<Self> {
        let environment = &layers.environment;
        let mut set = VARIABLES.into_iter().filter(|variable| environment.setting(variable).is_some());
        let variable = set.next()?;
        for other in set.filter(|other| environment.setting(other) != environment.setting(variable)) {
            notes.warn(
                Error::usage(format!("{other} is not read, because {variable} is set"))
                    .from(layers.origin(other))
                    .hint("only one configuration file is read: put everything into one"),
            );
        }
        let value = environment.setting(variable)?.to_owned();
        Some(match variable {
            CONTENT => Source::Text(value),
            _ => Source::File { origin: layers.origin(variable), path: PathBuf::from(value) },
        })
    }

    /// What messages call it.
    pub(super) fn name(&self) -> String {
        match self {
            Source::File { path, .. } => Plain(path.display()).to_string(),
            Source::Text(_) => CONTENT.to_owned(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        match self {
            Source::File { path, .. } => path.clone(),
            Source::Text(_) => PathBuf::from(CONTENT),
        }
    }

    /// The folder that relative paths in the file start from.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Source::File { path, .. } => path.parent(),
            Source::Text(_) => None,
        }
    }

    pub(super) fn read(&self) -> Result<String, Error> {
        match self {
            Source::File { origin, path } => read(path).map_err(|(why, hint)| {
                Error::usage(format!("cannot read the configuration file {}: {why}", Plain(path.display())))
                    .from(origin)
                    .hint(hint)
            }),
            Source::Text(text) if text.len() as u64 > LONGEST => {
                Err(Error::usage(format!("{CONTENT} is longer than 1 MiB")))
            }
            Source::Text(text) => Ok(text.clone()),
        }
    }

    /// Warns if others can read the secrets of the file.
    pub(super) fn warn_of_readers(&self, secrets: &[(String, Place)], problems: &Problems) {
        let (Source::File { path, .. }, Some((key, place))) = (self, secrets.first()) else { return };
        let others = std::fs::metadata(path)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o004 != 0);
        if others {
            let what = format!("everybody on this machine can read the file, and it holds a secret ({key})");
            problems.warn(
                *place,
                what,
                format!("chmod 600 {}, or write ${{NAME}} and set that variable", path.display()),
            );
        }
    }
}

/// The text of a file; or why there is none, and what to do.
pub(in crate::settings) fn read(path: &Path) -> Result<String, (String, &'static str)> {
    const NAME: &str = "name a YAML or JSON file";
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => ("there is no such file".to_owned(), "look at the path"),
        std::io::ErrorKind::PermissionDenied => {
            ("it may not be read".to_owned(), "allow this user to read it")
        }
        _ => (error.to_string(), NAME),
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(("it is a folder".to_owned(), NAME));
    }
    // A pipe that nobody writes into would hold up the start. What a shell hands over as <(...) has its writer.
    let handed = ["/dev/fd/", "/proc/self/fd/"].iter().any(|folder| path.starts_with(folder));
    if !metadata.is_file() && !handed {
        return Err(("it is no regular file".to_owned(), NAME));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(("it is larger than 1 MiB".to_owned(), "is it the right file?"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(("it is written in UTF-16".to_owned(), "save it as UTF-8"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        (format!("line {line} is not UTF-8"), "save it as UTF-8")
    })?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(("it is empty".to_owned(), "write something into it, or leave it out"));
    }
    Ok(text)
}
