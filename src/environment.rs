//! An environment as a value: taken once, changed, and given to the target.

use std::ffi::{OsStr, OsString};

/// Variables in their order. Bytes that are not UTF-8 pass through untouched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(Vec<(OsString, OsString)>);

impl Environment {
    /// The environment of this process.
    pub fn current() -> Self {
        std::env::vars_os().collect()
    }

    /// The raw value.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_os_str())
    }

    /// The value as a setting: UTF-8, trimmed, and absent when empty (OpenTelemetry specification,
    /// "Environment variable specification": empty means unset).
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str().map(str::trim).filter(|value| !value.is_empty())
    }

    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(pair) => pair.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn remove(&mut self, name: impl AsRef<OsStr>) {
        self.0.retain(|(n, _)| n != name.as_ref());
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(pairs: I) -> Self {
        Environment(pairs.into_iter().collect())
    }
}
