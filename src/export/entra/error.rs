//! Why there is no token, for the person who must repair it.

use std::time::Duration;

/// There is no token: which credential was tried, why it failed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no Entra token by {credential}: {cause}")]
pub struct TokenError {
    /// The credential in words.
    pub credential: String,
    pub cause: Cause,
    /// When asking again makes sense.
    pub retry_after: Duration,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Nobody answered at this place.
    #[error("{place}: {why}{}", then(.hint))]
    Unreachable { place: String, why: String, hint: Option<&'static str> },
    /// It was answered, and not with a token.
    #[error("{place}: HTTP {status}{}{}", said(.words), then(.hint))]
    Refused { place: String, status: u16, words: Option<String>, hint: Option<&'static str> },
    /// What was given for the credential cannot be used: a file, a kind of identity.
    #[error("{what}{}", then(.hint))]
    Unusable { what: String, hint: Option<&'static str> },
    /// The answer makes no sense.
    #[error("{place}: {what}")]
    Malformed { place: String, what: &'static str },
    /// A command-line tool failed.
    #[error("{tool}: {why}{}", then(.hint))]
    Tool { tool: &'static str, why: String, hint: Option<&'static str> },
    /// Our own mistake.
    #[error("internal error")]
    Internal,
}

impl Cause {
    pub(super) fn unusable(what: impl Into<String>, hint: &'static str) -> Cause {
        Cause::Unusable { what: what.into(), hint: Some(hint) }
    }
}

fn then(hint: &Option<&'static str>) -> String {
    hint.map(|hint| format!("; {hint}")).unwrap_or_default()
}

fn said(words: &Option<String>) -> String {
    words.as_ref().map(|words| format!(": {words}")).unwrap_or_default()
}
