//! What a token endpoint answers.

use super::Bearer;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nothing that we can do with a token makes sense for longer.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// A token and how long it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) bearer: Bearer,
    pub(super) lifetime: Duration,
    /// When the endpoint would like to be asked again.
    pub(super) refresh: Option<Duration>,
}

impl Grant {
    /// A token that ends at a moment, in seconds since 1970.
    ///
    /// # Errors
    /// It is no token, or has ended.
    pub(super) fn until(token: &str, end: u64, now: SystemTime) -> Result<Grant, &'static str> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Grant::new(token, Duration::from_secs(end).saturating_sub(now), None)
    }

    pub(super) fn new(
        token: &str,
        lifetime: Duration,
        refresh: Option<Duration>,
    ) -> Result<Grant, &'static str> {
        let bearer = Bearer::new(token).ok_or("the answer has no usable token")?;
        if lifetime.is_zero() {
            return Err("the token has ended already (is the clock right?)");
        }
        let refresh = refresh.filter(|wish| !wish.is_zero());
        Ok(Grant { bearer, lifetime: lifetime.min(LONGEST), refresh })
    }

    /// Reads `access_token` with `expires_in` or `expires_on`, and `refresh_in`. Numbers may be
    /// strings: managed identities write them so. `expires_in` wins, because it needs no clock.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub(super) fn parse(body: &[u8], now: SystemTime) -> Result<Grant, &'static str> {
        let answer: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON")?;
        let token = answer["access_token"].as_str().ok_or("the answer has no token")?;
        let refresh = number(&answer["refresh_in"]).map(Duration::from_secs);
        match (number(&answer["expires_in"]), number(&answer["expires_on"])) {
            (Some(seconds), _) => Grant::new(token, Duration::from_secs(seconds), refresh),
            (None, Some(end)) => Grant { refresh, ..Grant::until(token, end, now)? }.checked(),
            (None, None) => Err("the answer does not say when the token ends"),
        }
    }

    fn checked(self) -> Result<Grant, &'static str> {
        Ok(Grant { refresh: self.refresh.filter(|wish| !wish.is_zero()), ..self })
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let grant = |seconds, refresh: Option<u64>| {
            Grant::new("a.b.c", Duration::from_secs(seconds), refresh.map(Duration::from_secs))
        };
        for (body, expected) in [
            (r#"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}"#, grant(3599, None)),
            (
                r#"{"access_token":"a.b.c","expires_in":"86399","refresh_in":"43199"}"#,
                grant(86_399, Some(43_199)),
            ),
            (r#"{"access_token":"a.b.c","expires_on":"1003600","resource":"x"}"#, grant(3600, None)),
            (r#"{"access_token":"a.b.c","expires_on":1003600,"refresh_in":0}"#, grant(3600, None)),
            // The clock is wrong, and does not count.
            (r#"{"access_token":"a.b.c","expires_on":"7","expires_in":"60"}"#, grant(60, None)),
            (r#"{"access_token":"a.b.c","expires_in":18446744073709551615}"#, grant(604_800, None)),
            (
                r#"{"access_token":"a.b.c","expires_on":"999999"}"#,
                Err("the token has ended already (is the clock right?)"),
            ),
            (
                r#"{"access_token":"a.b.c","expires_in":0}"#,
                Err("the token has ended already (is the clock right?)"),
            ),
            (r#"{"access_token":"a.b.c"}"#, Err("the answer does not say when the token ends")),
            (
                r#"{"access_token":"a.b.c","expires_on":"11/21/2026"}"#,
                Err("the answer does not say when the token ends"),
            ),
            (r#"{"access_token":"","expires_in":1}"#, Err("the answer has no usable token")),
            (r#"{"access_token":"a\r\nb","expires_in":1}"#, Err("the answer has no usable token")),
            (r#"{"access_token":"a b","expires_in":1}"#, Err("the answer has no usable token")),
            (r#"{"access_token":7,"expires_in":1}"#, Err("the answer has no token")),
            (r#"{"expires_in":1}"#, Err("the answer has no token")),
            ("[]", Err("the answer has no token")),
            ("<html>", Err("the answer is not JSON")),
            ("", Err("the answer is not JSON")),
        ] {
            assert_eq!(Grant::parse(body.as_bytes(), now), expected, "{body}");
        }
    }
}
