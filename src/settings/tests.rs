//! From variables to settings: the specification's rules, one table each.

mod azure_otlp;

use super::*;
use crate::environment::Environment;
use crate::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

fn loaded(pairs: &[(&str, &str)], terminal: bool) -> Result<Loaded, Error> {
    let environment: Environment = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let command = [OsString::from("run")];
    let typed = Typed::default();
    load(Input { typed: &typed, environment, command: &command, terminal, folder: Path::new("/") })
}

fn load_ok(pairs: &[(&str, &str)]) -> Loaded {
    loaded(pairs, false).unwrap_or_else(|e| panic!("{pairs:?}: {e}"))
}

/// What is said about these variables, without settings that nobody asked about.
fn warnings(pairs: &[(&str, &str)]) -> Vec<String> {
    load_ok(pairs).warnings
}

fn refused(pairs: &[(&str, &str)]) -> String {
    match loaded(pairs, false) {
        Ok(_) => panic!("{pairs:?} was taken"),
        Err(error) => {
            assert_eq!(error.code, 2, "{pairs:?}");
            error.to_string()
        }
    }
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const INSECURE: &str = "OTEL_EXPORTER_OTLP_INSECURE";

#[test]
fn urls() {
    let grpc = (PROTOCOL, "grpc");
    for (pairs, url) in [
        (&[][..], "http://localhost:4318/v1/traces"),
        (&[grpc], "http://localhost:4317"),
        (&[(PROTOCOL, "http/json")], "http://localhost:4318/v1/traces"),
        (&[(ENDPOINT, "http://h:4318")], "http://h:4318/v1/traces"),
        (&[(ENDPOINT, "http://h:4318/")], "http://h:4318/v1/traces"),
        (&[(ENDPOINT, "https://h")], "https://h/v1/traces"),
        (&[(ENDPOINT, "https://h/otlp")], "https://h/otlp/v1/traces"),
        (&[(ENDPOINT, "https://h/otlp/")], "https://h/otlp/v1/traces"),
        (&[(ENDPOINT, "https://h/otlp?k=v")], "https://h/otlp/v1/traces?k=v"),
        (&[(ENDPOINT, "https://h?k=v")], "https://h/v1/traces?k=v"),
        (&[(ENDPOINT, "https://h/#part")], "https://h/v1/traces"),
        (&[(ENDPOINT, "HTTP://h:1")], "http://h:1/v1/traces"),
        (&[(ENDPOINT, " http://[::1]:4318 ")], "http://[::1]:4318/v1/traces"),
        (&[(TRACES_ENDPOINT, "http://h:4318")], "http://h:4318/"),
        (&[(TRACES_ENDPOINT, "http://h:4318/")], "http://h:4318/"),
        (&[(TRACES_ENDPOINT, "http://h/a/b/?q=1")], "http://h/a/b/?q=1"),
        (&[(ENDPOINT, "http://general"), (TRACES_ENDPOINT, "http://own/x")], "http://own/x"),
        (&[(ENDPOINT, "http://h:4317")], "http://h:4317"),
        (&[(ENDPOINT, "http://h:4317/"), (PROTOCOL, "http/protobuf")], "http://h:4317/v1/traces"),
        (&[grpc, (ENDPOINT, "http://h:4318")], "http://h:4318"),
        (&[grpc, (ENDPOINT, "https://h")], "https://h"),
        (&[grpc, (ENDPOINT, "h:4317")], "https://h:4317"),
        (&[grpc, (ENDPOINT, "h:4317"), (INSECURE, "TRUE")], "http://h:4317"),
        (&[grpc, (ENDPOINT, "https://h:4317"), (INSECURE, "true")], "https://h:4317"),
        (&[grpc, (ENDPOINT, "http://h:4317"), (INSECURE, "false")], "http://h:4317"),
        (&[(ENDPOINT, "h:4317"), (INSECURE, "true")], "http://h:4317"),
        (
            &[grpc, (ENDPOINT, "h:1"), (INSECURE, "true"), ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false")],
            "https://h:1",
        ),
        (&[grpc, (ENDPOINT, "h:1"), ("OTEL_EXPORTER_OTLP_SPAN_INSECURE", "true")], "http://h:1"),
        (&[grpc, (ENDPOINT, "[::1]:4317"), (INSECURE, "true")], "http://[::1]:4317"),
    ] {
        let loaded = load_ok(pairs);
        assert_eq!(loaded.settings.otlp.traces.url, url, "{pairs:?}");
        assert_eq!(loaded.warnings, [""; 0], "{pairs:?}");
    }
}

#[test]
fn endpoints_that_cannot_be_used() {
    for (endpoint, why, hint) in [
        (
            "localhost:4318",
            "\"localhost:4318\" has no scheme",
            "write http://localhost:4318, or https://localhost:4318",
        ),
        (
            "ftp://h",
            "\"ftp://h\" has a scheme that is neither http nor https",
            "write a URL such as http://localhost:4318",
        ),
        (
            "unix:///s",
            "\"unix:///s\" has a scheme that is neither http nor https",
            "write a URL such as http://localhost:4318",
        ),
        ("http://", "\"http://\" has no host", "write a URL such as http://localhost:4318"),
        ("http:///v1", "\"http:///v1\" has no host", "write a URL such as http://localhost:4318"),
        ("http://:4318", "\"http://:4318\" has no host", "write a URL such as http://localhost:4318"),
        (
            "http://h:",
            "\"http://h:\" has no port from 1 to 65535",
            "write a URL such as http://localhost:4318",
        ),
        (
            "http://h:0",
            "\"http://h:0\" has no port from 1 to 65535",
            "write a URL such as http://localhost:4318",
        ),
        (
            "http://h:x",
            "\"http://h:x\" has no port from 1 to 65535",
            "write a URL such as http://localhost:4318",
        ),
        (
            "http://h:99999",
            "\"http://h:99999\" has no port from 1 to 65535",
            "write a URL such as http://localhost:4318",
        ),
        ("http://a b", "\"http://a b\" holds a blank", "write a URL such as http://localhost:4318"),
        (
            "http://[::1",
            "\"http://[::1\" has an address without its \"]\"",
            "write a URL such as http://localhost:4318",
        ),
        (
            "http://[x]:1",
            "\"http://[x]:1\" has no valid address in its brackets",
            "write a URL such as http://localhost:4318",
        ),
        (
            "http://h\u{e4}:1",
            "\"http://h\u{e4}:1\" is not a URL",
            "write a URL such as http://localhost:4318",
        ),
        (
            "http://me:s3cret@h",
            "\"http://***@h\" holds a user or password",
            "put them into OTEL_EXPORTER_OTLP_HEADERS: authorization=Basic%20...",
        ),
        (
            "me:s3cret@h:4318",
            "\"***@h:4318\" holds a user or password",
            "put them into OTEL_EXPORTER_OTLP_HEADERS: authorization=Basic%20...",
        ),
    ] {
        assert_eq!(
            refused(&[(ENDPOINT, endpoint)]),
            format!("OTEL_EXPORTER_OTLP_ENDPOINT: {why}\n  from: environment\n  hint: {hint}")
        );
    }
    assert_eq!(
        refused(&[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://"), (PROTOCOL, "grpc")]),
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: \"http://\" has no host\n  from: environment\n  \
         hint: write a URL such as http://localhost:4317"
    );
    let none =
        ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"].map(|name| (name, "none"));
    let unused: Vec<_> = none.into_iter().chain([(ENDPOINT, "nonsense")]).collect();
    assert_eq!(load_ok(&unused).warnings, [""; 0], "nobody uses it");
    load_ok(&[("OTEL_SDK_DISABLED", "true"), (ENDPOINT, "nonsense")]);
}

#[test]
fn protocols() {
    let traces = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
    for (pairs, protocol) in [
        (&[][..], Protocol::HttpProtobuf),
        (&[(PROTOCOL, " GRPC ")], Protocol::Grpc),
        (&[(PROTOCOL, "http/json")], Protocol::HttpJson),
        (&[(PROTOCOL, "grpc"), (traces, "http/protobuf")], Protocol::HttpProtobuf),
        (&[(ENDPOINT, "http://h:4317")], Protocol::Grpc),
        (&[(ENDPOINT, "http://h:4318")], Protocol::HttpProtobuf),
        (&[(ENDPOINT, "http://h:80")], Protocol::HttpProtobuf),
        (&[(ENDPOINT, "http://h:4318"), (TRACES_ENDPOINT, "http://h:4317")], Protocol::Grpc),
        (&[("OTEL_TRACES_EXPORTER", "otlp_proto_grpc")], Protocol::Grpc),
        (&[("OTEL_TRACES_EXPORTER", "otlp_proto_http"), (ENDPOINT, "http://h:4317")], Protocol::HttpProtobuf),
    ] {
        assert_eq!(load_ok(pairs).settings.otlp.traces.protocol, protocol, "{pairs:?}");
    }
    assert_eq!(
        warnings(&[("OTEL_TRACES_EXPORTER", "otlp_proto_grpc"), (PROTOCOL, "http/json")]),
        ["OTEL_EXPORTER_OTLP_PROTOCOL says http/json, the exporter's name says grpc; the name wins\n  \
          from: environment\n  hint: use the exporter name otlp, which follows the variable"]
    );
    assert_eq!(
        warnings(&[(PROTOCOL, "grpc"), (ENDPOINT, "http://h:4317/v1/traces")]),
        ["OTEL_EXPORTER_OTLP_ENDPOINT: gRPC has no use for the path /v1/traces; it is ignored\n  \
          from: environment\n  hint: remove the path, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"],
        "once, not for each signal"
    );
}

#[test]
fn who_chooses_the_exporters() {
    use Exporter::{Console, Otlp};
    let metrics_endpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    for (pairs, terminal, traces, metrics, by_default) in [
        (&[][..], true, Console, Console, false),
        (&[], false, Otlp, Otlp, true),
        (&[(ENDPOINT, "http://h")], true, Otlp, Otlp, false),
        (&[(ENDPOINT, "http://h")], false, Otlp, Otlp, false),
        (&[(metrics_endpoint, "http://h")], true, Console, Otlp, false),
        (&[("OTEL_TRACES_EXPORTER", "otlp")], true, Otlp, Console, false),
        (&[("OTEL_TRACES_EXPORTER", " ")], true, Console, Console, false),
        (&[("OTEL_TRACES_EXPORTER", " , ")], true, Console, Console, false),
        (&[("OTEL_TRACES_EXPORTER", "CONSOLE"), (ENDPOINT, "http://h")], false, Console, Otlp, false),
    ] {
        let settings = loaded(pairs, terminal).unwrap_or_else(|e| panic!("{e}")).settings;
        assert_eq!(settings.exporters.traces, [traces], "{pairs:?}");
        assert_eq!(settings.exporters.metrics, [metrics], "{pairs:?}");
        assert_eq!(settings.otlp.traces.by_default, by_default, "{pairs:?}");
    }
}

const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const KEY: &str = "0af76519-16cd-43dd-8448-eb211c80319c";
const CONNECTION: &str =
    "InstrumentationKey=0af76519-16cd-43dd-8448-eb211c80319c;IngestionEndpoint=https://in.example/";

#[test]
fn a_connection_string_chooses_azure() {
    use Exporter::{Azure, Console, Otlp};
    for (pairs, traces, metrics) in [
        (&[(STRING, CONNECTION)][..], vec![Azure], vec![Azure]),
        (&[("APPINSIGHTS_INSTRUMENTATIONKEY", KEY)], vec![Azure], vec![Azure]),
        (&[(STRING, " ")], vec![Console], vec![Console]),
        (&[(STRING, CONNECTION), (ENDPOINT, "http://h")], vec![Azure], vec![Azure]),
        (&[(STRING, CONNECTION), ("OTEL_TRACES_EXPORTER", "otlp")], vec![Otlp], vec![Azure]),
        (
            &[(STRING, CONNECTION), ("OTEL_TRACES_EXPORTER", "azure_monitor,console")],
            vec![Azure, Console],
            vec![Azure],
        ),
    ] {
        let settings = loaded(pairs, true).unwrap_or_else(|e| panic!("{e}")).settings;
        assert_eq!((settings.exporters.traces, settings.exporters.metrics), (traces, metrics), "{pairs:?}");
        let connection = settings.azure.map(|azure| azure.connection);
        let key = connection.map(|connection| connection.instrumentation_key);
        let expected = settings.exporters.logs.contains(&Azure).then(|| Secret::new(KEY));
        assert_eq!(key, expected, "{pairs:?}");
    }
    assert_eq!(
        warnings(&[(STRING, CONNECTION), (TRACES_ENDPOINT, "http://h/x")]),
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT does not count: APPLICATIONINSIGHTS_CONNECTION_STRING is set, \
          and chooses azure alone\n  from: environment\n  \
          hint: name what is meant: --traces_exporter azure,otlp, and so for metrics and logs"]
    );
    let none =
        ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"].map(|name| (name, "none"));
    let unused: Vec<_> = none.into_iter().chain([(STRING, "nonsense")]).collect();
    assert!(load_ok(&unused).settings.azure.is_none(), "nobody uses it");
    load_ok(&[("OTEL_SDK_DISABLED", "true"), (STRING, "nonsense")]);
}

#[test]
fn which_connection_string() {
    let legacy = ("APPINSIGHTS_INSTRUMENTATIONKEY", "1234");
    let both = load_ok(&[(STRING, CONNECTION), legacy]);
    assert_eq!(both.warnings, [""; 0], "platforms set both");
    let connection = both.settings.azure.expect("azure").connection;
    assert_eq!(connection.ingestion_endpoint, "https://in.example");
    assert_eq!(
        warnings(&[legacy]),
        [
            "APPINSIGHTS_INSTRUMENTATIONKEY: an instrumentation key alone is deprecated, and goes to the global \
             endpoint\n  from: environment\n  \
             hint: set APPLICATIONINSIGHTS_CONNECTION_STRING to the resource's connection string",
            "APPINSIGHTS_INSTRUMENTATIONKEY: InstrumentationKey does not look like one \
             (8-4-4-4-12 hexadecimal digits)\n  from: environment\n  \
             hint: see whether it is complete; it is used as it is",
        ]
    );
    assert_eq!(
        refused(&[(STRING, "a=s3cret")]),
        "APPLICATIONINSIGHTS_CONNECTION_STRING: has no InstrumentationKey\n  from: environment\n  \
         hint: copy it again as a whole: Azure portal, the Application Insights resource, Overview, \
         Connection String"
    );
}

#[test]
fn a_connection_string_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("string");
    std::fs::write(&file, format!("{CONNECTION}\n")).expect("a file");
    let path = file.display();
    for value in [format!("file:{path}"), format!("${{file:{path}}}"), format!(" file: {path} ")] {
        let connection = load_ok(&[(STRING, &value)]).settings.azure.expect("azure").connection;
        assert_eq!(connection.instrumentation_key, Secret::new(KEY), "{value}");
    }
    std::fs::write(&file, "s3cret".repeat(2000)).expect("a file");
    let hint = "write file: and the path of a file that holds the connection string";
    let missing = folder.path().join("missing");
    for (path, why) in [
        (
            folder.path(),
            format!(
                "cannot read {:?}: it is no regular file\n  from: environment\n  hint: {hint}",
                folder.path()
            ),
        ),
        (&missing, format!("cannot read {missing:?}: no such file\n  from: environment\n  hint: {hint}")),
        (
            &file,
            "has 4097 bytes, and 4096 are the most\n  from: environment\n  hint: copy it again".to_owned(),
        ),
    ] {
        let refusal = refused(&[(STRING, &format!("file:{}", path.display()))]);
        assert!(refusal.starts_with(&format!("{STRING}: {why}")), "{refusal}");
    }
}

#[test]
fn azure_without_a_connection_string() {
    let azure = ("OTEL_LOGS_EXPORTER", "azure,console");
    assert_eq!(
        refused(&[azure]),
        "the azure exporter has no connection string\n  from: environment\n  \
         hint: set APPLICATIONINSIGHTS_CONNECTION_STRING, or --connection_string"
    );
    let loaded = load_ok(&[azure, ("OTEL_RUN_LENIENT", "true")]);
    assert_eq!(loaded.settings.exporters.logs, [Exporter::Console]);
    assert!(loaded.settings.azure.is_none());
    assert_eq!(
        loaded.warnings,
        ["the azure exporter has no connection string; going on without it\n  from: environment\n  \
          hint: set APPLICATIONINSIGHTS_CONNECTION_STRING, or --connection_string"]
    );
}

#[test]
fn everything_about_azure() {
    let azure = |pairs: &[(&str, &str)]| {
        let loaded = load_ok(&[&[(STRING, CONNECTION)], pairs].concat());
        assert_eq!(loaded.warnings, [""; 0], "{pairs:?}");
        loaded.settings.azure.expect("azure")
    };
    let plain = azure(&[]);
    assert_eq!(format!("{plain:?}"), format!("{:?}", AzureSettings::new(plain.connection.clone())));
    let other = azure(&[
        ("OTEL_RUN_AZURE_CREDENTIAL", "azure_cli"),
        ("OTEL_RUN_AZURE_TIMEOUT", "1500"),
        ("OTEL_RUN_STANDARD_METRICS", "off"),
        ("OTEL_RUN_PERF_COUNTERS", "Off"),
        ("OTEL_RUN_LIVE_METRICS", "on"),
        ("OTEL_RUN_LOG_SAMPLING_PERCENTAGE", "12.5"),
        ("OTEL_RUN_LOGS_FOLLOW_TRACES", "off"),
        ("OTEL_RUN_AZURE_RESOURCE_ATTRIBUTES", "a.b, c"),
        ("OTEL_RUN_AZURE_RESOURCE_METRIC", "on"),
        ("APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN", "true"),
        ("OTEL_RUN_AZURE_RAW_PATH_NAMES", "off"),
        ("OTEL_RUN_AZURE_SERVER_4XX_IS_ERROR", "off"),
        ("OTEL_RUN_AZURE_ROOT_INTERNAL_IS_REQUEST", "on"),
        ("OTEL_RUN_AZURE_KEEP_ALL_ATTRIBUTES", "on"),
        ("OTEL_RUN_AZURE_EVENT_NAME_AS_EVENT", "off"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=1"),
        ("APPLICATIONINSIGHTS_PROXY", "http://me:s3cret@proxy:8080"),
    ]);
    assert_eq!(other.credential, Some(CredentialSettings::AzureCli { tenant: None }));
    assert_eq!(other.timeout.as_millis(), 1500);
    assert!(!other.standard_metrics && !other.perf_counters && other.live_metrics);
    assert!(other.log_sampling_percentage == 12.5 && !other.logs_follow_traces);
    assert_eq!(other.resource_attributes, ResourceAttributes::List(vec!["a.b".to_owned(), "c".to_owned()]));
    assert!(other.resource_metric && other.metric_namespace && !other.raw_path_names);
    assert!(!other.server_4xx_is_error && other.root_internal_is_request && other.keep_all_attributes);
    assert!(!other.event_name_as_event && other.instance_is_given);
    assert_eq!(other.proxy.map(|proxy| proxy.address.to_string()).as_deref(), Some("proxy:8080"));
    for (word, meaning) in [
        ("Useful", ResourceAttributes::Useful),
        ("none", ResourceAttributes::None),
        ("ALL", ResourceAttributes::All),
    ] {
        assert_eq!(azure(&[("OTEL_RUN_AZURE_RESOURCE_ATTRIBUTES", word)]).resource_attributes, meaning);
    }
    let live = ("APPLICATIONINSIGHTS_PREVIEW_LIVE_METRICS_ENABLED", "true");
    assert!(azure(&[live]).live_metrics);
    assert!(!azure(&[live, ("OTEL_RUN_LIVE_METRICS", "off")]).live_metrics, "ours is nearer");
    let named = load_ok(&[("APPLICATIONINSIGHTS_ROLE_NAME", "shop"), ("WEBSITE_SITE_NAME", "site")]);
    assert_eq!(named.settings.service_name, "shop");
}

#[test]
fn credentials() {
    let connection = (STRING, CONNECTION);
    let string = |text| ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", text);
    let identity = |pairs: &[(&str, &str)]| match load_ok(pairs).settings.azure.and_then(|a| a.credential) {
        Some(CredentialSettings::ManagedIdentity { identity, .. }) => Some(identity),
        None => None,
        other => panic!("{other:?}"),
    };
    let client = Some(Identity::ClientId("1234".to_owned()));
    assert_eq!(identity(&[connection]), None, "the key alone");
    assert_eq!(identity(&[connection, string("authorization=aad")]), Some(Identity::System));
    assert_eq!(identity(&[connection, string("Authorization=AAD;ClientId=1234")]), client);
    let named = ("OTEL_RUN_AZURE_CREDENTIAL", "managed_identity:1234");
    assert_eq!(identity(&[connection, named, string("Authorization=AAD")]), client, "ours is nearer");
    assert_eq!(
        warnings(&[connection, string("Authorization=AAD;ClientSecret=s3cret")]),
        ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING: ClientSecret does not count: use --azure_credential \
          client_secret with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET\n  from: environment"]
    );
    for (variable, value, what) in [
        ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "s3cret", "a part of it has no \"=\""),
        ("OTEL_RUN_AZURE_CREDENTIAL", "client_secret", "AZURE_CLIENT_SECRET is not set"),
        ("OTEL_RUN_AZURE_CREDENTIAL", "magic", "\"magic\" is not a credential that otel-run knows"),
    ] {
        let refusal = refused(&[connection, (variable, value)]);
        assert!(
            refusal.starts_with(&format!("{variable}: {what}\n  from: environment\n  hint: ")),
            "{refusal}"
        );
    }
    assert_eq!(
        warnings(&[connection, ("HTTPS_PROXY", "http://me:s3cret@")]),
        ["HTTPS_PROXY: has no host; there is no proxy\n  from: environment\n  \
          hint: write a URL such as http://user:password@proxy:8080"]
    );
}

#[test]
fn headers() {
    let general = "OTEL_EXPORTER_OTLP_HEADERS";
    let read = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let headers = load_ok(pairs).settings.otlp.traces.headers;
        headers.into_iter().map(|(name, value)| (name, value.reveal().to_owned())).collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        read(&[(general, "Api-Key = a%20b , authorization=Basic dXNlcjpw==,api-key=last")]),
        [pair("api-key", "last"), pair("authorization", "Basic dXNlcjpw==")]
    );
    assert_eq!(
        read(&[(general, "a=1"), ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2")]),
        [pair("b", "2")],
        "a signal's list replaces the general one"
    );
    let hint = "write name=value,name=value; percent-encode commas and percent signs in values";
    assert_eq!(
        warnings(&[(general, "s3cret-token,ok=1,x=%zz,bad name=1,late=a%0Ab")]),
        [
            format!("{general}: pair 1 has no \"=\" and was dropped\n  from: environment\n  hint: {hint}"),
            format!(
                "{general}: pair 3 has a \"%\" without two hexadecimal digits (write %25 for a percent sign) \
                 and was dropped\n  from: environment\n  hint: {hint}"
            ),
            format!(
                "{general}: pair 4 has a name that no header can have and was dropped\n  from: environment\n  \
                 hint: {hint}"
            ),
            format!("{general}: 1 more pair was dropped\n  from: environment\n  hint: {hint}"),
        ]
    );
    assert_eq!(
        warnings(&[(general, "late=a%0Ab")]),
        [format!(
            "{general}: pair 1 has a value that no header can have and was dropped\n  from: environment\n  hint: {hint}"
        )]
    );
}

#[test]
fn secrets_stay_secret() {
    let loaded = load_ok(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer s3cret-1,s3cret-2"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x=s3cret-3,Authorization: Bearer s3cret-4==,y=s3cret-5\u{1}"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        (STRING, "s3cret-6;InstrumentationKey=s3cret-7;IngestionEndpoint=http://s3cret-8.com"),
    ]);
    let shown: Vec<_> = loaded.explained.iter().map(|value| format!("{value:?}")).collect();
    for text in [shown.join("\n"), loaded.warnings.join("\n"), format!("{:?}", loaded.settings)] {
        for secret in ["s3cret-1", "s3cret-2", "s3cret-3", "s3cret-4", "s3cret-5", "s3cret-6", "s3cret-7"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(loaded.settings.otlp.traces.headers.len(), 1);
}

#[test]
fn timeouts_compression_and_files() {
    let loaded = load_ok(&[
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "100"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none"),
        ("OTEL_RUN_COMPRESSION_LEVEL", "6"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "/logs.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/me.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/me.key"),
    ]);
    let otlp = &loaded.settings.otlp;
    assert_eq!(otlp.traces.timeout.as_millis(), 2500);
    assert_eq!(otlp.logs.timeout.as_millis(), 100);
    assert_eq!(otlp.traces.compression, Compression::Gzip(6));
    assert_eq!(otlp.logs.compression, Compression::None);
    assert_eq!(otlp.traces.certificate.as_deref(), Some(Path::new("/ca.pem")));
    assert_eq!(otlp.logs.certificate.as_deref(), Some(Path::new("/logs.pem")));
    assert_eq!(otlp.logs.client_certificate.as_deref(), Some(Path::new("/me.pem")));
    assert_eq!(otlp.logs.client_key.as_deref(), Some(Path::new("/me.key")));
    assert_eq!(loaded.warnings, [""; 0]);
    assert_eq!(load_ok(&[]).settings.otlp.traces.timeout.as_secs(), 10);
    assert_eq!(
        warnings(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "10")]),
        ["OTEL_EXPORTER_OTLP_TIMEOUT: 10 means milliseconds here, though the Python SDK reads seconds\n  \
          from: environment\n  hint: use 10000 for 10 seconds"]
    );
}

#[test]
fn a_key_needs_its_certificate() {
    for (given, missing) in [
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"),
        ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE"),
    ] {
        assert_eq!(
            refused(&[(given, "/x.pem")]),
            format!(
                "{given} is set without {missing}\n  from: environment\n  \
                 hint: set {missing} as well; certificate and key come together"
            )
        );
    }
    load_ok(&[
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/k"),
        ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "/c"),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "/c"),
        ("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "/c"),
    ]);
}

#[test]
fn identity() {
    let attributes = "OTEL_RESOURCE_ATTRIBUTES";
    let loaded = load_ok(&[(attributes, "service.name=from%20list,deployment.environment.name=test,a=b=c")]);
    assert_eq!(loaded.settings.service_name, "from list");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        loaded.settings.resource_attributes,
        [pair("deployment.environment.name", "test"), pair("a", "b=c")]
    );
    let because = loaded.explained.get("OTEL_SERVICE_NAME").and_then(|value| value.because.clone());
    assert_eq!(because.as_deref(), Some("service.name in OTEL_RESOURCE_ATTRIBUTES"));
    let both = load_ok(&[(attributes, "service.name=list"), ("OTEL_SERVICE_NAME", " own ")]);
    assert_eq!(both.settings.service_name, "own");
    assert_eq!(load_ok(&[(attributes, "service.name= ")]).settings.service_name, "unknown_service:run");
    assert_eq!(
        warnings(&[(attributes, "good=1,broken,=x,last=%")]),
        [
            "pair 2 has no \"=\"",
            "pair 3 has no name",
            "pair 4 has a \"%\" without two hexadecimal digits (write %25 for a percent sign)"
        ]
        .map(|why| format!(
            "{attributes}: {why} and was dropped\n  from: environment\n  \
                hint: write name=value,name=value; percent-encode commas and percent signs in values"
        ))
    );
}

#[test]
fn queues() {
    let settings = load_ok(&[]).settings;
    for (_, queue) in settings.queue.iter() {
        assert_eq!((queue.max_bytes, queue.parcel_bytes), (16 << 20, 2 << 20));
        assert_eq!((queue.max_items, queue.parcel_items, queue.delay.as_millis()), (None, None, 200));
    }
    let settings = load_ok(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "256"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
    ])
    .settings;
    let traces = &settings.queue.traces;
    assert_eq!(
        (traces.max_items, traces.parcel_items, traces.delay.as_millis()),
        (Some(4096), Some(256), 50)
    );
    assert_eq!((settings.queue.logs.max_items, settings.queue.logs.delay.as_millis()), (None, 0));
    assert_eq!(settings.queue.metrics.delay.as_millis(), 200);
    let loaded = load_ok(&[("OTEL_BLRP_MAX_QUEUE_SIZE", "10"), ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "20")]);
    assert_eq!(loaded.settings.queue.logs.parcel_items, Some(10));
    assert_eq!(
        loaded.warnings,
        ["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: 20 is more than OTEL_BLRP_MAX_QUEUE_SIZE, which is 10; \
          batches of 10 it is\n  from: environment\n  hint: use at most 10"]
    );
}

