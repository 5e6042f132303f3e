//! What an answer of the track API means for the envelopes of the request.

use crate::export::excerpt;
use crate::export::exchange::reply::{End, Reply};
use crate::export::exchange::retry_after;
use ::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// At least so long until the next attempt when somebody has to do something about it.
pub(super) const SLOW: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// Taken, but for these envelopes.
    Partial {
        faults: BTreeMap<usize, Fault>,
        after: Option<Duration>,
        message: Option<String>,
    },
    /// Not wanted, now or later.
    Refused {
        status: u16,
        message: String,
    },
    /// Perhaps in smaller pieces.
    TooLarge,
    /// The quota is used up.
    Quota {
        after: Option<Duration>,
        message: String,
    },
    /// Later.
    Again {
        after: Option<Duration>,
        least: Duration,
        message: String,
    },
    /// The token, or that there was none.
    Unauthorized {
        message: String,
    },
    /// Somewhere else.
    Redirect,
}

/// What is done with an envelope that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The service samples, too.
    Sampled,
    Again,
    Quota,
    Refused(u16),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    errors: Vec<Wrong>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wrong {
    index: Option<i64>,
    status_code: Option<u16>,
    message: Option<String>,
}

/// Judges a reply. `token`: one was shown.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, reply: &Reply, token: bool) -> Verdict {
    let answer: Answer = serde_json::from_slice(&reply.body).unwrap_or_default();
    let after = retry_after::of(headers, SystemTime::now());
    let explained = |advice: &str| explain(status, headers, &answer, reply, advice);
    match status.as_u16() {
        206 => match &reply.end {
            End::Broken(_) => again(after, Duration::ZERO, "the answer broke off"),
            End::Complete | End::TooLong => partial(answer, after),
        },
        200..=299 => Verdict::Accepted,
        307 | 308 => Verdict::Redirect,
        401 => Verdict::Unauthorized {
            message: explained(match token {
                true => {
                    "the service does not accept the Entra ID token: is it of the right tenant and audience?"
                }
                false => {
                    "the resource accepts Entra ID alone: set \
                     APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD, or --azure_credential"
                }
            }),
        },
        402 | 439 => Verdict::Quota {
            after,
            message: explained(
                "the quota or daily cap of the resource is used up, and telemetry is dropped until there is \
                 room again: see Usage and estimated costs of the resource",
            ),
        },
        403 => again(
            after,
            SLOW,
            explained(
                "the identity needs the role Monitoring Metrics Publisher on the Application Insights \
                 resource; a new assignment takes some minutes",
            ),
        ),
        404 => Verdict::Refused {
            status: status.as_u16(),
            message: explained(
                "nothing takes telemetry for this instrumentation key there: copy the whole connection \
                 string of the resource, with its IngestionEndpoint",
            ),
        },
        413 => Verdict::TooLarge,
        408 | 429 | 500..=599 => again(after, Duration::ZERO, explained("")),
        400 if names_the_key(&answer, reply) => Verdict::Refused {
            status: status.as_u16(),
            message: explained(
                "the service does not know this instrumentation key: copy the connection string of the \
                 resource from its overview page",
            ),
        },
        status => Verdict::Refused { status, message: explained("") },
    }
}

fn again(after: Option<Duration>, least: Duration, message: impl Into<String>) -> Verdict {
    Verdict::Again { after, least, message: message.into() }
}

/// The faults by index; what the service says of an envelope twice, it says once. An index behind
/// the last envelope is left in: nobody looks there.
fn partial(answer: Answer, after: Option<Duration>) -> Verdict {
    let (mut faults, mut message) = (BTreeMap::new(), None);
    for wrong in &answer.errors {
        let Some(index) = wrong.index.and_then(|index| usize::try_from(index).ok()) else { continue };
        let words = wrong.message.as_deref().unwrap_or_default();
        let status = wrong.status_code.unwrap_or_default();
        let fault = match status {
            _ if words.trim().eq_ignore_ascii_case("Telemetry sampled out.") => Fault::Sampled,
            401 | 403 | 408 | 429 | 500 | 502 | 503 | 504 => Fault::Again,
            402 | 439 => Fault::Quota,
            _ => Fault::Refused(status),
        };
        if fault != Fault::Sampled && message.is_none() {
            message = Some(format!("HTTP 206: {status} {}", excerpt(words)));
        }
        faults.entry(index).or_insert(fault);
    }
    Verdict::Partial { faults, after, message }
}

fn names_the_key(answer: &Answer, reply: &Reply) -> bool {
    let body = answer.errors.first().and_then(|wrong| wrong.message.as_deref());
    let body = body.map_or_else(|| String::from_utf8_lossy(&reply.body).into_owned(), str::to_owned);
    let body = body.to_ascii_lowercase();
    ["instrumentation key", "instrumentationkey", "ikey"].iter().any(|name| body.contains(name))
}

/// `HTTP 400 Bad Request: what the service says (what to do)`.
fn explain(status: StatusCode, headers: &HeaderMap, answer: &Answer, reply: &Reply, advice: &str) -> String {
    let mut text = format!("HTTP {}", status.as_u16());
    if let Some(name) = status.canonical_reason() {
        text.push(' ');
        text.push_str(name);
    }
    if let Some(words) = words(headers, answer, reply) {
        text.push_str(": ");
        text.push_str(&words);
    }
    if !advice.is_empty() {
        text.push_str(&format!(" ({advice})"));
    }
    text
}

