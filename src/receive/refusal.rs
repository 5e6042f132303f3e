//! Why a request is not taken, and what that is called in HTTP and in gRPC.

use http::StatusCode;
use std::borrow::Cow;
use std::fmt;

/// A request that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    /// At most [`LONGEST`] bytes, in words of ours: nothing that a peer sent is repeated.
    message: Cow<'static, str>,
}

/// Longest message, in bytes.
const LONGEST: usize = 256;

/// Kinds of refusal; what a client has to do is decided by the kind alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Path,
    Method,
    MediaType,
    Encoding,
    Token,
    Host,
    Origin,
    TooLarge,
    Malformed,
    Slow,
    /// No destination has room.
    Full,
    /// Too many bodies are being received.
    Crowded,
    Panic,
}

/// Codes of gRPC (gRPC specification, "Status codes and their use in gRPC"), which are also
/// those of `google.rpc.Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Code {
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unauthenticated = 16,
}

impl Refusal {
    pub(super) fn new(reason: Reason, message: impl Into<Cow<'static, str>>) -> Refusal {
        let mut message = message.into();
        if message.len() > LONGEST {
            let mut end = LONGEST;
            while !message.is_char_boundary(end) {
                end -= 1;
            }
            message.to_mut().truncate(end);
        }
        Refusal { reason, message }
    }

    /// The client keeps the data and tries again; `reason` is one of those that pass by.
    pub(super) fn later(reason: Reason) -> Refusal {
        Refusal::new(reason, "no room at the moment, try again")
    }

    /// Our own fault.
    pub(super) fn internal() -> Refusal {
        Refusal::new(Reason::Panic, "internal error")
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Reason {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Reason::Path => StatusCode::NOT_FOUND,
            Reason::Method => StatusCode::METHOD_NOT_ALLOWED,
            Reason::MediaType | Reason::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Reason::Token => StatusCode::UNAUTHORIZED,
            Reason::Host | Reason::Origin => StatusCode::FORBIDDEN,
            Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Reason::Malformed => StatusCode::BAD_REQUEST,
            Reason::Slow => StatusCode::REQUEST_TIMEOUT,
            Reason::Full | Reason::Crowded => StatusCode::TOO_MANY_REQUESTS,
            Reason::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn code(self) -> Code {
        match self {
            Reason::Path | Reason::Method | Reason::Encoding => Code::Unimplemented,
            Reason::MediaType | Reason::Malformed => Code::InvalidArgument,
            Reason::Token => Code::Unauthenticated,
            Reason::Host | Reason::Origin => Code::PermissionDenied,
            Reason::TooLarge | Reason::Full | Reason::Crowded => Code::ResourceExhausted,
            Reason::Slow => Code::DeadlineExceeded,
            Reason::Panic => Code::Internal,
        }
    }

    /// Whether the same request may be taken later.
    pub(super) fn passes(self) -> bool {
        matches!(self, Reason::Full | Reason::Crowded)
    }

    /// How the account calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Reason::Path => "unknown path",
            Reason::Method => "wrong method",
            Reason::MediaType => "unknown content type",
            Reason::Encoding => "unknown content encoding",
            Reason::Token => "wrong token",
            Reason::Host => "wrong host",
            Reason::Origin => "foreign origin",
            Reason::TooLarge => "too large",
            Reason::Malformed => "malformed",
            Reason::Slow => "body too slow",
            Reason::Full => "queue full",
            Reason::Crowded => "too many bodies at one time",
            Reason::Panic => "internal error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_short() {
        let refusal = Refusal::new(Reason::Malformed, "ü".repeat(200));
        assert_eq!(refusal.message(), "ü".repeat(128));
    }
}
