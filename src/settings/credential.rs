//! Which credential gets Entra ID tokens, and what the environment says about it.
//!
//! The names of the variables are those that every Azure SDK reads. They belong to the
//! program as much as to us, and stay in its environment.

use super::Secret;
use super::endpoint::Endpoint;
use super::kind::{Complaint, quoted};
use super::origin::mask_url;
use crate::environment::Environment;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Which credential gets Entra tokens, with everything that it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialSettings {
    ClientSecret {
        application: Application,
        secret: Secret,
    },
    ClientCertificate {
        application: Application,
        /// PEM: the certificate and its unencrypted RSA key.
        file: PathBuf,
        /// The certificates behind ours go along, for trust by subject name and issuer.
        send_chain: bool,
    },
    /// Federation: the platform writes a token of its own into a file, and Entra takes it for ours.
    WorkloadIdentity {
        application: Application,
        file: PathBuf,
    },
    ManagedIdentity {
        host: IdentityHost,
        identity: Identity,
    },
    /// `az account get-access-token`, for development.
    AzureCli {
        tenant: Option<String>,
    },
    /// `azd auth token`, for development.
    AzureDeveloperCli {
        tenant: Option<String>,
    },
}

/// An application that is registered with Entra.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Base URL without a slash at its end.
    pub authority: String,
    /// Id or domain.
    pub tenant: String,
    pub client: String,
}

/// Who hands out the tokens of managed identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdentityHost {
    /// App Service, Functions, Container Apps.
    AppService {
        endpoint: String,
        header: Secret,
    },
    /// A server outside Azure with the Connected Machine agent.
    Arc {
        endpoint: String,
        /// The folder that the agent puts its challenges into.
        challenges: PathBuf,
    },
    /// Azure Machine Learning.
    MachineLearning {
        endpoint: String,
        secret: Secret,
    },
    CloudShell {
        endpoint: String,
    },
    /// Its endpoint proves itself by the thumbprint of a certificate, which is not supported.
    ServiceFabric,
    /// The Instance Metadata Service of a virtual machine or a scale set; AKS nodes too.
    /// Base URL without a slash at its end.
    VirtualMachine {
        endpoint: String,
    },
}

/// Which of a machine's managed identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    System,
    ClientId(String),
    ObjectId(String),
    ResourceId(String),
}

/// A credential, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenCredential {
    /// `None`: none is wanted.
    pub credential: Option<CredentialSettings>,
    /// Why this one.
    pub because: String,
    /// What else was found, and does not count.
    pub warnings: Vec<String>,
}

const PUBLIC_CLOUD: &str = "https://login.microsoftonline.com";
const ARC_AGENT: &str = "/opt/azcmagent/bin/himds";
const ARC_ENDPOINT: &str = "http://localhost:40342/metadata/identity/oauth2/token";
const ARC_CHALLENGES: &str = "/var/opt/azcmagent/tokens";
const METADATA_SERVICE: &str = "http://169.254.169.254";

const NAMES: [&str; 8] = [
    "auto",
    "none",
    "client_secret",
    "client_certificate",
    "workload_identity",
    "managed_identity",
    "azure_cli",
    "azure_developer_cli",
];
const HINT: &str = "use auto, client_secret, client_certificate, workload_identity, managed_identity, \
                    managed_identity:CLIENT-ID, azure_cli, azure_developer_cli or none";

/// The credential that `--azure_credential` names; its details are in the environment.
///
/// `auto` takes the first that the environment has: client secret, client certificate, workload
/// identity, and managed identity where there is none of them. Command-line tools are for
/// development and must be named.
///
/// # Errors
/// The name is not known, or a variable that the credential needs is missing or malformed.
pub fn by_name(text: &str, environment: &Environment) -> Result<ChosenCredential, Complaint> {
    let (name, identity) = match text.split_once(':') {
        Some((name, identity)) => (name.trim(), Some(identity.trim())),
        None => (text.trim(), None),
    };
    let name = name.to_ascii_lowercase().replace('-', "_");
    if identity.is_some() && name != "managed_identity" {
        return Err(Complaint::new(
            format!("{} has something behind a colon, which managed_identity alone may have", quoted(text)),
            HINT,
        ));
    }
    let variables = Variables(environment);
    let credential = match name.as_str() {
        "auto" => return automatic(&variables),
        "none" => None,
        "client_secret" => Some(variables.secret()?),
        "client_certificate" => Some(variables.certificate()?),
        "workload_identity" => Some(variables.workload()?),
        "managed_identity" => {
            let identity = match identity {
                Some(text) => Identity::parse(text)?,
                None => variables.identity(),
            };
            Some(CredentialSettings::ManagedIdentity { host: variables.host(), identity })
        }
        "azure_cli" => Some(CredentialSettings::AzureCli { tenant: variables.tenant()? }),
        "azure_developer_cli" => Some(CredentialSettings::AzureDeveloperCli { tenant: variables.tenant()? }),
        _ => {
            let near = super::suggest::nearest(&name, NAMES).map(|near| format!("did you mean {near}? "));
            return Err(Complaint::new(
                format!("{} is not a credential that otel-run knows", quoted(text)),
                format!("{}{HINT}", near.unwrap_or_default()),
            ));
        }
    };
    Ok(ChosenCredential { credential, because: "it was named".to_owned(), warnings: Vec::new() })
}