#[test]
fn our_own() {
    let settings = load_ok(&[
        ("OTEL_RUN_CONSOLE_FORMAT", "Detailed"),
        ("OTEL_RUN_CONSOLE_OUTPUT", "/tmp/x"),
        ("OTEL_RUN_INGRESS", "[::1]:4318"),
        ("OTEL_RUN_GRACE", "0.5"),
        ("OTEL_RUN_HOST_METRICS", "OFF"),
        ("OTEL_RUN_SHIM", "official"),
        ("OTEL_RUN_LANGUAGES", "Python, node"),
        ("OTEL_RUN_SKIP", "a*, /b"),
        ("OTEL_RUN_PASS_CREDENTIALS", "true"),
        ("OTEL_RUN_KILL_WITH_LAUNCHER", "True"),
        ("OTEL_RUN_STRICT", "false"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "[::1]"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_LOG_LEVEL", "DEBUG"),
    ])
    .settings;
    assert_eq!(settings.console.format, ConsoleFormat::Detailed);
    assert_eq!(settings.console.output, ConsoleOutput::File("/tmp/x".into()));
    assert_eq!(settings.ingress.map(|ingress| ingress.to_string()).as_deref(), Some("[::1]:4318"));
    assert_eq!(settings.grace.as_millis(), 500);
    assert!(!settings.host_metrics && settings.kill_with_launcher && !settings.strict);
    assert_eq!(settings.inject.shim, Shim::Official);
    assert_eq!(settings.inject.languages, ["python", "node"]);
    assert_eq!(settings.inject.skip, ["a*", "/b"]);
    assert!(settings.inject.pass_credentials);
    assert_eq!(settings.prometheus.address.to_string(), "[::1]:0");
    assert_eq!((settings.verbosity, settings.quiet), (2, false));
    for (level, loudness) in [
        ("none", (0, true)),
        ("ERROR", (0, true)),
        ("warn", (0, false)),
        ("warning", (0, false)),
        ("info", (1, false)),
        ("all", (2, false)),
    ] {
        let settings = load_ok(&[("OTEL_LOG_LEVEL", level)]).settings;
        assert_eq!((settings.verbosity, settings.quiet), loudness, "{level}");
    }
}

/// Who scrapes wants to see what is, and not what was a minute ago.
#[test]
fn metrics_that_are_only_scraped_are_fresh() {
    for (exporters, interval, seconds) in [
        ("prometheus", "", 10),
        ("prometheus", "30000", 30),
        ("prometheus,otlp", "", 60),
        ("console", "", 60),
    ] {
        let pairs = [("OTEL_METRICS_EXPORTER", exporters), ("OTEL_METRIC_EXPORT_INTERVAL", interval)];
        let loaded = load_ok(&pairs);
        assert_eq!(loaded.settings.metric_export_interval, Duration::from_secs(seconds), "{pairs:?}");
    }
    let loaded = load_ok(&[("OTEL_METRICS_EXPORTER", "prometheus")]);
    let told = loaded.explained.get("OTEL_METRIC_EXPORT_INTERVAL").unwrap();
    assert_eq!((told.value.as_str(), told.because.as_deref()), ("10000", Some("metrics are only scraped")));
}

#[test]
fn bad_values_cost_a_warning() {
    for (variable, value, told) in [
        (
            "OTEL_METRIC_EXPORT_INTERVAL",
            "5s",
            "cannot use OTEL_METRIC_EXPORT_INTERVAL: \"5s\" is not a number of milliseconds; \
             the default holds (60000)\n  from: environment\n  hint: use 5000",
        ),
        (
            "OTEL_METRIC_EXPORT_INTERVAL",
            "0",
            "cannot use OTEL_METRIC_EXPORT_INTERVAL: \"0\" is not between 1 and 2147483647 milliseconds; \
             the default holds (60000)\n  from: environment\n  hint: use a number of milliseconds in that range",
        ),
        (
            "OTEL_SDK_DISABLED",
            "1",
            "cannot use OTEL_SDK_DISABLED: \"1\" is neither true nor false; the default holds (false)\n  \
             from: environment\n  hint: use true; the specification knows no other word for it",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "thrift",
            "cannot use OTEL_EXPORTER_OTLP_PROTOCOL: \"thrift\" is not known; \
             the default holds (by the endpoint's port (4317: grpc), else http/protobuf)\n  \
             from: environment\n  hint: use one of grpc, http/protobuf, http/json",
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
            "gzipp",
            "cannot use OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: \"gzipp\" is not known; it counts as unset\n  \
             from: environment\n  hint: did you mean gzip? Known: none, gzip",
        ),
        (
            "OTEL_RUN_COMPRESSION_LEVEL",
            "10",
            "cannot use OTEL_RUN_COMPRESSION_LEVEL: \"10\" is out of range; the default holds (1)\n  \
             from: environment\n  hint: use 1 to 9",
        ),
        (
            "OTEL_EXPORTER_PROMETHEUS_PORT",
            "70000",
            "cannot use OTEL_EXPORTER_PROMETHEUS_PORT: \"70000\" is out of range; the default holds (9464)\n  \
             from: environment\n  hint: use 0 to 65535",
        ),
        (
            "OTEL_RUN_GRACE",
            "forever",
            "cannot use OTEL_RUN_GRACE: \"forever\" is not a number of seconds from 0 to 86400; \
             the default holds (5)\n  from: environment\n  hint: use 5, or 0.5",
        ),
        (
            "OTEL_SPAN_LINK_COUNT_LIMIT",
            "-1",
            "cannot use OTEL_SPAN_LINK_COUNT_LIMIT: \"-1\" is not a whole number; the default holds (128)\n  \
             from: environment\n  hint: use 0 to 2147483647",
        ),
        (
            "OTEL_RUN_LANGUAGES",
            "pyhton",
            "OTEL_RUN_LANGUAGES: \"pyhton\" is not a language that otel-run knows, and was dropped\n  \
             from: environment\n  hint: did you mean python? known: python, node, java, dotnet, ruby, php",
        ),
        (
            "OTEL_CONFIG_FILE",
            "otel.yaml",
            "OTEL_CONFIG_FILE is not read by otel-run, nor passed to the program\n  from: environment\n  \
             hint: use flags and variables",
        ),
    ] {
        assert_eq!(warnings(&[(variable, value)]), [told], "{variable}={value}");
    }
    let long = "x".repeat(100_000);
    let told = warnings(&[("OTEL_RUN_GRACE", &long)]).concat();
    assert!(told.len() < 400, "{}", told.len());
}

#[test]
fn other_bytes_elsewhere_do_not_matter() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = OsString::from_vec(vec![0xff]);
    let environment: Environment = [
        ("OTHER".into(), bytes.clone()),
        (OsString::from_vec(vec![0xfe]), bytes.clone()),
        ("OTEL_SERVICE_NAME".into(), bytes),
        ("otel_service_name".into(), "lower".into()),
        ("OTEL_OTEL_SERVICE_NAME".into(), "twice".into()),
    ]
    .into_iter()
    .collect();
    let typed = Typed::default();
    let input = Input { typed: &typed, environment, command: &[], terminal: true, folder: Path::new("/") };
    let loaded = load(input).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(loaded.settings.service_name, "unknown_service");
    assert_eq!(loaded.warnings, ["OTEL_SERVICE_NAME is not UTF-8 and counts as unset\n  from: environment"]);
}

