//! Where each value came from: flags laid over the environment, and what became of them.

use super::Kind;
use super::env_file;
use super::file::FileLayer;
use super::table::{self, Entry};
use crate::environment::Environment;
use crate::error::Error;
use crate::otlp::Signal;
use crate::plain::Plain;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

/// Who said a value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// As it is written: `--service_name`, `--set`.
    Flag(String),
    Environment,
    /// `--env_file`.
    EnvFile {
        path: String,
        line: usize,
    },
    /// The configuration file.
    File {
        path: String,
        line: usize,
    },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "flag {flag}"),
            Origin::Environment => f.write_str("environment"),
            Origin::EnvFile { path, line } | Origin::File { path, line } => {
                write!(f, "{}:{line}", Plain(path))
            }
            Origin::Default => f.write_str("default"),
        }
    }
}

/// What was typed before the command, already told apart.
#[derive(Clone, Default)]
pub struct Typed {
    /// `-E NAME=VALUE`.
    pub variables: Vec<(OsString, OsString)>,
    /// `--set OTEL_NAME=VALUE`.
    pub set: Vec<(String, String)>,
    /// Flags of the table with their value.
    pub flags: Vec<(&'static Entry, String)>,
    /// `-v` counted.
    pub verbosity: u8,
    pub quiet: bool,
}

impl Typed {
    /// Adds what was typed further behind: it wins.
    pub fn append(&mut self, later: Typed) {
        self.variables.extend(later.variables);
        self.set.extend(later.set);
        self.flags.extend(later.flags);
        self.verbosity = self.verbosity.saturating_add(later.verbosity);
        self.quiet |= later.quiet;
    }
}

/// The environment with what was typed laid over it. A flag is its variable: it wins over
/// `--set`, which wins over `-E`, which wins over what was there.
#[derive(Clone)]
pub struct Layers {
    pub environment: Environment,
    /// With `-E` alone.
    pub bare: Environment,
    said: BTreeMap<String, Origin>,
}

impl Layers {
    pub fn new(mut environment: Environment, typed: &Typed) -> Self {
        let mut said = BTreeMap::new();
        for (name, value) in &typed.variables {
            environment.set(name, value);
            if let Some(name) = name.to_str() {
                said.insert(name.to_owned(), Origin::Flag("-E".to_owned()));
            }
        }
        let bare = environment.clone();
        for (name, value) in &typed.set {
            environment.set(name, value);
            said.insert(name.clone(), Origin::Flag("--set".to_owned()));
        }
        for (entry, value) in &typed.flags {
            environment.set(entry.variable, value);
            let flag = format!("--{}", entry.flag.unwrap_or_default());
            said.insert(entry.variable.to_owned(), Origin::Flag(flag));
        }
        Layers { environment, bare, said }
    }

    /// Lays variables of a `.env` file below the environment, for the program as well as for us. Nothing that is there
    /// is changed, not even what is empty.
    pub(super) fn lay_env_file(&mut self, lines: Vec<env_file::Line>) {
        for env_file::Line { name, value, file, line } in lines {
            if self.bare.get(&name).is_none() {
                self.bare.set(&name, &value);
            }
            if self.environment.get(&name).is_none() {
                self.environment.set(&name, &value);
                self.said.insert(name, Origin::EnvFile { path: file, line });
            }
        }
    }

    /// Lays the configuration file below everything. An empty variable of the environment counts as unset; an empty
    /// flag unsets what the file says, too.
    pub(super) fn lay_file(&mut self, file: &FileLayer) {
        const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let replaced = self.replaced(file);
        for (name, value, line) in &file.variables {
            if replaced.iter().any(|of| name.starts_with(of)) {
                continue;
            }
            let flag = matches!(self.said.get(name), Some(Origin::Flag(_)));
            let above = self.environment.setting(name).map(str::to_owned);
            match above {
                // Attributes that only the file has are added.
                Some(above) if name == ATTRIBUTES => self.environment.set(name, format!("{value},{above}")),
                _ if flag || self.said_above(name) => {}
                _ => {
                    self.environment.set(name, value);
                    let path = file.path.display().to_string();
                    self.said.insert(name.clone(), Origin::File { path, line: *line });
                }
            }
        }
    }

    /// Signals whose OTLP endpoint of the file is not the one that holds: what the file says of it, headers with
    /// credentials above all, is not meant for the other one.
    fn replaced(&self, file: &FileLayer) -> Vec<&'static str> {
        let of = ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_LOGS_"];
        let is = |of: &&str| {
            let name = format!("{of}ENDPOINT");
            let Some((_, ours, _)) = file.variables.iter().find(|(known, ..)| *known == name) else {
                return false;
            };
            let above =
                [self.environment.setting(&name), self.environment.setting("OTEL_EXPORTER_OTLP_ENDPOINT")];
            above
                .into_iter()
                .flatten()
                .next()
                .is_some_and(|above| !ours.starts_with(above.trim_end_matches('/')))
        };
        of.into_iter().filter(is).collect()
    }

    /// Whether the environment says this variable; or, for one of a single signal, the one for all of them, which
    /// would otherwise lose against a file that is below it.
    fn said_above(&self, name: &str) -> bool {
        let general = |of: &str| name.strip_prefix(of).map(|what| format!("OTEL_EXPORTER_OTLP_{what}"));
        let general =
            ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_LOGS_"]
                .iter()
                .find_map(|of| general(of))
                // Endpoints were compared before.
                .filter(|general| !general.ends_with("_ENDPOINT") && table::find(general).is_some());
        let is = |name: &str| {
            self.environment.setting(name).is_some()
                && !matches!(self.said.get(name), Some(Origin::File { .. }))
        };
        is(name) || general.is_some_and(|general| is(&general))
    }