/// The credential of an authentication string (`APPLICATIONINSIGHTS_AUTHENTICATION_STRING`):
/// `Authorization=AAD` is the machine's own identity, with `ClientId` one that was assigned to
/// it. Keys and `AAD` in any case.
///
/// # Errors
/// Another kind of authorization, or something that is no pair of key and value.
pub fn by_authentication_string(
    text: &str,
    environment: &Environment,
) -> Result<ChosenCredential, Complaint> {
    const HINT: &str =
        "write Authorization=AAD, or Authorization=AAD;ClientId=ID for a user-assigned identity";
    let (mut authorization, mut identity, mut warnings) = (None, Identity::System, Vec::new());
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            // Not repeated: who knows what it is.
            return Err(Complaint::new("a part of it has no \"=\"".to_owned(), HINT));
        };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value),
            "clientid" if !value.is_empty() => identity = Identity::ClientId(value.to_owned()),
            "clientid" => {}
            "clientsecret" => warnings.push(
                "ClientSecret does not count: use --azure_credential client_secret with AZURE_TENANT_ID, \
                 AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
                    .to_owned(),
            ),
            other => warnings.push(format!("the key {} is not known", quoted(other))),
        }
    }
    match authorization {
        Some(kind) if kind.eq_ignore_ascii_case("aad") => {}
        Some(_) => return Err(Complaint::new("its Authorization is not AAD".to_owned(), HINT)),
        None => return Err(Complaint::new("it has no Authorization".to_owned(), HINT)),
    }
    let host = Variables(environment).host();
    Ok(ChosenCredential {
        credential: Some(CredentialSettings::ManagedIdentity { host, identity }),
        because: "the authentication string says so".to_owned(),
        warnings,
    })
}

fn automatic(variables: &Variables<'_>) -> Result<ChosenCredential, Complaint> {
    let mut warnings = Vec::new();
    for variable in ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"] {
        if variables.get(variable).is_none() {
            continue;
        }
        let missing: Vec<_> = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"]
            .into_iter()
            .filter(|needed| variables.get(needed).is_none())
            .collect();
        if !missing.is_empty() {
            warnings.push(format!("{variable} does not count without {}", missing.join(" and ")));
            continue;
        }
        let credential = match variable {
            "AZURE_CLIENT_SECRET" => variables.secret()?,
            "AZURE_CLIENT_CERTIFICATE_PATH" => variables.certificate()?,
            _ => variables.workload()?,
        };
        return Ok(ChosenCredential {
            credential: Some(credential),
            because: format!("{variable} is set"),
            warnings,
        });
    }
    let (host, identity) = (variables.host(), variables.identity());
    let because = match host.variable() {
        Some(variable) => format!("{variable} is set"),
        None => "the environment has no other credential".to_owned(),
    };
    let credential = Some(CredentialSettings::ManagedIdentity { host, identity });
    Ok(ChosenCredential { credential, because, warnings })
}

impl IdentityHost {
    /// The variable that tells of it.
    fn variable(&self) -> Option<&'static str> {
        match self {
            IdentityHost::AppService { .. } | IdentityHost::ServiceFabric => Some("IDENTITY_ENDPOINT"),
            IdentityHost::MachineLearning { .. } | IdentityHost::CloudShell { .. } => Some("MSI_ENDPOINT"),
            IdentityHost::Arc { .. } | IdentityHost::VirtualMachine { .. } => None,
        }
    }
}

impl Identity {
    /// `CLIENT-ID`, `client_id=…`, `object_id=…`, `resource_id=…`, or a resource id by itself.
    fn parse(text: &str) -> Result<Identity, Complaint> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key.trim().to_ascii_lowercase(), value.trim()),
            None if text.starts_with('/') => ("resource_id".to_owned(), text),
            None => ("client_id".to_owned(), text),
        };
        let value = value.to_owned();
        match key.as_str() {
            _ if value.is_empty() || value.contains(char::is_whitespace) => {}
            "client_id" => return Ok(Identity::ClientId(value)),
            "object_id" | "principal_id" => return Ok(Identity::ObjectId(value)),
            "resource_id" | "msi_res_id" | "mi_res_id" => return Ok(Identity::ResourceId(value)),
            _ => {}
        }
        Err(Complaint::new(
            format!("{} is no managed identity", quoted(text)),
            "use managed_identity:CLIENT-ID, managed_identity:object_id=ID or managed_identity:resource_id=/subscriptions/...",
        ))
    }
}