#[test]
fn the_table_is_sound() {
    let mut seen = std::collections::HashSet::new();
    for entry in table::entries() {
        assert!(seen.insert(entry.variable), "{} twice", entry.variable);
        let Some(flag) = entry.flag else { continue };
        assert!(seen.insert(flag), "--{flag} twice");
        let azure = entry.variable.strip_prefix("APPLICATIONINSIGHTS_");
        let short = entry.variable.strip_prefix("OTEL_").or(azure).unwrap_or_default();
        let of_own = short.strip_prefix("RUN_").or(short.strip_prefix("PYTHON_")).unwrap_or(short);
        assert_eq!(flag, of_own.to_lowercase(), "a flag is its variable");
        assert!(
            !entry.help.ends_with('.') && entry.help.starts_with(|c: char| !c.is_whitespace()),
            "--{flag}"
        );
    }
    assert_eq!(table::entries().filter(|entry| entry.secret).count(), 8);
}

/// What a value of each kind may look like must also be readable by serde.
#[test]
fn every_setting_can_be_given() {
    for entry in table::entries() {
        let value = match entry.kind {
            Kind::Text(_) | Kind::List(_) => "python",
            Kind::Boolean | Kind::Switch => "false",
            Kind::Millis { .. } | Kind::Seconds | Kind::Percent | Kind::PerSecond => "77",
            Kind::Count { .. } => "9",
            Kind::Choice(_, words) => words[0],
            Kind::Exporters => "console",
            Kind::Pairs => "a=b",
            Kind::HostPort => "127.0.0.1:0",
        };
        let no_export = ("OTEL_TRACES_EXPORTER", "console");
        let pairs = [
            no_export,
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
            (entry.variable, value),
        ];
        let pairs: Vec<_> = pairs.into_iter().rev().collect();
        let loaded = load_ok(&pairs);
        let told: Vec<_> = loaded.warnings.iter().filter(|told| !told.contains("CONFIG_FILE")).collect();
        assert_eq!(told, [""; 0], "{}", entry.variable);
        let origin = loaded.explained.get(entry.variable).map(|value| value.origin.clone());
        assert_eq!(origin, Some(Origin::Environment), "{}", entry.variable);
    }
}

