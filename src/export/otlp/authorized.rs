//! What a reply means when the request carried a token of Entra ID.

use super::super::Outcome;
use super::super::entra::{Bearer, Credential, TokenError};

const ROLE: &str = "the credential lacks the role \"Monitoring Metrics Publisher\" on the data collection rule \
                    (a new assignment takes some minutes)";

/// There is nothing to send with: the data waits.
pub(super) fn without_token(error: &TokenError) -> Outcome {
    Outcome::Retry { after: Some(error.retry_after), message: error.to_string(), maybe_received: false }
}

/// 401 is worth one more attempt with a new token; after that, and for 403, somebody has to do
/// something about the credential, and the data waits for it.
pub(super) fn judge(outcome: Outcome, credential: &Credential, bearer: &Bearer) -> Outcome {
    let Outcome::Rejected { reason, message } = outcome else { return outcome };
    match reason.as_str() {
        "HTTP 401" if credential.refused(bearer) => Outcome::at_once(false),
        "HTTP 401" => wait(format!("{message}; the token by {} is not accepted", credential.name())),
        "HTTP 403" => wait(format!("{message}; {ROLE}")),
        _ => Outcome::Rejected { reason, message },
    }
}

fn wait(message: String) -> Outcome {
    Outcome::Retry { after: None, message, maybe_received: false }
}
