//! The one place that makes HTTP clients, and decides whom they trust.
//!
//! TLS 1.2 or newer, rustls with ring. Trusted are the authorities of a given file, else
//! those of the platform (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured), else, where the
//! platform has none (an empty root folder), the bundled ones.

use super::reply_first::Connector;
use super::resolve::Resolver;
use super::way::Way;
use crate::error::Error;
use crate::notice;
use crate::settings::ProxySettings;
use hyper::body::{Body, Buf};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// An HTTP client with a pool of connections.
pub(super) type Client<B> = legacy::Client<HttpsConnector<Way>, B>;

/// Longest time for a TCP connection, all addresses of the host together.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection on which sent bytes stay unanswered for so long is dead.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Files that say whom to trust and who we are.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    /// PEM file with the authorities to trust, instead of the platform's.
    pub(super) authorities: Option<PathBuf>,
    /// PEM files with our certificate chain and its private key: both or neither.
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    /// For `http://` by prior knowledge, for `https://` by ALPN.
    Http2,
}

/// Makes a client for `http://` and `https://` URLs. `tls` is `None` when only the first is needed.
/// What `proxy` covers goes through it.
pub(super) fn client<B>(
    version: Version,
    tls: Option<ClientConfig>,
    proxy: Option<&ProxySettings>,
) -> Client<B>
where
    B: Body + Send + 'static + Unpin,
    B::Data: Send + Buf,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut tcp = HttpConnector::new_with_resolver(Resolver::new());
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_keepalive(Some(Duration::from_secs(60)));
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    let tls = tls.unwrap_or_else(|| without_client_auth(RootCertStore::empty()));
    let straight = Connector { tcp, reply_first: version == Version::Http1 };
    // A proxy is a server like others: trusted are the platform's authorities.
    let to_proxy = match proxy.filter(|proxy| proxy.tls).map(|_| self::tls(&Identity::default(), true)) {
        Some(Ok(tls)) => tls,
        _ => without_client_auth(RootCertStore::empty()),
    };
    let to_proxy = HttpsConnectorBuilder::new().with_tls_config(to_proxy).https_or_http().enable_http1();
    let way = Way::new(straight.clone(), proxy, to_proxy.wrap_connector(straight));
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let connector = match version {
        Version::Http1 => connector.enable_http1().wrap_connector(way),
        Version::Http2 => connector.enable_http2().wrap_connector(way),
    };
    legacy::Client::builder(TokioExecutor::new())
        .http2_only(version == Version::Http2)
        .pool_max_idle_per_host(1)
        .build(connector)
}

/// The TLS settings for `identity`. Reads its files; with `platform` false (a check before
/// the start) the platform's roots are left alone, because nothing in them can be our error.
pub(super) fn tls(identity: &Identity, platform: bool) -> Result<ClientConfig, Error> {
    let roots = match &identity.authorities {
        Some(file) => Arc::new(authorities(file)?),
        None if platform => platform_roots(),
        None => Arc::new(RootCertStore::empty()),
    };
    let (certificate, key) = match (&identity.certificate, &identity.key) {
        (None, None) => return Ok(without_client_auth(roots)),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(certificate), None) => {
            return Err(Error::usage(format!(
                "client certificate {} is given without its private key",
                certificate.display()
            ))
            .hint("set OTEL_EXPORTER_OTLP_CLIENT_KEY to the PEM file of the key"));
        }
        (None, Some(key)) => {
            return Err(Error::usage(format!(
                "client key {} is given without its certificate",
                key.display()
            ))
            .hint("set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE to the PEM file of the certificate"));
        }
    };
    let chain = certificates(certificate)?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| {
        Error::usage(format!("no private key in {}", key.display()))
            .hint("the file must hold an unencrypted private key in PEM form")
    })?;
    builder(roots).with_client_auth_cert(chain, secret).map_err(|e| {
        Error::usage(format!("client certificate {} cannot be used: {e}", certificate.display()))
            .hint(format!("is {} its private key?", key.display()))
    })
}

fn without_client_auth(roots: impl Into<Arc<RootCertStore>>) -> ClientConfig {
    builder(roots).with_no_client_auth()
}

fn builder(
    roots: impl Into<Arc<RootCertStore>>,
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        // Ring's provider has suites for both versions; nothing from outside takes part.
        .expect("TLS 1.2 and 1.3 with ring")
        .with_root_certificates(roots)
}

fn authorities(file: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|e| {
            Error::usage(format!("certificate in {} cannot be trusted: {e}", file.display()))
                .hint("the file must hold the certificates of authorities in PEM form")
        })?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let broken = |what: &str| {
        Error::usage(format!("{what} in {}", file.display()))
            .hint("the file must hold certificates in PEM form (-----BEGIN CERTIFICATE-----)")
    };
    let certificates = CertificateDer::pem_slice_iter(&read(file)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| broken("broken certificate"))?;
    if certificates.is_empty() { Err(broken("no certificate")) } else { Ok(certificates) }
}

/// Certificate files are small; what is larger is something else.
const LARGEST_FILE: u64 = 4 << 20;

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(file).and_then(|f| f.take(LARGEST_FILE).read_to_end(&mut bytes)).map_err(|e| {
        let why = match e.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            other => other.to_string(),
        };
        Error::usage(format!("cannot read {}: {why}", file.display()))
    })?;
    Ok(bytes)
}

/// Read once: three signals need them, and there may be hundreds.
fn platform_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    ROOTS
        .get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            let (added, _) = roots.add_parsable_certificates(found.certs);
            if added == 0 {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                let why = found.errors.first().map(|e| format!(" ({e})")).unwrap_or_default();
                notice::info(
                    "tls-roots",
                    &format!("no trusted certificates on this machine{why}: using the built-in ones"),
                );
            }
            Arc::new(roots)
        })
        .clone()
}
