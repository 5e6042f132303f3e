//! What chooses Azure Monitor, and what is set for it.

use super::*;

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
