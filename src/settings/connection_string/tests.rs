use super::*;

const KEY: &str = "InstrumentationKey=0af76519-16cd-43dd-8448-eb211c80319c";

fn read(text: &str) -> ConnectionString {
    let read = parse(text).unwrap_or_else(|complaint| panic!("{text}: {complaint:?}"));
    assert!(read.warnings.is_empty(), "{text}: {:?}", read.warnings);
    read.connection
}

fn told(complaint: Complaint) -> (String, String) {
    (complaint.what, complaint.hint.unwrap_or_default())
}

#[test]
fn what_the_portal_shows() {
    let connection = read(&format!(
        "{KEY};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;\
         LiveEndpoint=https://westeurope.livediagnostics.monitor.azure.com/;ApplicationId=a1b2"
    ));
    assert_eq!(
        connection,
        ConnectionString {
            instrumentation_key: Secret::new("0af76519-16cd-43dd-8448-eb211c80319c"),
            ingestion_endpoint: "https://westeurope-5.in.applicationinsights.azure.com".to_owned(),
            live_endpoint: "https://westeurope.livediagnostics.monitor.azure.com".to_owned(),
            audience: "https://monitor.azure.com/".to_owned(),
            application_id: Some("a1b2".to_owned()),
        }
    );
}

#[test]
fn endpoints() {
    const DC: &str = "https://dc.services.visualstudio.com";
    const RT: &str = "https://rt.services.visualstudio.com";
    for (more, ingestion, live) in [
        ("", DC, RT),
        (";Location=westeurope", DC, RT),
        (";EndpointSuffix=ai.azure.cn", "https://dc.ai.azure.cn", "https://live.ai.azure.cn"),
        (";EndpointSuffix=.ai.azure.cn/", "https://dc.ai.azure.cn", "https://live.ai.azure.cn"),
        (
            ";EndpointSuffix=ai.azure.cn;Location=east2.",
            "https://east2.dc.ai.azure.cn",
            "https://east2.live.ai.azure.cn",
        ),
        (";EndpointSuffix=ai.azure.cn;LiveEndpoint=https://l/", "https://dc.ai.azure.cn", "https://l"),
        (";IngestionEndpoint=https://i;EndpointSuffix=ai.azure.cn", "https://i", "https://live.ai.azure.cn"),
        (";IngestionEndpoint=https://i///", "https://i", RT),
        (";IngestionEndpoint=https://i:8443/proxy/", "https://i:8443/proxy", RT),
        (";IngestionEndpoint=https://i/v2/track", "https://i/v2/track", RT),
        (";IngestionEndpoint=https://i/v2.1/track/", "https://i/v2.1/track", RT),
        (";IngestionEndpoint=HTTPS://i", "https://i", RT),
        (";IngestionEndpoint=http://localhost:8080", "http://localhost:8080", RT),
        (";IngestionEndpoint=http://127.0.0.1:1/", "http://127.0.0.1:1", RT),
        (";IngestionEndpoint=http://[::1]:1/", "http://[::1]:1", RT),
        (";IngestionEndpoint=http://10.1.2.3", "http://10.1.2.3", RT),
        (";IngestionEndpoint=http://aad-proxy:80", "http://aad-proxy:80", RT),
        (";IngestionEndpoint=http://proxy.internal", "http://proxy.internal", RT),
    ] {
        let connection = read(&format!("{KEY}{more}"));
        assert_eq!(
            (connection.ingestion_endpoint.as_str(), connection.live_endpoint.as_str()),
            (ingestion, live),
            "{more}"
        );
    }
}

#[test]
fn forms_that_are_tolerated() {
    let plain = read(KEY);
    for text in [
        &format!("{KEY};"),
        &format!(" ;; {KEY} ;; "),
        &format!("{}\n", KEY.to_uppercase().replace("0AF76519", "0af76519").replace("16CD", "16cd")),
        &format!("foo=bar=baz;{KEY};ProfilerEndpoint=nonsense"),
        &format!("Authorization=IKEY;{KEY}"),
        &KEY.replace('=', " = "),
    ] {
        let key = read(text).instrumentation_key;
        let (key, expected) = (key.reveal(), plain.instrumentation_key.reveal());
        assert!(key.eq_ignore_ascii_case(expected), "{text}");
    }
    assert_eq!(read(&KEY.to_uppercase()).instrumentation_key.reveal(), &KEY.to_uppercase()[19..], "as given");
    let other = read(&format!("{KEY};aadaudience=https://monitor.azure.us/"));
    assert_eq!(other.audience, "https://monitor.azure.us/");
}

