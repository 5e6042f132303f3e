//! Whether a credential gets a token of Entra ID.

use super::Check;
use crate::export::entra::Credential;
use std::time::Duration;

/// Command-line tools take their time.
const PATIENCE: Duration = Duration::from_secs(12);

/// Asks for a token for `audience`, and says how that ended.
pub(super) async fn check(area: &'static str, credential: &Credential, audience: &str) -> Check {
    const HINT: &str = "the program starts all the same; telemetry waits until there is a token";
    let name = credential.name();
    match tokio::time::timeout(PATIENCE, credential.token()).await {
        Ok(Ok(_)) => Check::ok(area, format!("credential: {name} gets a token for {audience}")),
        Ok(Err(error)) => Check::fail(area, format!("credential: {error}"), HINT),
        Err(_) => {
            let what = format!("credential: {name} got no token within {} s", PATIENCE.as_secs());
            Check::fail(area, what, HINT)
        }
    }
}
