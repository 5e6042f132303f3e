//! Identities that the platform gives to a machine, and whose tokens it hands out on the
//! machine itself.

use super::grant::Grant;
use super::wire::{self, Answered, Asked, Pairs};
use super::{Cause, challenge};
use crate::settings::{Identity, IdentityHost};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use std::time::SystemTime;

const PATH: &str = "/metadata/identity/oauth2/token";

#[derive(Debug)]
pub(super) struct Managed {
    host: IdentityHost,
    identity: Identity,
    audience: String,
}

/// What the platforms differ in.
struct Dialect<'a> {
    endpoint: String,
    version: Option<&'static str>,
    header: (&'static str, &'a str),
    /// Names of `client_id`, object id and resource id; `None`: there are no user-assigned ones.
    names: Option<[&'static str; 3]>,
}

pub(super) fn name(host: &IdentityHost, identity: &Identity) -> String {
    let host = match host {
        IdentityHost::AppService { .. } => "App Service",
        IdentityHost::Arc { .. } => "Azure Arc",
        IdentityHost::MachineLearning { .. } => "Azure Machine Learning",
        IdentityHost::CloudShell { .. } => "Cloud Shell",
        IdentityHost::ServiceFabric => "Service Fabric",
        IdentityHost::VirtualMachine { .. } => "virtual machine",
    };
    match identity {
        Identity::System => format!("managed identity ({host})"),
        Identity::ClientId(id) | Identity::ObjectId(id) | Identity::ResourceId(id) => {
            format!("managed identity {id} ({host})")
        }
    }
}

impl Managed {
    pub(super) fn new(host: IdentityHost, identity: Identity, audience: &str) -> Managed {
        Managed { host, identity, audience: audience.to_owned() }
    }

    pub(super) async fn fetch(&self) -> Result<Grant, Cause> {
        let dialect = self.dialect()?;
        let request = self.request(&dialect)?;
        let uri = request.uri().clone();
        let mut answered = wire::nearby(request).await.map_err(|cause| self.explain(cause))?;
        if let IdentityHost::Arc { challenges, .. } = &self.host
            && answered.status == StatusCode::UNAUTHORIZED
        {
            let mut request = self.request(&dialect)?;
            let answer = challenge::answer(&answered.headers, challenges).await?;
            request.headers_mut().insert(http::header::AUTHORIZATION, answer);
            answered = wire::nearby(request).await?;
        }
        let place = wire::place(&uri);
        let Answered { status, body, .. } = answered;
        if status.is_success() {
            return Grant::parse(&body, SystemTime::now()).map_err(|what| Cause::Malformed { place, what });
        }
        let hint = match status.as_u16() {
            400 => Some(
                "does the machine have this identity? Another one is named by --azure_credential managed_identity:CLIENT-ID",
            ),
            403 => Some("this machine may not ask for tokens"),
            _ => None,
        };
        Err(Cause::Refused { place, status: status.as_u16(), words: wire::words(&body), hint })
    }

    fn dialect(&self) -> Result<Dialect<'_>, Cause> {
        Ok(match &self.host {
            IdentityHost::AppService { endpoint, header } => Dialect {
                endpoint: endpoint.clone(),
                version: Some("2019-08-01"),
                header: ("x-identity-header", header.reveal()),
                names: Some(["client_id", "principal_id", "mi_res_id"]),
            },
            IdentityHost::Arc { endpoint, .. } => Dialect {
                endpoint: endpoint.clone(),
                version: Some("2021-02-01"),
                header: ("metadata", "true"),
                names: None,
            },
            IdentityHost::MachineLearning { endpoint, secret } => Dialect {
                endpoint: endpoint.clone(),
                version: Some("2017-09-01"),
                header: ("secret", secret.reveal()),
                names: Some(["clientid", "principalid", "mi_res_id"]),
            },
            IdentityHost::CloudShell { endpoint } => Dialect {
                endpoint: endpoint.clone(),
                version: None,
                header: ("metadata", "true"),
                names: None,
            },
            IdentityHost::VirtualMachine { endpoint } => Dialect {
                endpoint: format!("{endpoint}{PATH}"),
                version: Some("2019-08-01"),
                header: ("metadata", "true"),
                names: Some(["client_id", "object_id", "msi_res_id"]),
            },
            IdentityHost::ServiceFabric => {
                return Err(Cause::unusable(
                    "managed identities of Service Fabric are not supported",
                    "use --azure_credential client_secret, client_certificate or workload_identity",
                ));
            }
        })
    }

    fn request(&self, dialect: &Dialect<'_>) -> Result<Asked, Cause> {
        let mut pairs = Pairs::default().with("resource", &self.audience);
        if let Some(version) = dialect.version {
            pairs = pairs.with("api-version", version);
        }
        let chosen = match &self.identity {
            Identity::System => None,
            Identity::ClientId(id) => Some((0, id)),
            Identity::ObjectId(id) => Some((1, id)),
            Identity::ResourceId(id) => Some((2, id)),
        };
        if let Some((place, id)) = chosen {
            let name = dialect.names.and_then(|names| names.get(place).copied()).ok_or_else(|| {
                Cause::unusable(
                    "there are no user-assigned identities here",
                    "use --azure_credential managed_identity, and leave AZURE_CLIENT_ID unset",
                )
            })?;
            pairs = pairs.with(name, id);
        }
        let separator = if dialect.endpoint.contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}{}", dialect.endpoint, pairs.finish());
        let broken =
            |what: &str| Cause::Unusable { what: format!("{}: {what}", self.variable()), hint: None };
        let uri: Uri = url.parse().map_err(|_| broken("is not a URL"))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(broken("is not a URL"));
        }
        let (name, value) = dialect.header;
        let mut value = HeaderValue::from_str(value).map_err(|_| broken("its secret is none"))?;
        value.set_sensitive(true);
        let request = Request::get(uri).header(name, value).header(http::header::ACCEPT, "application/json");
        request.body(Full::new(Bytes::new())).map_err(|_| Cause::Internal)
    }

    fn variable(&self) -> &'static str {
        match self.host {
            IdentityHost::AppService { .. } | IdentityHost::Arc { .. } | IdentityHost::ServiceFabric => {
                "IDENTITY_ENDPOINT"
            }
            IdentityHost::MachineLearning { .. } | IdentityHost::CloudShell { .. } => "MSI_ENDPOINT",
            IdentityHost::VirtualMachine { .. } => "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        }
    }

    /// Where nobody answers, there is probably no managed identity at all.
    fn explain(&self, cause: Cause) -> Cause {
        match (cause, &self.host) {
            (Cause::Unreachable { place, why, .. }, IdentityHost::VirtualMachine { .. }) => {
                let hint = "outside of Azure, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, \
                            or choose with --azure_credential";
                Cause::Unreachable { place, why, hint: Some(hint) }
            }
            (cause, _) => cause,
        }
    }
}
