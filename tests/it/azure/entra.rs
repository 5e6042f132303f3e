//! Tokens of Entra ID, of every source, against a stand-in for whoever hands them out.

#[path = "entra/application.rs"]
mod application;
#[path = "entra/faults.rs"]
mod faults;
#[path = "entra/machine.rs"]
mod machine;
#[path = "entra/tools.rs"]
mod tools;

use crate::support::tokens::{Asked, Reply, Tokens};
use otel_run::export::entra::{Bearer, Credential, TokenError};
use otel_run::settings::{Application, CredentialSettings, Identity, IdentityHost, Secret};

/// The usual one, with its slash.
const AUDIENCE: &str = "https://monitor.azure.com/";

fn credential(settings: &CredentialSettings) -> Credential {
    Credential::new(settings, AUDIENCE, None)
}

fn application(tokens: &Tokens) -> Application {
    Application { authority: tokens.url(), tenant: "contoso.com".to_owned(), client: "client-1".to_owned() }
}

fn secret(tokens: &Tokens) -> CredentialSettings {
    CredentialSettings::ClientSecret { application: application(tokens), secret: Secret::new("s3cr&t") }
}

fn text(bearer: &Bearer) -> String {
    bearer.header().to_str().expect("text").to_owned()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
