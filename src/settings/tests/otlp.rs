//! Where OTLP goes, and how.

use super::*;

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
