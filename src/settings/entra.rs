//! Tokens of Entra ID: for which destinations, and by which credential.

use super::azure_otlp;
use super::credential::{self, ChosenCredential, CredentialSettings};
use super::notes::Notes;
use super::origin::Layers;
use super::read::Variables;
use super::{Complaint, EntraSettings, Protocol};
use crate::error::Error;

const AUTHENTICATION: &str = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";
const CREDENTIAL: &str = "OTEL_RUN_AZURE_CREDENTIAL";

/// The credential, with what was said about it.
pub(super) fn taken(
    variable: &str,
    chosen: Result<ChosenCredential, Complaint>,
    layers: &Layers,
    notes: &mut Notes,
) -> Result<Option<CredentialSettings>, Error> {
    let ChosenCredential { credential, warnings, .. } = chosen.map_err(|Complaint { what, hint }| Error {
        hint,
        ..Error::usage(format!("{variable}: {what}")).from(layers.origin(variable))
    })?;
    for warning in warnings {
        notes.warn(Error::usage(format!("{variable}: {warning}")).from(layers.origin(variable)));
    }
    Ok(credential)
}

/// The credential that was named, else the one of the authentication string. What is written
/// there is of no use without its details, so what is missing is an error.
pub(super) fn credential(
    variables: &Variables,
    layers: &Layers,
    notes: &mut Notes,
) -> Result<Option<CredentialSettings>, Error> {
    let string = variables.insights.authentication_string.as_ref();
    let (variable, chosen) = match (&variables.own.azure_credential, string) {
        (Some(name), _) => (CREDENTIAL, credential::by_name(name, &layers.environment)),
        (None, Some(string)) => {
            (AUTHENTICATION, credential::by_authentication_string(string.reveal(), &layers.environment))
        }
        (None, None) => return Ok(None),
    };
    taken(variable, chosen, layers, notes)
}

/// What the requests of an OTLP destination carry. `ours`: the URL was made from the short form.
pub(super) fn for_otlp(
    url: &str,
    protocol: Protocol,
    ours: bool,
    variables: &Variables,
    layers: &Layers,
    notes: &mut Notes,
) -> Result<Option<EntraSettings>, Error> {
    const AUTH: &str = "OTEL_RUN_OTLP_AUTH";
    let wanted = match variables.own.otlp_auth.as_deref() {
        Some(said) => said == "entra",
        None => ours,
    };
    if !wanted {
        return Ok(None);
    }
    let (variable, needs) = if ours {
        (azure_otlp::VARIABLE, "Azure Monitor takes")
    } else {
        (AUTH, "tokens of Entra ID go with")
    };
    let refuse = |what: String| Error::usage(format!("{variable}: {what}")).from(layers.origin(variable));
    let fits = if ours { protocol == Protocol::HttpProtobuf } else { protocol != Protocol::Grpc };
    if !fits {
        let what = format!("{needs} http/protobuf, and the protocol is {}", protocol.name());
        return Err(refuse(what).hint("set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or leave it unset"));
    }
    if azure_otlp::would_leak(url) {
        let what = "the endpoint would get our token without TLS".to_owned();
        return Err(refuse(what).hint("write https:// before the endpoint's host"));
    }
    let credential = match credential(variables, layers, notes)? {
        Some(credential) => credential,
        None if variables.own.azure_credential.is_some() => {
            return Err(refuse("there is no credential: OTEL_RUN_AZURE_CREDENTIAL is none".to_owned())
                .hint("name another one, or set OTEL_RUN_OTLP_AUTH=none"));
        }
        None => match taken(variable, credential::by_name("auto", &layers.environment), layers, notes)? {
            Some(credential) => credential,
            None => return Ok(None),
        },
    };
    let audience = variables.own.otlp_audience.clone().unwrap_or_else(|| azure_otlp::audience(url));
    Ok(Some(EntraSettings { credential, audience }))
}
