//! Where tokens come from, by the settings.

use super::Cause;
use super::authority::{self, Authority, Proof};
use super::grant::Grant;
use super::keeper::Fetch;
use super::managed::{self, Managed};
use super::tool::Tool;
use crate::settings::{Application, CredentialSettings, ProxySettings};

#[derive(Debug)]
pub(super) struct Source {
    name: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Authority(Box<Authority>),
    Managed(Managed),
    Tool(Tool),
}

impl Source {
    pub(super) fn new(
        settings: &CredentialSettings,
        audience: &str,
        proxy: Option<&ProxySettings>,
    ) -> Source {
        let asked = |application: &Application, proof| {
            Way::Authority(Box::new(Authority::new(application.clone(), proof, audience, proxy)))
        };
        let way = match settings {
            CredentialSettings::ClientSecret { application, secret } => {
                asked(application, Proof::Secret(secret.clone()))
            }
            CredentialSettings::ClientCertificate { application, file, send_chain } => {
                asked(application, Proof::Certificate { file: file.clone(), send_chain: *send_chain })
            }
            CredentialSettings::WorkloadIdentity { application, file } => {
                asked(application, Proof::Federated(file.clone()))
            }
            CredentialSettings::ManagedIdentity { host, identity } => {
                Way::Managed(Managed::new(host.clone(), identity.clone(), audience))
            }
            CredentialSettings::AzureCli { tenant } => {
                Way::Tool(Tool::azure_cli(tenant.as_deref(), audience))
            }
            CredentialSettings::AzureDeveloperCli { tenant } => {
                Way::Tool(Tool::azure_developer_cli(tenant.as_deref(), audience))
            }
        };
        Source { name: name(settings), way }
    }
}

impl Fetch for Source {
    fn name(&self) -> &str {
        &self.name
    }

    async fn fetch(&self) -> Result<Grant, Cause> {
        match &self.way {
            Way::Authority(authority) => authority.fetch().await,
            Way::Managed(managed) => managed.fetch().await,
            Way::Tool(tool) => tool.fetch().await,
        }
    }
}

fn name(settings: &CredentialSettings) -> String {
    match settings {
        CredentialSettings::ClientSecret { application, .. } => {
            format!("client secret ({})", authority::name(application))
        }
        CredentialSettings::ClientCertificate { application, .. } => {
            format!("client certificate ({})", authority::name(application))
        }
        CredentialSettings::WorkloadIdentity { application, .. } => {
            format!("workload identity ({})", authority::name(application))
        }
        CredentialSettings::ManagedIdentity { host, identity } => managed::name(host, identity),
        CredentialSettings::AzureCli { .. } => "Azure CLI".to_owned(),
        CredentialSettings::AzureDeveloperCli { .. } => "Azure Developer CLI".to_owned(),
    }
}