/// The service's own words: its first error, else the text of the reply. Not the page of a
/// proxy: the status says as much.
fn words(headers: &HeaderMap, answer: &Answer, reply: &Reply) -> Option<String> {
    let kind = headers.get(::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let words = match answer.errors.iter().find_map(|wrong| wrong.message.as_deref()) {
        Some(message) => message,
        None if kind.is_some_and(|kind| kind.starts_with("text/html")) => return None,
        None => std::str::from_utf8(&reply.body).ok()?,
    };
    Some(excerpt(words)).filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, headers: &[(&'static str, &str)], body: &str) -> Verdict {
        let headers = headers.iter().map(|(name, value)| {
            (::http::HeaderName::from_static(name), ::http::HeaderValue::from_str(value).unwrap())
        });
        let reply = Reply { body: body.to_owned().into(), trailers: None, end: End::Complete };
        judge(StatusCode::from_u16(status).unwrap(), &headers.collect(), &reply, false)
    }

    #[test]
    fn every_status() {
        for status in [200, 201, 202, 204] {
            for body in ["", "<html>", "{}", r#"{"itemsReceived":2,"itemsAccepted":1}"#] {
                assert_eq!(judged(status, &[], body), Verdict::Accepted);
            }
        }
        for status in [307, 308] {
            assert_eq!(judged(status, &[], ""), Verdict::Redirect);
        }
        assert_eq!(judged(413, &[], ""), Verdict::TooLarge);
        for status in [300, 301, 302, 303, 305, 400, 404, 405, 409, 410, 415, 418, 422, 431, 451, 499] {
            assert!(matches!(judged(status, &[], ""), Verdict::Refused { .. }), "{status}");
        }
        for status in [408, 429, 500, 501, 502, 503, 504, 507, 511, 599] {
            let after = Some(Duration::from_secs(3));
            assert!(
                matches!(judged(status, &[("retry-after", "3")], ""), Verdict::Again { after: a, least: Duration::ZERO, .. } if a == after),
                "{status}"
            );
        }
        for status in [402, 439] {
            assert!(matches!(judged(status, &[], ""), Verdict::Quota { after: None, .. }));
        }
        assert!(matches!(judged(401, &[], ""), Verdict::Unauthorized { .. }));
        assert!(matches!(judged(403, &[], ""), Verdict::Again { least: SLOW, .. }));
    }

    #[test]
    fn words_and_advice() {
        let error = r#"{"itemsReceived":1,"errors":[{"index":0,"statusCode":400,"message":"Invalid instrumentation key"}]}"#;
        for (status, kind, body, expected) in [
            (503, "text/html", "<html>", "HTTP 503 Service Unavailable"),
            (503, "text/plain", "busy\n", "HTTP 503 Service Unavailable: busy"),
            (439, "", "", "HTTP 439 (the quota or daily cap"),
            (404, "", "", "HTTP 404 Not Found (nothing takes telemetry"),
            (403, "", "", "HTTP 403 Forbidden (the identity needs the role Monitoring Metrics Publisher"),
            (401, "", "", "HTTP 401 Unauthorized (the resource accepts Entra ID alone"),
            (400, "", error, "HTTP 400 Bad Request: Invalid instrumentation key (the service does not know"),
            (400, "", "no", "HTTP 400 Bad Request: no"),
        ] {
            match judged(status, &[("content-type", kind)], body) {
                Verdict::Refused { message, .. }
                | Verdict::Again { message, .. }
                | Verdict::Quota { message, .. }
                | Verdict::Unauthorized { message } => assert!(message.starts_with(expected), "{message}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn item_by_item() {
        let error = |index: i64, status: u16, message: &str| serde_json::json!({"index": index, "statusCode": status, "message": message});
        let faults = |errors: &[serde_json::Value]| {
            let body = serde_json::json!({"itemsReceived": 9, "itemsAccepted": 0, "errors": errors});
            match judged(206, &[], &body.to_string()) {
                Verdict::Partial { faults, message, .. } => (faults, message),
                other => panic!("{other:?}"),
            }
        };
        let (found, message) = faults(&[
            error(0, 206, " telemetry SAMPLED out.  "),
            error(1, 429, "slow"),
            error(2, 439, "cap"),
            error(3, 400, "bad"),
            error(3, 500, "again"),
            error(-1, 400, "before"),
            error(99, 400, "behind"),
        ]);
        let expected = [
            (0, Fault::Sampled),
            (1, Fault::Again),
            (2, Fault::Quota),
            (3, Fault::Refused(400)),
            (99, Fault::Refused(400)),
        ];
        assert_eq!(found, expected.into());
        assert_eq!(message.as_deref(), Some("HTTP 206: 429 slow"));
        for body in
            ["", "no", "{}", r#"{"errors":null}"#, r#"{"errors":[{}]}"#, r#"{"errors":[{"index":"x"}]}"#]
        {
            assert!(
                matches!(judged(206, &[], body), Verdict::Partial { faults, message: None, .. } if faults.is_empty()),
                "{body}"
            );
        }
    }
}