#[test]
fn odd_forms_cost_a_warning() {
    for (text, what, hint) in [
        (format!("{KEY};s3cret;"), "part 2 has no \"=\" and does not count", COPY),
        (format!("{KEY};LiveEndpoint="), "LiveEndpoint is empty and does not count", COPY),
        (
            format!("InstrumentationKey=s3cret;{KEY}"),
            "InstrumentationKey is there twice; the last one holds",
            "remove the other one",
        ),
        (
            "InstrumentationKey=s3cret".to_owned(),
            "InstrumentationKey does not look like one (8-4-4-4-12 hexadecimal digits)",
            "see whether it is complete; it is used as it is",
        ),
        (
            format!("{KEY};Authorization=s3cret"),
            "Authorization is not ikey, and there is no other; it does not count",
            "for Entra ID set APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD, or --azure_credential",
        ),
        (
            format!("{KEY};IngestionEndpoint=http://example.com"),
            "IngestionEndpoint is http: key and telemetry travel in the clear",
            "write https:// unless a proxy of yours stands there",
        ),
        (
            format!("{KEY};LiveEndpoint=http://8.8.8.8:80"),
            "LiveEndpoint is http: key and telemetry travel in the clear",
            "write https:// unless a proxy of yours stands there",
        ),
    ] {
        let mut warnings = parse(&text).expect(&text).warnings;
        assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
        let warning = warnings.pop().expect("one");
        assert_eq!(told(warning), (what.to_owned(), hint.to_owned()), "{text}");
    }
}

#[test]
fn forms_that_are_refused() {
    const URL: &str = "write a URL such as https://westeurope-5.in.applicationinsights.azure.com/";
    const SUFFIX: &str = "EndpointSuffix is not the end of a host's name";
    const NAME: &str = "write a name such as applicationinsights.azure.cn, without https://";
    const LOCATION: &str = "write the region's short name, such as westeurope";
    let with = |more: &str| format!("{KEY};{more}");
    for (text, what, hint) in [
        (format!("{KEY};{}", "x".repeat(4096)), "has 4152 bytes, and 4096 are the most", COPY),
        (
            format!("\"{KEY}\""),
            "is in quotes",
            "remove them: files of variables keep quotes as part of the value",
        ),
        (
            KEY[19..].to_owned(),
            "is an instrumentation key alone",
            "write InstrumentationKey= before it, or better, take the whole connection string",
        ),
        ("s3cret".to_owned(), "is no connection string: it has no Key=value", COPY),
        (";;".to_owned(), "is no connection string: it has no Key=value", COPY),
        ("a=s3cret".to_owned(), "has no InstrumentationKey", COPY),
        (
            "a=b;InstrumentationKy=s3cret".to_owned(),
            "has no InstrumentationKey",
            "did you mean InstrumentationKey in part 2?",
        ),
        ("InstrumentationKey= ;a=b".to_owned(), "has an empty InstrumentationKey", COPY),
        (
            format!("{KEY},IngestionEndpoint=https://s3cret"),
            "has another part within InstrumentationKey",
            "write semicolons between the parts",
        ),
        (
            "IngestionEndpoint=https://h/,InstrumentationKey=s3cret".to_owned(),
            "has another part within IngestionEndpoint",
            "write semicolons between the parts",
        ),
        (with("IngestionEndpoint=h.example.com"), "IngestionEndpoint has no scheme", URL),
        (
            with("IngestionEndpoint=ftp://h"),
            "IngestionEndpoint has a scheme that is neither http nor https",
            URL,
        ),
        (with("IngestionEndpoint=https://"), "IngestionEndpoint has no host", URL),
        (with("IngestionEndpoint=https://s3cret@h"), "IngestionEndpoint holds a user or password", URL),
        (with("IngestionEndpoint=https://h:0"), "IngestionEndpoint has no port from 1 to 65535", URL),
        (with("IngestionEndpoint=https://h h"), "IngestionEndpoint holds a blank", URL),
        (with("LiveEndpoint=https://h\u{e4}"), "LiveEndpoint is not a URL", URL),
        (with("LiveEndpoint=https://[x]"), "LiveEndpoint has no valid address in its brackets", URL),
        (
            with("IngestionEndpoint=https://h/?s3cret=x"),
            "IngestionEndpoint has a query or a fragment",
            "remove the part from the ? or # on",
        ),
        (
            with("LiveEndpoint=https://h/#s3cret"),
            "LiveEndpoint has a query or a fragment",
            "remove the part from the ? or # on",
        ),
        (with("EndpointSuffix=https://s3cret"), SUFFIX, NAME),
        (with("EndpointSuffix=."), SUFFIX, NAME),
        (with("EndpointSuffix=a..b"), SUFFIX, NAME),
        (with("EndpointSuffix=a/b"), SUFFIX, NAME),
        (
            with("EndpointSuffix=a.b;Location=west europe"),
            "Location is not a word of letters and digits",
            LOCATION,
        ),
        (with("EndpointSuffix=a.b;Location=a.b"), "Location is not a word of letters and digits", LOCATION),
    ] {
        let complaint = told(parse(&text).expect_err(&text));
        assert_eq!(complaint, (what.to_owned(), hint.to_owned()), "{text}");
    }
}

#[test]
fn a_key_alone() {
    assert_eq!(of_key(&KEY[19..]).expect("a key").connection, read(KEY));
    assert_eq!(
        told(of_key(KEY).expect_err("a string")),
        (
            "is no instrumentation key".to_owned(),
            "a connection string belongs in APPLICATIONINSIGHTS_CONNECTION_STRING".to_owned()
        )
    );
}
