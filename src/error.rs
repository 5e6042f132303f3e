//! Everything that can stop a launch, worded for the person who reads it, with its exit code.

use std::fmt;

/// Exit codes of our own, as `env`, `timeout` and `docker run` use them. Everything else
/// is the target's.
pub mod exit {
    /// Bad flag, value or setting: the target was not started.
    pub const USAGE: u8 = 2;
    /// We failed before the target could be started.
    pub const LAUNCHER: u8 = 125;
    /// The command was found but cannot be run.
    pub const NOT_EXECUTABLE: u8 = 126;
    /// The command was not found.
    pub const NOT_FOUND: u8 = 127;
}

/// A reason not to start, in three parts: what happened, where the value came from, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: u8,
    pub what: String,
    /// Where the value came from: a flag, a variable, a file.
    pub from: Option<String>,
    pub hint: Option<String>,
}

impl Error {
    fn new(code: u8, what: impl Into<String>) -> Self {
        Error { code, what: what.into(), from: None, hint: None }
    }

    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(exit::USAGE, what)
    }

    pub fn launcher(what: impl Into<String>) -> Self {
        Self::new(exit::LAUNCHER, what)
    }

    pub fn not_executable(what: impl Into<String>) -> Self {
        Self::new(exit::NOT_EXECUTABLE, what)
    }

    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(exit::NOT_FOUND, what)
    }

    pub fn from(mut self, from: impl fmt::Display) -> Self {
        self.from = Some(from.to_string());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if let Some(from) = &self.from {
            write!(f, "\n  from: {from}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
