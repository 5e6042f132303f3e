//! The way to a destination: straight, or through a proxy by CONNECT.

use super::exchange::failure::{self, NoWay};
use super::reply_first::{Connector, ReplyFirst};
use crate::settings::ProxySettings;
use http::{HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// Makes connections over which the destination is spoken to.
#[derive(Clone)]
pub(super) struct Way {
    straight: Connector,
    proxy: Option<Proxy>,
}

/// A proxy, and the way to it.
#[derive(Clone)]
struct Proxy {
    settings: ProxySettings,
    uri: Uri,
    authorization: Option<HeaderValue>,
    connector: HttpsConnector<Connector>,
}

impl Way {
    /// `connector` speaks to the proxy, by TLS where its URL says so.
    pub(super) fn new(
        straight: Connector,
        proxy: Option<&ProxySettings>,
        connector: HttpsConnector<Connector>,
    ) -> Way {
        let proxy = proxy.and_then(|settings| {
            let scheme = if settings.tls { "https" } else { "http" };
            // Settings have made sure that this is a URL, and the value a header's.
            let uri = format!("{scheme}://{}/", settings.address).parse().ok()?;
            let authorization = settings.authorization.as_ref();
            let authorization = authorization.and_then(|a| HeaderValue::from_str(a.reveal()).ok());
            Some(Proxy { settings: settings.clone(), uri, authorization, connector })
        });
        Way { straight, proxy }
    }
}

impl Service<Uri> for Way {
    type Response = MaybeHttpsStream<ReplyFirst<TokioIo<TcpStream>>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.straight.poll_ready(context).map_err(BoxError::from)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self.proxy.as_ref().filter(|proxy| proxy.settings.covers(&to)) {
            None => {
                let connecting = self.straight.call(to);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Some(proxy) => Box::pin(proxy.clone().lead_to(to)),
        }
    }
}

impl Proxy {
    async fn lead_to(self, to: Uri) -> Result<MaybeHttpsStream<ReplyFirst<TokioIo<TcpStream>>>, BoxError> {
        let mut tunnel = Tunnel::new(self.uri, self.connector);
        if let Some(authorization) = self.authorization {
            tunnel = tunnel.with_auth(authorization);
        }
        let (host, port) = (to.host().unwrap_or_default(), to.port_u16());
        let port = port.unwrap_or(if to.scheme_str() == Some("https") { 443 } else { 80 });
        let place = format!("{host}:{port}");
        tunnel.call(format!("http://{place}/").parse()?).await.map_err(|error| {
            let why = match error.to_string().as_str() {
                "tunnel error: proxy authorization required" => {
                    "asks for a user and a password, or does not accept those that it was given".to_owned()
                }
                "tunnel error: unsuccessful" => format!("does not connect to {place}"),
                _ => failure::describe(&error),
            };
            NoWay { proxy: self.settings.address, why }.into()
        })
    }
}
