//! Tokens of Microsoft Entra ID: one [`Credential`] for everybody who sends to the same
//! audience, with one token in memory and nowhere else.
//!
//! A token is fetched when somebody needs one, and again ahead of its end, behind the back of
//! those who go on with the present one. Whatever fails is tried again, ever more slowly, and
//! meanwhile everybody is told at once what is wrong. Nothing here can hold up a start.

mod assertion;
mod authority;
mod bearer;
mod challenge;
mod error;
mod grant;
mod keeper;
mod managed;
mod source;
mod tool;
mod wire;

pub use bearer::Bearer;
pub use error::{Cause, TokenError};

use crate::settings::{CredentialSettings, ProxySettings};
use keeper::Keeper;
use source::Source;
use std::sync::Arc;

/// Gets tokens for one audience. Clones share the token.
#[derive(Clone, Debug)]
pub struct Credential(Arc<Keeper<Source>>);

impl Credential {
    /// Looks at nothing and asks nobody yet. What `proxy` covers is asked through it. `audience` goes into requests as it is: its slash
    /// at the end, or the lack of it, decides for whom the token is.
    pub fn new(settings: &CredentialSettings, audience: &str, proxy: Option<&ProxySettings>) -> Credential {
        Credential(Arc::new(Keeper::new(Source::new(settings, audience, proxy))))
    }

    /// Asks for the first token now, so that it is there when there is something to send. Needs
    /// a tokio runtime, and waits for nothing.
    pub fn prepare(&self) {
        self.0.prepare();
    }

    /// The present token, or a new one. Callers share one request; one that stops waiting does not
    /// stop it. Ends by itself within half a minute or so. Needs a tokio runtime.
    ///
    /// # Errors
    /// There is none to be had. Within [`TokenError::retry_after`] the same answer comes at once.
    pub async fn token(&self) -> Result<Bearer, TokenError> {
        self.0.token().await
    }

    /// Tells that a token was answered by 401. Whether it is worth asking for another one and
    /// sending again at once: true once for a token, and not more than once in five minutes.
    pub fn refused(&self, bearer: &Bearer) -> bool {
        self.0.refused(bearer)
    }

    /// The credential in words, without anything secret.
    pub fn name(&self) -> &str {
        self.0.name()
    }
}