/// No value of any variable may do worse than a warning or a refusal.
#[test]
fn anything_at_all_is_survived() {
    const PIECES: [&str; 30] = [
        "",
        " ",
        ",",
        "=",
        "%",
        "%4",
        "%ff",
        ":",
        "://",
        "/",
        "?",
        "#",
        "@",
        "[",
        "]",
        "[::1]",
        "http",
        "grpc",
        "0",
        "-1",
        "4317",
        "99999999999999999999",
        "1e309",
        "NaN",
        "ms",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{e4}",
        "\n",
        "none",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap_or_default()
    };
    let entries: Vec<_> = table::entries().collect();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..1000 {
        let pairs: Vec<(&str, String)> = (0..=random(4))
            .map(|_| {
                let value: String = (0..=random(6)).map(|_| PIECES[random(PIECES.len())]).collect();
                (entries[random(entries.len())].variable, value)
            })
            .collect();
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match loaded(&borrowed, random(2) == 0) {
            Ok(loaded) => {
                taken += 1;
                for text in loaded.warnings.iter().flat_map(|text| text.lines()) {
                    assert!(!text.chars().any(char::is_control), "{text:?}");
                }
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.code, 2, "{pairs:?}: {error}");
                assert!(!error.what.chars().any(char::is_control), "{error:?}");
            }
        }
    }
    assert!(taken > 300 && refused > 30, "{taken} taken, {refused} refused");
}