struct Variables<'a>(&'a Environment);

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.setting(name)
    }

    fn needed(&self, name: &str) -> Result<&str, Complaint> {
        self.get(name).ok_or_else(|| {
            Complaint::new(format!("{name} is not set"), "this credential needs it in the environment")
        })
    }

    fn path(&self, name: &str) -> Result<PathBuf, Complaint> {
        self.needed(name).map(PathBuf::from)
    }

    fn application(&self) -> Result<Application, Complaint> {
        let _ = self.needed("AZURE_TENANT_ID")?;
        Ok(Application {
            authority: self.authority()?,
            tenant: self.tenant()?.unwrap_or_default(),
            client: self.needed("AZURE_CLIENT_ID")?.to_owned(),
        })
    }

    /// A tenant becomes a part of a path and of a command line.
    fn tenant(&self) -> Result<Option<String>, Complaint> {
        match self.get("AZURE_TENANT_ID") {
            None => Ok(None),
            Some(tenant)
                if tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
                    && !tenant.starts_with(['-', '.']) =>
            {
                Ok(Some(tenant.to_owned()))
            }
            Some(tenant) => Err(Complaint::new(
                format!("AZURE_TENANT_ID: {} is no tenant", quoted(tenant)),
                "use its id or its domain, such as contoso.onmicrosoft.com",
            )),
        }
    }

    /// Secrets go there: without TLS to this machine alone.
    fn authority(&self) -> Result<String, Complaint> {
        let Some(text) = self.get("AZURE_AUTHORITY_HOST") else { return Ok(PUBLIC_CLOUD.to_owned()) };
        let broken = |why: &str| {
            Complaint::new(
                format!("AZURE_AUTHORITY_HOST: {} {why}", quoted(&mask_url(text))),
                format!("use the base URL of the cloud's authority, such as {PUBLIC_CLOUD}"),
            )
        };
        let Endpoint { scheme, authority, path, .. } = Endpoint::parse(text).map_err(broken)?;
        let base = format!("{}://{authority}{}", scheme.unwrap_or("https"), path.trim_end_matches('/'));
        let uri: http::Uri = base.parse().map_err(|_| broken("is not a URL"))?;
        match (scheme, uri.host()) {
            (None | Some("https"), _) | (_, Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(base),
            _ => Err(broken("would get our secret without TLS")),
        }
    }

    fn secret(&self) -> Result<CredentialSettings, Complaint> {
        let secret = Secret::new(self.needed("AZURE_CLIENT_SECRET")?);
        Ok(CredentialSettings::ClientSecret { application: self.application()?, secret })
    }

    fn certificate(&self) -> Result<CredentialSettings, Complaint> {
        let send_chain = self
            .get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")
            .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
        let file = self.path("AZURE_CLIENT_CERTIFICATE_PATH")?;
        Ok(CredentialSettings::ClientCertificate { application: self.application()?, file, send_chain })
    }

    fn workload(&self) -> Result<CredentialSettings, Complaint> {
        let file = self.path("AZURE_FEDERATED_TOKEN_FILE")?;
        Ok(CredentialSettings::WorkloadIdentity { application: self.application()?, file })
    }

    /// Who hands out tokens here, told as the Azure SDKs tell it.
    fn host(&self) -> IdentityHost {
        let secret = |name| self.get(name).map(Secret::new);
        if let Some(endpoint) = self.get("IDENTITY_ENDPOINT") {
            let endpoint = endpoint.to_owned();
            if let Some(header) = secret("IDENTITY_HEADER") {
                return match self.get("IDENTITY_SERVER_THUMBPRINT") {
                    Some(_) => IdentityHost::ServiceFabric,
                    None => IdentityHost::AppService { endpoint, header },
                };
            }
            if self.get("IMDS_ENDPOINT").is_some() {
                return IdentityHost::Arc { endpoint, challenges: ARC_CHALLENGES.into() };
            }
        }
        if let Some(endpoint) = self.get("MSI_ENDPOINT") {
            let endpoint = endpoint.to_owned();
            return match secret("MSI_SECRET") {
                Some(secret) => IdentityHost::MachineLearning { endpoint, secret },
                None => IdentityHost::CloudShell { endpoint },
            };
        }
        if Path::new(ARC_AGENT).exists() {
            return IdentityHost::Arc {
                endpoint: ARC_ENDPOINT.to_owned(),
                challenges: ARC_CHALLENGES.into(),
            };
        }
        let endpoint = self.get("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or(METADATA_SERVICE);
        IdentityHost::VirtualMachine { endpoint: endpoint.trim_end_matches('/').to_owned() }
    }

    /// `AZURE_CLIENT_ID` alone names a user-assigned identity.
    fn identity(&self) -> Identity {
        self.get("AZURE_CLIENT_ID").map_or(Identity::System, |id| Identity::ClientId(id.to_owned()))
    }
}

#[cfg(test)]
mod tests;
