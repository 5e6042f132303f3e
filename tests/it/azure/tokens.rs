//! The track API with tokens of Entra ID.

use super::transport::{export_all, exporter, parcel, settings};
use crate::support::batches::numbered;
use crate::support::recorder::{Answer, Recorder};
use crate::support::tokens::{Reply, Tokens};
use otel_run::export::{Exporter, Outcome, Parcel};
use otel_run::otlp::Signal;
use otel_run::settings::{Application, AzureSettings, CredentialSettings, Secret};

fn with_secret(recorder: &Recorder, tokens: &Tokens) -> AzureSettings {
    let application = Application {
        authority: tokens.url(),
        tenant: "contoso.com".to_owned(),
        client: "client-1".to_owned(),
    };
    let mut settings = settings(recorder);
    settings.credential =
        Some(CredentialSettings::ClientSecret { application, secret: Secret::new("s3cret") });
    settings
}

fn ten() -> Parcel {
    parcel([numbered(Signal::Logs, 1..11)])
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_replaced_at_once() {
    let tokens = Tokens::start(|number, _| Reply::token(&format!("t{number}"), 3600));
    let recorder = Recorder::start();
    let mut exporter = exporter(&with_secret(&recorder, &tokens));
    assert_eq!(export_all(&mut exporter, &ten()).await.delivered, 10);
    recorder.require_tokens(&["another"]);
    // Neither the first token is good any more nor the second one, and there is no third one so soon.
    match exporter.export(&ten()).await {
        Outcome::Retry { message, maybe_received: false, .. } => {
            assert!(message.contains("HTTP 401 Unauthorized"), "{message}");
            assert!(message.contains("does not accept the Entra ID token"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let shown: Vec<Option<String>> =
        recorder.seen().posts.iter().map(|post| post.request.token().map(str::to_owned)).collect();
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[0], shown[1]);
    assert_ne!(shown[1], shown[2]);
    // The data waits until the new one is accepted.
    recorder.require_tokens(&[shown[2].as_deref().expect("a token")]);
    assert_eq!(export_all(&mut exporter, &ten()).await.delivered, 10);
}

#[tokio::test]
async fn a_role_that_is_missing_is_named_and_the_data_waits() {
    let tokens = Tokens::start(|number, _| Reply::token(&format!("t{number}"), 3600));
    let recorder = Recorder::start();
    let mut exporter = exporter(&with_secret(&recorder, &tokens));
    recorder.script([Answer::refusal(403, "Forbidden")]);
    let books = export_all(&mut exporter, &ten()).await;
    assert_eq!((books.delivered, books.retries), (10, 1));
    assert!(books.messages[0].contains("the role Monitoring Metrics Publisher"), "{books:?}");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_nothing_is_lost() {
    let tokens = Tokens::start(|_, _| Reply::new(503, ""));
    let recorder = Recorder::start();
    let mut exporter = exporter(&with_secret(&recorder, &tokens));
    match exporter.export(&ten()).await {
        Outcome::Retry { after: Some(_), message, maybe_received: false } => {
            assert!(message.starts_with("no Entra token by client secret"), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(recorder.seen().connections, 0);
}
