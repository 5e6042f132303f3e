//! Registered applications: secret, certificate, federation.

use super::*;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use std::path::{Path, PathBuf};

/// A certificate and its RSA key, as `openssl req -x509 -newkey rsa:2048 -nodes` makes them.
const PEM: &str = include_str!("application.pem");
/// What `openssl x509 -fingerprint -sha1` says of it.
const FINGERPRINT: &str = "24:92:5D:34:FE:FD:D9:7A:F4:39:46:A3:A7:BB:58:DC:43:50:95:40";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn assert_asked_well(asked: &Asked) {
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/contoso.com/oauth2/v2.0/token"));
    assert_eq!(asked.query, []);
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    assert_eq!(asked.headers, owned(&headers));
}

#[tokio::test]
async fn client_secret() {
    let tokens = Tokens::start(|_, _| Reply::token("t1", 3600));
    let credential = credential(&secret(&tokens));
    assert_eq!(credential.name(), "client secret (application client-1 of tenant contoso.com)");
    assert_eq!(text(&credential.token().await.expect("a token")), "Bearer t1");
    assert_eq!(text(&credential.token().await.expect("the same one")), "Bearer t1");
    let [asked] = &tokens.asked()[..] else { panic!("{:?}", tokens.asked()) };
    assert_asked_well(asked);
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", "client-1"),
        // With both slashes: the audience has one of its own.
        ("scope", "https://monitor.azure.com//.default"),
        ("client_secret", "s3cr&t"),
    ];
    assert_eq!(asked.form, owned(&expected));
}

#[tokio::test]
async fn the_audience_is_taken_as_it_is() {
    let tokens = Tokens::start(|_, _| Reply::token("t1", 3600));
    for (audience, scope) in [
        ("https://monitor.azure.com", "https://monitor.azure.com/.default"),
        ("https://monitor.azure.us/", "https://monitor.azure.us//.default"),
        ("api://x", "api://x/.default"),
    ] {
        Credential::new(&secret(&tokens), audience, None).token().await.expect("a token");
        assert_eq!(
            tokens.asked().last().map(|asked| asked.of_form("scope").to_owned()),
            Some(scope.to_owned())
        );
    }
}

/// The file is written anew by the platform, and read anew by us.
#[tokio::test]
async fn workload_identity() {
    let tokens = Tokens::start(|number, _| Reply::token(&format!("t{number}"), 3600));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "first.a.b\n").expect("written");
    let settings =
        CredentialSettings::WorkloadIdentity { application: application(&tokens), file: file.clone() };
    let credential = credential(&settings);
    let first = credential.token().await.expect("a token");
    std::fs::write(&file, "second.a.b").expect("written");
    assert!(credential.refused(&first));
    assert_eq!(text(&credential.token().await.expect("a token")), "Bearer t1");
    let asked = tokens.asked();
    for (asked, assertion) in asked.iter().zip(["first.a.b", "second.a.b"]) {
        assert_asked_well(asked);
        let expected = [
            ("grant_type", "client_credentials"),
            ("client_id", "client-1"),
            ("scope", "https://monitor.azure.com//.default"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ];
        assert_eq!(asked.form, owned(&expected));
    }
    for (content, what) in [(Some(" \n"), "there is no token in"), (None, "no such file")] {
        match content {
            Some(content) => std::fs::write(&file, content).expect("written"),
            None => std::fs::remove_file(&file).expect("removed"),
        }
        let error = super::credential(&settings).token().await.expect_err("no token");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert_eq!(tokens.asked().len(), 2);
}

fn certificate(tokens: &Tokens, file: &Path, send_chain: bool) -> CredentialSettings {
    let (application, file) = (application(tokens), file.to_owned());
    CredentialSettings::ClientCertificate { application, file, send_chain }
}

/// A signed assertion: header and claims.
fn verified(assertion: &str) -> (serde_json::Value, serde_json::Value) {
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let (signed, signature) = assertion.rsplit_once('.').expect("a signature");
    let PrivateKeyDer::Pkcs8(key) = PrivateKeyDer::from_pem_slice(PEM.as_bytes()).expect("a key") else {
        panic!("not PKCS #8");
    };
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("an RSA key");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public())
        .verify(signed.as_bytes(), &decode(signature))
        .expect("a good signature");
    let (header, claims) = signed.split_once('.').expect("two parts");
    let json = |text| serde_json::from_slice(&decode(text)).expect("JSON");
    (json(header), json(claims))
}

