//! Asks an endpoint for its front page, to see whether somebody is there: for `doctor`.

use crate::export::exchange::failure;
use crate::export::https::{self, Identity, Version};
use crate::settings::ProxySettings;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Empty;
use std::net::IpAddr;

/// The addresses that a host's name has.
///
/// # Errors
/// Why there are none, in words.
pub async fn look_up(host: &str) -> Result<Vec<IpAddr>, String> {
    // Addresses in brackets are none of a name.
    let host = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((host, 0)).await.map_err(|error| error.to_string())?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
}

/// The status of the answer, whatever it is: connection, TLS and certificate are fine then.
///
/// # Errors
/// What went wrong before there was an answer, in words.
pub async fn answers(endpoint: &Uri, proxy: Option<&ProxySettings>) -> Result<u16, String> {
    let tls = match endpoint.scheme_str() {
        Some("https") => Some(https::tls(&Identity::default(), true).map_err(|error| error.what)?),
        _ => None,
    };
    let client = https::client::<Empty<Bytes>>(Version::Http1, tls, proxy);
    let request = Request::get(endpoint.clone()).body(Empty::new()).map_err(|error| error.to_string())?;
    let answer = client.request(request).await.map_err(|error| failure::of_request(&error).text)?;
    Ok(answer.status().as_u16())
}
