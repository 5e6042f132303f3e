//! OTLP to Azure Monitor: who chooses it, its tokens, and what it wants of metrics.

use super::*;

const SHORT: &str = "OTEL_RUN_AZURE_OTLP";
const GOOD: &str = "dce=n.r-1.ingest.monitor.azure.us,dcr=dcr-0123456789abcdef0123456789abcdef";
const AUTH: &str = "OTEL_RUN_OTLP_AUTH";
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const HISTOGRAMS: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

#[test]
fn the_short_form_chooses_otlp_with_tokens_for_its_cloud() {
    for pairs in [&[(SHORT, GOOD)][..], &[(SHORT, GOOD), (STRING, CONNECTION)]] {
        let loaded = load_ok(pairs);
        assert_eq!(loaded.warnings, [""; 0]);
        let settings = loaded.settings;
        assert_eq!(settings.exporters.traces, [Exporter::Otlp]);
        assert!(settings.azure.is_none());
        for signal in Signal::ALL {
            let otlp = &settings.otlp[signal];
            assert!(
                otlp.url.contains("/datacollectionRules/") && otlp.url.ends_with(signal.path()),
                "{}",
                otlp.url
            );
            assert_eq!((otlp.protocol, otlp.by_default), (Protocol::HttpProtobuf, false));
            let entra = otlp.entra.as_ref().expect("tokens");
            assert_eq!(entra.audience, "https://monitor.azure.us");
            assert!(matches!(entra.credential, CredentialSettings::ManagedIdentity { .. }));
        }
    }
    let both =
        load_ok(&[(SHORT, GOOD), (STRING, CONNECTION), ("OTEL_TRACES_EXPORTER", "azure,otlp")]).settings;
    assert_eq!(both.exporters.traces, [Exporter::Azure, Exporter::Otlp]);
    assert!(both.azure.is_some_and(|azure| azure.credential.is_none()), "there nobody asked for tokens");
}

/// A signal's own endpoint is somebody else's, and gets no token by itself.
#[test]
fn other_endpoints_beside_it() {
    let own = load_ok(&[(SHORT, GOOD), (TRACES_ENDPOINT, "https://h/x")]).settings;
    assert_eq!((own.otlp.traces.url.as_str(), &own.otlp.traces.entra), ("https://h/x", &None));
    assert!(own.otlp.logs.entra.is_some());
    assert_eq!(
        warnings(&[(SHORT, GOOD), (ENDPOINT, "https://h")]),
        ["OTEL_EXPORTER_OTLP_ENDPOINT does not count: OTEL_RUN_AZURE_OTLP is set\n  from: environment"]
    );
    let unused = ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"];
    let unused: Vec<_> =
        unused.map(|name| (name, "console")).into_iter().chain([(SHORT, "nonsense")]).collect();
    load_ok(&unused);
}

#[test]
fn tokens_for_whole_urls() {
    let with = |more: &[(&str, &str)]| {
        let pairs = [&[(AUTH, "entra"), (ENDPOINT, "https://h")], more].concat();
        load_ok(&pairs).settings.otlp.traces.entra.expect("tokens")
    };
    assert_eq!(with(&[]).audience, "https://monitor.azure.com");
    assert_eq!(with(&[("OTEL_RUN_OTLP_AUDIENCE", "api://x")]).audience, "api://x");
    let cli = with(&[("OTEL_RUN_AZURE_CREDENTIAL", "azure_cli")]);
    assert_eq!(cli.credential, CredentialSettings::AzureCli { tenant: None });
    let machine = with(&[("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;ClientId=c")]);
    assert!(
        matches!(machine.credential, CredentialSettings::ManagedIdentity { identity: Identity::ClientId(id), .. } if id == "c")
    );
    assert!(load_ok(&[(ENDPOINT, "https://h")]).settings.otlp.traces.entra.is_none());
    assert!(load_ok(&[(SHORT, GOOD), (AUTH, "none")]).settings.otlp.traces.entra.is_none());
}

#[test]
fn what_cannot_be() {
    for (pairs, told) in [
        (
            &[(SHORT, GOOD), (PROTOCOL, "grpc")][..],
            "OTEL_RUN_AZURE_OTLP: Azure Monitor takes http/protobuf, and the protocol is grpc\n  from: environment",
        ),
        (&[(SHORT, GOOD), ("OTEL_TRACES_EXPORTER", "otlp_proto_grpc")], "Azure Monitor takes http/protobuf"),
        (
            &[(AUTH, "entra"), (ENDPOINT, "https://h:4317")],
            "OTEL_RUN_OTLP_AUTH: tokens of Entra ID go with http/protobuf, and the protocol is grpc",
        ),
        (
            &[(AUTH, "entra"), (ENDPOINT, "http://h")],
            "OTEL_RUN_OTLP_AUTH: the endpoint would get our token without TLS",
        ),
        (&[(SHORT, "dce=h")], "OTEL_RUN_AZURE_OTLP: dcr is missing\n  from: environment"),
        (
            &[(SHORT, GOOD), ("OTEL_RUN_AZURE_CREDENTIAL", "none")],
            "OTEL_RUN_AZURE_OTLP: there is no credential: OTEL_RUN_AZURE_CREDENTIAL is none",
        ),
        (
            &[(SHORT, GOOD), ("OTEL_RUN_AZURE_CREDENTIAL", "client_secret")],
            "OTEL_RUN_AZURE_CREDENTIAL: AZURE_CLIENT_SECRET is not set",
        ),
    ] {
        let refusal = refused(pairs);
        assert!(refusal.contains(told), "{refusal}");
    }
}

/// Deltas and exponential histograms, unless somebody else must be able to live with them.
#[test]
fn what_metrics_are_like() {
    let metrics = "OTEL_METRICS_EXPORTER";
    for (pairs, temporality, histograms) in [
        (&[(SHORT, GOOD)][..], Some("delta"), Some("base2_exponential_bucket_histogram")),
        (
            &[(SHORT, GOOD), (TEMPORALITY, "cumulative")],
            Some("cumulative"),
            Some("base2_exponential_bucket_histogram"),
        ),
        (
            &[(SHORT, GOOD), (HISTOGRAMS, "explicit_bucket_histogram")],
            Some("delta"),
            Some("explicit_bucket_histogram"),
        ),
        (&[(SHORT, GOOD), (metrics, "otlp,console")], Some("delta"), None),
        (&[(SHORT, GOOD), (metrics, "otlp,prometheus")], None, None),
        (&[(SHORT, GOOD), (metrics, "console")], None, None),
        (&[(ENDPOINT, "https://h")], None, None),
    ] {
        let loaded = load_ok(pairs);
        let said = |name| loaded.environment.setting(name);
        assert_eq!((said(TEMPORALITY), said(HISTOGRAMS)), (temporality, histograms), "{pairs:?}");
        if temporality == Some("delta") {
            let shown = loaded.explained.get(TEMPORALITY).expect("a setting");
            assert_eq!(
                (shown.value.as_str(), shown.because.as_deref()),
                ("delta", Some("Azure Monitor wants it"))
            );
        }
    }
}
