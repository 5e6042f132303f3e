//! What endpoints say instead of giving a token.

use super::*;
use otel_run::export::entra::Cause;
use std::time::Duration;

async fn failed(settings: &CredentialSettings) -> TokenError {
    let error = credential(settings).token().await.expect_err("no token");
    let told = format!("{error} {error:?}");
    assert!(!told.contains("s3cr&t"), "{told}");
    error
}

fn aadsts(number: &str, words: &str) -> Reply {
    let text =
        format!("AADSTS{number}: {words} Trace ID: 0 Correlation ID: 1 Timestamp: 2026-11-21 00:00:00Z");
    let body =
        serde_json::json!({ "error": "invalid_client", "error_description": text, "error_codes": [1] });
    Reply::new(401, body.to_string())
}

/// The credential, the endpoint, its own words, and what to do.
#[tokio::test]
async fn entra_says_no() {
    for (reply, expected) in [
        (
            aadsts("7000215", "Invalid client secret provided."),
            "HTTP 401: AADSTS7000215: Invalid client secret provided.; AZURE_CLIENT_SECRET must be the secret's value, \
             not its id",
        ),
        (
            aadsts("7000222", "The provided client secret keys are expired."),
            "HTTP 401: AADSTS7000222: The provided client secret keys are expired.; the secret has expired: make a new \
             one for the application",
        ),
        (
            aadsts("90002", "Tenant 'contoso.com' not found."),
            "HTTP 401: AADSTS90002: Tenant 'contoso.com' not found.; AZURE_TENANT_ID must be the id or a domain of an \
             existing tenant",
        ),
        (aadsts("1", "New."), "HTTP 401: AADSTS1: New."),
        (aadsts("1", "You sent s3cr&t."), "HTTP 401: AADSTS1: You sent ***."),
        (Reply::new(502, "<html>"), "HTTP 502"),
        (Reply::new(302, "").header("location", "http://127.0.0.1:1/"), "HTTP 302"),
        (Reply::new(200, "<html>"), "the answer is not JSON"),
        (Reply::new(200, r#"{"access_token":"t"}"#), "the answer does not say when the token ends"),
        (Reply::token("t", 0), "the token has ended already (is the clock right?)"),
        (Reply::token(&"x".repeat(70_000), 3600), "the answer is too long"),
    ] {
        let tokens = Tokens::start(move |_, _| reply.clone());
        let error = failed(&secret(&tokens)).await;
        let place = tokens.url();
        assert_eq!(
            error.to_string(),
            format!(
                "no Entra token by client secret (application client-1 of tenant contoso.com): {place}: {expected}"
            )
        );
        assert_eq!(tokens.asked().len(), 1);
    }
}

#[tokio::test]
async fn metadata_services_say_no() {
    for (reply, expected) in [
        (
            Reply::new(400, r#"{"error":"invalid_request","error_description":"Identity not found"}"#),
            "HTTP 400: Identity not found; does the machine have this identity? Another one is named by \
             --azure_credential managed_identity:CLIENT-ID",
        ),
        (Reply::new(410, ""), "HTTP 410"),
        (Reply::new(429, ""), "HTTP 429"),
        (Reply::new(404, ""), "HTTP 404"),
        (Reply::new(500, r#"{"error":"unknown"}"#), "HTTP 500: unknown"),
        (Reply::new(403, ""), "HTTP 403; this machine may not ask for tokens"),
        (Reply::managed("t", 0), "the token has ended already (is the clock right?)"),
    ] {
        let tokens = Tokens::start(move |_, _| reply.clone());
        let host = IdentityHost::VirtualMachine { endpoint: tokens.url() };
        let error = failed(&CredentialSettings::ManagedIdentity { host, identity: Identity::System }).await;
        let place = tokens.url();
        assert_eq!(
            error.to_string(),
            format!("no Entra token by managed identity (virtual machine): {place}: {expected}")
        );
    }
}

/// An endpoint that is being updated, as the metadata service says by 410, is asked again after
/// a while, and not before.
#[tokio::test]
async fn asked_again_after_a_pause() {
    let tokens = Tokens::start(|number, _| match number {
        0 => Reply::new(410, ""),
        _ => Reply::managed("m1", 3600),
    });
    let host = IdentityHost::VirtualMachine { endpoint: tokens.url() };
    let credential = credential(&CredentialSettings::ManagedIdentity { host, identity: Identity::System });
    let error = credential.token().await.expect_err("not now");
    assert!(matches!(error.cause, Cause::Refused { status: 410, .. }), "{error:?}");
    let again = credential.token().await.expect_err("not yet");
    assert_eq!(again.cause, error.cause);
    assert!(again.retry_after <= error.retry_after && error.retry_after <= Duration::from_millis(1340));
    assert_eq!(tokens.asked().len(), 1);
    tokio::time::sleep(again.retry_after).await;
    assert_eq!(text(&credential.token().await.expect("a token")), "Bearer m1");
}

/// Tokens with a short life, as they are seen from outside: new ones come before the old ones end.
#[tokio::test]
async fn refreshed_ahead_of_the_end() {
    let tokens = Tokens::start(|number, _| match number {
        0 => Reply::token("t0", 4),
        _ => Reply::token("t1", 3600),
    });
    let credential = credential(&secret(&tokens));
    let start = std::time::Instant::now();
    let mut seen = Vec::new();
    while start.elapsed() < Duration::from_millis(3500) && tokens.asked().len() < 2 {
        let began = std::time::Instant::now();
        seen.push(text(&credential.token().await.expect("always a token")));
        assert!(seen.len() == 1 || began.elapsed() < Duration::from_secs(1), "nobody waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(start.elapsed() >= Duration::from_secs(2), "not before half of its life");
    assert!(seen.iter().all(|token| token == "Bearer t0"));
    let next = tokio::time::timeout(Duration::from_secs(5), async {
        while text(&credential.token().await.expect("a token")) != "Bearer t1" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    next.await.expect("the new one");
    assert_eq!(tokens.asked().len(), 2);
}

#[tokio::test]
async fn a_token_is_never_printed() {
    let tokens = Tokens::start(|_, _| Reply::token("t0k3n", 3600));
    let credential = credential(&secret(&tokens));
    let bearer = credential.token().await.expect("a token");
    let told = format!("{bearer:?} {credential:?} {:?} {:?}", bearer.header(), secret(&tokens));
    assert!(!told.contains("t0k3n") && !told.contains("s3cr&t"), "{told}");
}
