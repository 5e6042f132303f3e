//! What is found wrong before the target is started, word by word.

use super::*;
use crate::support::certificates::Authority;
use otel_run::export::otlp::check;

fn text(change: impl FnOnce(&mut OtlpSettings)) -> String {
    let mut settings = settings("https://collector:4318", Protocol::HttpProtobuf, Signal::Traces);
    change(&mut settings);
    let error = check(&settings).expect_err("it is wrong");
    assert_eq!(error.code, 2);
    assert!(OtlpExporter::new(Signal::Traces, &settings).is_err());
    error.to_string()
}

#[test]
fn certificate_files() {
    let authority = Authority::new();
    let (pair, other) = (authority.issue("client"), authority.issue("other"));
    let certificate = authority.write("client.pem", &pair.certificate);
    let key = authority.write("client.key", &pair.key);
    let other_key = authority.write("other.key", &other.key);
    let absent = certificate.with_file_name("absent.pem");
    let broken = authority.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let empty = authority.write("empty.pem", "");
    let no_der =
        authority.write("no-der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let folder = certificate.parent().expect("a folder").to_owned();
    let pem = "\n  hint: the file must hold certificates in PEM form (-----BEGIN CERTIFICATE-----)";
    for (path, expected) in [
        (&absent, format!("cannot read {}: no such file", absent.display())),
        (&folder, format!("cannot read {}: is a directory", folder.display())),
        (&empty, format!("no certificate in {}{pem}", empty.display())),
        (&key, format!("no certificate in {}{pem}", key.display())),
        (&broken, format!("broken certificate in {}{pem}", broken.display())),
        (
            &no_der,
            format!(
                "certificate in {} cannot be trusted: invalid peer certificate: BadEncoding\n  hint: the file must \
                 hold the certificates of authorities in PEM form",
                no_der.display()
            ),
        ),
    ] {
        assert_eq!(text(|settings| settings.certificate = Some(path.clone())), expected);
    }
    assert_eq!(
        text(|settings| settings.client_certificate = Some(certificate.clone())),
        format!(
            "client certificate {} is given without its private key\n  hint: set OTEL_EXPORTER_OTLP_CLIENT_KEY to \
             the PEM file of the key",
            certificate.display()
        )
    );
    assert_eq!(
        text(|settings| settings.client_key = Some(key.clone())),
        format!(
            "client key {} is given without its certificate\n  hint: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE to \
             the PEM file of the certificate",
            key.display()
        )
    );
    let with_key = |path: &std::path::PathBuf| {
        text(|settings| {
            settings.client_certificate = Some(certificate.clone());
            settings.client_key = Some(path.clone());
        })
    };
    assert_eq!(
        with_key(&certificate),
        format!(
            "no private key in {}\n  hint: the file must hold an unencrypted private key in PEM form",
            certificate.display()
        )
    );
    assert_eq!(
        with_key(&other_key),
        format!(
            "client certificate {} cannot be used: keys may not be consistent: KeyMismatch\n  hint: is {} its private \
             key?",
            certificate.display(),
            other_key.display()
        )
    );
    assert_eq!(
        check(&OtlpSettings {
            certificate: Some(authority.file()),
            client_certificate: Some(certificate),
            client_key: Some(key),
            ..settings("https://collector:4318", Protocol::Grpc, Signal::Traces)
        }),
        Ok(())
    );
}

#[test]
fn endpoints() {
    let hint = "\n  hint: an OTLP endpoint looks like http://localhost:4318 or https://host:port/path";
    for (url, expected) in [
        ("localhost:4318", "OTLP endpoint without http:// or https://: localhost:4318"),
        ("ftp://host/", "OTLP endpoint without http:// or https://: ftp://host/"),
        ("http://", "malformed OTLP endpoint: http://"),
        ("http://:4318", "OTLP endpoint without a host: http://:4318"),
        ("http://a b", "malformed OTLP endpoint: http://a b"),
        ("", "malformed OTLP endpoint: "),
    ] {
        assert_eq!(text(|settings| settings.url = url.to_owned()), format!("{expected}{hint}"));
    }
}

#[test]
fn headers() {
    let hint = "\n  hint: OTEL_EXPORTER_OTLP_HEADERS is a list of name=value, percent-encoded";
    for (name, value, expected) in [
        ("a b", "x", "the name of the OTLP header \"a b\" is not allowed"),
        ("", "x", "the name of the OTLP header \"\" is not allowed"),
        ("key", "s3cret\r\nevil: 1", "the value of the OTLP header \"key\" is not allowed"),
    ] {
        let text = text(|settings| settings.headers = vec![(name.to_owned(), Secret::new(value))]);
        assert_eq!(text, format!("{expected}{hint}"));
    }
}
