//! Through a proxy, and to nobody whom the user did not name.

use super::transport::{export_all, exporter, parcel, settings};
use crate::support::batches::numbered;
use crate::support::certificates::Authority;
use crate::support::process::{OTEL_RUN, Process, bare};
use crate::support::proxy::{Asked, Proxy};
use crate::support::recorder::{Answer, KEY, Recorder};
use otel_run::export::{Exporter, Outcome};
use otel_run::otlp::Signal;
use otel_run::settings::{AzureSettings, HostPort, ProxySettings, Secret};
use std::collections::BTreeSet;
use std::time::Duration;

/// Settings for a host that only the proxy knows.
fn through(recorder: &Recorder, proxy: &Proxy) -> AzureSettings {
    let mut settings = settings(recorder);
    settings.connection.ingestion_endpoint = "http://ingest.invalid".to_owned();
    settings.proxy = Some(ProxySettings {
        address: HostPort { host: "127.0.0.1".to_owned(), port: proxy.address.port() },
        tls: false,
        authorization: Some(Secret::new("Basic bWU6cyZjcmV0")),
        https_only: false,
        bypass: Vec::new(),
    });
    settings
}

#[tokio::test]
async fn the_proxy_is_asked_by_connect_with_user_and_password() {
    let recorder = Recorder::start();
    let proxy = Proxy::start(recorder.address(), 200);
    let mut exporter = exporter(&through(&recorder, &proxy));
    for _ in 0..2 {
        assert_eq!(export_all(&mut exporter, &parcel([numbered(Signal::Logs, 1..11)])).await.delivered, 10);
    }
    let authorization = Some("Basic bWU6cyZjcmV0".to_owned());
    let once = Asked { request: "CONNECT ingest.invalid:80".to_owned(), authorization };
    assert_eq!(proxy.asked(), [once]);
    let seen = recorder.seen();
    assert_eq!(seen.posts[0].request.path, "/v2.1/track");
    assert_eq!(seen.posts[0].request.header("host"), Some("ingest.invalid"));
    assert_eq!(seen.posts[0].request.header("proxy-authorization"), None);
}

#[tokio::test]
async fn loopback_is_reached_without_it() {
    let recorder = Recorder::start();
    let proxy = Proxy::start(recorder.address(), 200);
    let mut settings = through(&recorder, &proxy);
    settings.connection.ingestion_endpoint = recorder.url();
    let mut exporter = exporter(&settings);
    assert_eq!(export_all(&mut exporter, &parcel([numbered(Signal::Logs, 1..11)])).await.delivered, 10);
    assert_eq!(proxy.asked(), []);
}

#[tokio::test]
async fn a_proxy_that_does_not_lead_there_is_named_without_its_password() {
    let recorder = Recorder::start();
    for (status, why) in [
        (407, "asks for a user and a password, or does not accept those that it was given"),
        (403, "does not connect to ingest.invalid:80"),
        (502, "does not connect to ingest.invalid:80"),
    ] {
        let proxy = Proxy::start(recorder.address(), status);
        let mut exporter = exporter(&through(&recorder, &proxy));
        match exporter.export(&parcel([numbered(Signal::Logs, 1..11)])).await {
            Outcome::Retry { message, maybe_received: false, .. } => {
                let expected = format!("cannot connect: proxy {}: {why}", proxy.address);
                assert_eq!(message, format!("http://ingest.invalid: {expected}"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(recorder.seen().connections, 0);
}

/// The real program with the names of real endpoints: everything that it wants from the network
/// goes by a proxy that writes down where to.
#[test]
fn nothing_is_sent_to_a_host_that_the_user_did_not_name() {
    let ingestion = "westeurope-5.in.applicationinsights.azure.com";
    let live = "westeurope.livediagnostics.monitor.azure.com";
    let authority = Authority::new();
    let pair = authority.issue_for(&[ingestion, live]);
    let recorder = Recorder::start_tls(Authority::server(&pair, None, &[b"http/1.1"]));
    recorder.page(|_| Some(Answer::status(200).header("x-ms-qps-subscribed", "false")));
    let proxy = Proxy::start(recorder.address(), 200);
    let mut command = bare([OTEL_RUN]);
    let string = format!(
        "InstrumentationKey={KEY};IngestionEndpoint=https://{ingestion}/;LiveEndpoint=https://{live}/"
    );
    command
        .args(["--connection_string", &string, "--live_metrics", "on", "--azure_resource_metric", "on"])
        .args(["--", "sh", "-c", "sleep 1"])
        .env("SSL_CERT_FILE", authority.file())
        .env("https_proxy", format!("http://me:s3cret@{}", proxy.address))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY");
    let finished = Process::start(&mut command).finish_within(Duration::from_secs(30));
    assert!(finished.status.success(), "{finished:?}");
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    assert!(!recorder.seen().envelopes().is_empty(), "{finished:?}");
    let asked: BTreeSet<String> = proxy.asked().into_iter().map(|asked| asked.request).collect();
    let named = [ingestion, live].map(|host| format!("CONNECT {host}:443"));
    assert!(asked.iter().all(|request| named.contains(request)), "{asked:?}");
    assert!(asked.contains(&named[0]));
}