#[tokio::test]
async fn client_certificate() {
    let tokens = Tokens::start(|_, _| Reply::token("t1", 3600));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("application.pem");
    std::fs::write(&file, PEM).expect("written");
    let credential = credential(&certificate(&tokens, &file, false));
    let first = credential.token().await.expect("a token");
    assert!(credential.refused(&first));
    credential.token().await.expect("a token");

    let thumbprint: Vec<u8> =
        FINGERPRINT.split(':').map(|hex| u8::from_str_radix(hex, 16).expect("hexadecimal")).collect();
    let mut numbers = Vec::new();
    for asked in tokens.asked() {
        assert_asked_well(&asked);
        assert_eq!(asked.of_form("client_assertion_type"), ASSERTION_TYPE);
        assert_eq!(asked.of_form("client_secret"), "");
        let (header, claims) = verified(asked.of_form("client_assertion"));
        let x5t = BASE64_URL_SAFE_NO_PAD.encode(&thumbprint);
        assert_eq!(header, serde_json::json!({ "alg": "RS256", "typ": "JWT", "x5t": x5t }));
        assert_eq!(claims["aud"], format!("{}/contoso.com/oauth2/v2.0/token", tokens.url()));
        assert_eq!((&claims["iss"], &claims["sub"]), (&"client-1".into(), &"client-1".into()));
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
        let [from, to] = ["nbf", "exp"].map(|name| claims[name].as_u64().expect("a number"));
        assert!(from < now && now < to && to - from <= 3600, "{from} {now} {to}");
        numbers.push(claims["jti"].clone());
    }
    assert!(numbers.len() == 2 && numbers[0] != numbers[1], "{numbers:?}");

    super::credential(&certificate(&tokens, &file, true)).token().await.expect("a token");
    let asked = tokens.asked();
    let (header, _) = verified(asked[2].of_form("client_assertion"));
    let der: String = PEM.lines().skip(1).take_while(|line| !line.starts_with("-----END")).collect();
    assert!(BASE64_STANDARD.decode(&der).is_ok());
    assert_eq!(header["x5c"], serde_json::json!([der]));
}

#[tokio::test]
async fn certificates_that_cannot_be_used() {
    let tokens = Tokens::start(|_, _| Reply::token("t1", 3600));
    let folder = tempfile::tempdir().expect("a folder");
    let (chain, key) = PEM.split_at(PEM.find("-----BEGIN PRIVATE KEY").expect("a key"));
    let elliptic = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (name, content, what) in [
        ("empty", String::new(), "no certificate in"),
        ("binary", "0\u{82}\u{3}\u{1}".to_owned(), "no certificate in"),
        ("key", key.to_owned(), "no certificate in"),
        ("certificate", chain.to_owned(), "no private key in"),
        ("encrypted", format!("{chain}{encrypted}"), "only an encrypted key in"),
        ("elliptic", format!("{chain}{elliptic}"), "a key that is not RSA"),
        ("broken", chain.replace("MII", "!!!") + key, "broken certificate in"),
        ("large", "x".repeat(1 << 20), "too large"),
    ] {
        let file: PathBuf = folder.path().join(name);
        std::fs::write(&file, content).expect("written");
        let error = credential(&certificate(&tokens, &file, false)).token().await.expect_err(name);
        assert!(error.to_string().contains(what), "{name}: {error}");
    }
    assert_eq!(tokens.asked().len(), 0);
}
