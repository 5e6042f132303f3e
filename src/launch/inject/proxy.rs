//! Telemetry goes straight to loopback, whatever proxies the target uses otherwise.

use super::{Decision, Plan};
use std::ffi::OsString;
use std::net::IpAddr;

const PROXIES: [&str; 8] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "grpc_proxy",
    "GRPC_PROXY",
];

/// Adds the receiver's address to the exceptions, if a proxy is set at all.
pub(super) fn bypass(receiver: IpAddr, plan: &mut Plan) {
    let environment = &mut plan.environment;
    let Some(proxy) = PROXIES.iter().find(|name| environment.setting(name).is_some()) else { return };
    let address = receiver.to_string();
    // Clients differ in which spelling they prefer, and a spelling that is set hides the
    // other one: extend those that are there, and make both only when neither is.
    let there: Vec<_> =
        ["no_proxy", "NO_PROXY"].into_iter().filter(|name| environment.setting(name).is_some()).collect();
    // gRPC knows the lower case alone, and its own name first.
    let grpc = if environment.setting("no_grpc_proxy").is_some() || there == ["NO_PROXY"] {
        Some("no_grpc_proxy")
    } else {
        None
    };
    let names = if there.is_empty() { vec!["no_proxy", "NO_PROXY"] } else { there };
    for name in names.into_iter().chain(grpc) {
        let value = match environment.get(name) {
            Some(old) if environment.setting(name).is_some() => extended(old.to_owned(), &address),
            _ => Some(OsString::from(&address)),
        };
        if let Some(value) = value {
            environment.set(name, value);
        }
    }
    plan.decisions.push(Decision::new(
        "any",
        format!("{address} is an exception from the proxy"),
        format!("{proxy} is set"),
    ));
}

/// The list with the address; `None` when it covers it already.
fn extended(mut list: OsString, address: &str) -> Option<OsString> {
    let text = list.to_string_lossy();
    if text.split(',').map(str::trim).any(|item| item == "*" || item == address) {
        return None;
    }
    let separator = if text.trim_end().ends_with(',') { "" } else { "," };
    list.push(separator);
    list.push(address);
    Some(list)
}
