//! A statement that we are the owner of a certificate: a JSON Web Token, signed with RS256.

use super::Cause;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Good for one request, with room for clocks that differ.
const LIFETIME: Duration = Duration::from_secs(600);

const PEM: &str = "the file must hold a certificate and its unencrypted RSA key in PEM form \
                   (openssl pkcs12 -in file.pfx -nodes -out file.pem makes it of a PFX file)";

/// Signs for `audience`, the URL of the token endpoint.
pub(super) fn sign(
    pem: &[u8],
    file: &Path,
    client: &str,
    audience: &str,
    send_chain: bool,
    now: SystemTime,
) -> Result<String, Cause> {
    let unusable = |what: &str| Cause::unusable(format!("{what} in {}", file.display()), PEM);
    let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| unusable("broken certificate"))?;
    let ours = chain.first().ok_or_else(|| unusable("no certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|e| match e {
        pem::Error::NoItemsFound if is_encrypted(pem) => unusable("only an encrypted key"),
        _ => unusable("no private key"),
    })?;
    let key = match &key {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(unusable("a key that is not RSA")),
    }
    .map_err(|_| unusable("a key that is not RSA, or broken"))?;

    let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, ours);
    let mut header = json!({ "alg": "RS256", "typ": "JWT", "x5t": base64(thumbprint.as_ref()) });
    if send_chain {
        header["x5c"] = chain.iter().map(|certificate| BASE64_STANDARD.encode(certificate)).collect();
    }
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let claims = json!({
        "aud": audience,
        "iss": client,
        "sub": client,
        "jti": base64(&crate::sys::random::<16>().map_err(|_| Cause::Internal)?),
        "nbf": since.saturating_sub(LIFETIME / 2).as_secs(),
        "exp": (since + LIFETIME).as_secs(),
    });
    let mut token =
        format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
        .map_err(|_| Cause::Internal)?;
    token.push('.');
    token.push_str(&base64(&signature));
    Ok(token)
}

fn is_encrypted(pem: &[u8]) -> bool {
    const LABEL: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
    pem.windows(LABEL.len()).any(|window| window == LABEL)
}
