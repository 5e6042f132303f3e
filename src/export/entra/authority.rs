//! Applications that are registered with Entra, and prove who they are: by a secret, by a
//! certificate, or by the token of somebody whom Entra trusts.
//!
//! OAuth 2.0 client credentials (RFC 6749, 4.4) with assertions (RFC 7523, 2.2).

use super::super::https::Client;
use super::Cause;
use super::assertion;
use super::grant::Grant;
use super::wire::{self, Answered, Pairs};
use crate::settings::{Application, ProxySettings, Secret};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Tokens of platforms are 1 or 2 KiB.
pub(super) const LARGEST_FILE: u64 = 64 << 10;

#[derive(Debug)]
pub(super) enum Proof {
    Secret(Secret),
    Certificate { file: PathBuf, send_chain: bool },
    Federated(PathBuf),
}

pub(super) struct Authority {
    application: Application,
    proof: Proof,
    scope: String,
    proxy: Option<ProxySettings>,
    /// Made at first use: it reads the platform's roots.
    client: OnceLock<Client<Full<Bytes>>>,
}

/// The application in messages. Neither id is secret.
pub(super) fn name(application: &Application) -> String {
    format!("application {} of tenant {}", application.client, application.tenant)
}

impl Authority {
    pub(super) fn new(
        application: Application,
        proof: Proof,
        audience: &str,
        proxy: Option<&ProxySettings>,
    ) -> Authority {
        // An audience that ends in a slash makes two of them, as Entra wants it.
        let scope = format!("{audience}/.default");
        Authority { application, proof, scope, proxy: proxy.cloned(), client: OnceLock::new() }
    }

    pub(super) async fn fetch(&self) -> Result<Grant, Cause> {
        let Application { authority, tenant, client } = &self.application;
        let url = format!("{authority}/{tenant}/oauth2/v2.0/token");
        let form = Pairs::default()
            .with("grant_type", "client_credentials")
            .with("client_id", client)
            .with("scope", &self.scope);
        let form = match &self.proof {
            Proof::Secret(secret) => form.with("client_secret", secret.reveal()),
            Proof::Certificate { file, send_chain } => {
                let pem = read(file.clone()).await?;
                let assertion = assertion::sign(&pem, file, client, &url, *send_chain, SystemTime::now())?;
                form.with("client_assertion_type", ASSERTION_TYPE).with("client_assertion", &assertion)
            }
            Proof::Federated(file) => {
                // Each time: the platform writes a new one every hour or so.
                let token = read(file.clone()).await?;
                let token = std::str::from_utf8(&token).unwrap_or_default().trim();
                if token.is_empty() {
                    return Err(Cause::Unusable {
                        what: format!("there is no token in {}", file.display()),
                        hint: None,
                    });
                }
                form.with("client_assertion_type", ASSERTION_TYPE).with("client_assertion", token)
            }
        };
        let request = Request::post(&url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Full::from(form.finish()))
            .map_err(|_| Cause::Unusable { what: format!("{authority} is no URL"), hint: None })?;
        let place = wire::place(request.uri());
        let client = self.client.get_or_init(|| wire::client(self.proxy.as_ref()));
        let Answered { status, body, .. } = wire::by(client, request).await?;
        if status.is_success() {
            return Grant::parse(&body, SystemTime::now()).map_err(|what| Cause::Malformed { place, what });
        }
        let words = wire::words(&body).map(|words| self.without_secret(words));
        let hint = words.as_deref().and_then(hint);
        Err(Cause::Refused { place, status: status.as_u16(), words, hint })
    }

    /// Whatever stands there: a secret does not get into our messages.
    fn without_secret(&self, words: String) -> String {
        match &self.proof {
            Proof::Secret(secret) => words.replace(secret.reveal(), "***"),
            Proof::Certificate { .. } | Proof::Federated(_) => words,
        }
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("application", &self.application).finish_non_exhaustive()
    }
}

/// Reads a small file, on another thread: it may lie on a file system that hangs.
pub(super) async fn read(file: PathBuf) -> Result<Vec<u8>, Cause> {
    let reading = tokio::task::spawn_blocking(move || read_now(&file, LARGEST_FILE));
    reading.await.unwrap_or(Err(Cause::Internal))
}

pub(super) fn read_now(file: &Path, largest: u64) -> Result<Vec<u8>, Cause> {
    use std::io::Read;
    let unusable = |why: &str| Cause::Unusable { what: format!("{}: {why}", file.display()), hint: None };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file);
    opened.and_then(|file| file.take(largest + 1).read_to_end(&mut bytes)).map_err(|e| {
        unusable(&match e.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            other => other.to_string(),
        })
    })?;
    if bytes.len() as u64 > largest { Err(unusable("too large for what it should be")) } else { Ok(bytes) }
}

/// What to do about the errors that one meets (Entra's `AADSTS` numbers).
fn hint(words: &str) -> Option<&'static str> {
    let number = words.strip_prefix("AADSTS")?.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(match number {
        "7000215" => "AZURE_CLIENT_SECRET must be the secret's value, not its id",
        "7000222" => "the secret has expired: make a new one for the application",
        "700016" | "7000229" => "AZURE_CLIENT_ID must be an application of the tenant AZURE_TENANT_ID",
        "90002" | "900023" => "AZURE_TENANT_ID must be the id or a domain of an existing tenant",
        "700027" => "the certificate must be among those of the application, and not expired",
        "700024" => "the assertion is not valid now: is the clock right?",
        "70021" | "700211" | "700212" | "700213" => {
            "the application needs a federated credential for this issuer, subject and audience"
        }
        "500011" | "65001" => {
            "the audience is not known in this tenant: is AADAudience right for this cloud?"
        }
        _ => return None,
    })
}