    /// Who said this variable's value.
    pub fn origin(&self, variable: &str) -> Origin {
        match self.said.get(variable) {
            // An empty flag unsets its variable, as an empty variable does.
            _ if self.environment.get(variable).is_none_or(|value| value.is_empty()) => Origin::Default,
            Some(origin) => origin.clone(),
            None => Origin::Environment,
        }
    }
}

/// One setting with its effective value, ready to be shown: secrets are masked already.
#[derive(Clone, Debug)]
pub struct Value {
    pub entry: &'static Entry,
    /// Empty when there is none.
    pub value: String,
    pub origin: Origin,
    /// Why it is so, when nobody said it.
    pub because: Option<String>,
}

/// A variable that a file sets for the program, and that is no setting of ours.
#[derive(Clone, Debug)]
pub struct Further {
    pub name: String,
    /// Hidden where it may be anything.
    pub value: String,
    pub origin: Origin,
}

/// Every setting of the table, in its order, with value and origin.
#[derive(Clone, Debug, Default)]
pub struct Explained(Vec<Value>, Vec<Further>);

impl Explained {
    /// The table with the values that were said; everything else at its default.
    pub(super) fn new(values: &BTreeMap<&'static str, String>, layers: &Layers) -> Self {
        let explain = |entry: &'static Entry| match values.get(entry.variable) {
            Some(value) => {
                let value = match entry.kind {
                    Kind::Pairs if entry.secret => mask_pairs(value),
                    _ if entry.secret => "***".to_owned(),
                    Kind::Text("URL") => mask_url(value),
                    _ => value.clone(),
                };
                Value { entry, value, origin: layers.origin(entry.variable), because: None }
            }
            None => {
                let value = entry.default.unwrap_or_default().to_owned();
                Value { entry, value, origin: Origin::Default, because: None }
            }
        };
        let further = layers.said.iter().filter(|(name, _)| table::find(name).is_none()).filter_map(
            |(name, origin)| {
                let value = match origin {
                    Origin::File { .. } => layers.environment.setting(name)?.to_owned(),
                    Origin::EnvFile { .. } => "***".to_owned(),
                    _ => return None,
                };
                Some(Further { name: name.clone(), value, origin: origin.clone() })
            },
        );
        Explained(table::entries().map(explain).collect(), further.collect())
    }

    /// Notes what was chosen where nobody said anything, and why.
    pub(super) fn chosen(&mut self, variable: &str, value: &str, because: &str) {
        if let Some(line) = self.0.iter_mut().find(|line| line.entry.variable == variable) {
            line.value = value.to_owned();
            line.because = Some(because.to_owned());
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    /// What files set for the program besides.
    pub fn further(&self) -> impl Iterator<Item = &Further> {
        self.1.iter()
    }

    /// Adds to an error about an OTLP destination which variable is to blame, and who said it.
    pub fn blame_otlp(&self, signal: Signal, error: Error) -> Error {
        let of = signal.name().to_uppercase();
        let variables = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"]
            .map(|what| [format!("OTEL_EXPORTER_OTLP_{of}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")]);
        self.blame(variables.as_flattened(), error)
    }

    /// As [`Explained::blame_otlp`], for a file that is written to.
    pub fn blame_output(&self, error: Error) -> Error {
        self.blame(&["OTEL_RUN_CONSOLE_OUTPUT", "OTEL_RUN_RECORD"].map(str::to_owned), error)
    }

    /// The first of these variables whose value the error repeats.
    fn blame(&self, variables: &[String], error: Error) -> Error {
        let values = variables.iter().filter_map(|variable| self.get(variable));
        let mut said = values.filter(|value| value.origin != Origin::Default);
        match said.find(|value| error.what.contains(&value.value)) {
            Some(value) => {
                let what = format!("{}: {}", value.entry.variable, error.what);
                Error { what, ..error }.from(&value.origin)
            }
            None => error,
        }
    }

    /// The setting of this variable.
    pub fn get(&self, variable: &str) -> Option<&Value> {
        self.0.iter().find(|line| line.entry.variable == variable)
    }
}

/// `a=***,b=***`: the names of a list of headers, without their values. What is no name may
/// be a secret that was written in the wrong place.
fn mask_pairs(list: &str) -> String {
    let mask = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if http::HeaderName::from_bytes(name.trim().as_bytes()).is_ok() => {
            format!("{}=***", name.trim())
        }
        _ => "***".to_owned(),
    };
    list.split(',').filter(|pair| !pair.trim().is_empty()).map(mask).collect::<Vec<_>>().join(",")
}

/// Hides user and password of a URL, with or without its scheme.
pub(super) fn mask_url(value: &str) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), value),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@').and_then(|at| rest.get(at..)) {
        Some(host) => format!("{scheme}***{host}"),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        assert_eq!(
            mask_pairs("api-key=s3cret, authorization = Basic abc=,junk"),
            "api-key=***,authorization=***,***"
        );
        assert_eq!(mask_pairs("authorization: Bearer s3cret="), "***");
        assert_eq!(mask_url("https://me:s3cret@host:1/p@q"), "https://***@host:1/p@q");
        assert_eq!(mask_url("https://host/p@q"), "https://host/p@q");
        assert_eq!(mask_url("me:s3cret@host:4318"), "***@host:4318");
        assert_eq!(mask_url("host:4318/a@b"), "host:4318/a@b");
    }
}
