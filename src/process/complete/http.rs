//! Requests of HTTP, in and out (semantic conventions, "HTTP spans").

use super::forwarded::{self, Forwarded};
use super::method::{Methods, OTHER};
use super::slot::Slot;
use super::span::{Edit, Span};
use super::url;

/// Name of a span whose method is none that is known.
const UNKNOWN: &[u8] = b"HTTP";

/// A request that came in.
pub(super) fn server(span: &Span<'_>, methods: &Methods, edit: &mut Edit) {
    let known = &span.known;
    let method = method(span, methods, edit);
    let forwarded = known.text(Slot::Forwarded).map(Forwarded::first).unwrap_or_default();
    let list = |slot| known.text(slot).map(forwarded::first_of).filter(|first| !first.is_empty());

    let raw_scheme = known.text(Slot::UrlScheme);
    let said = forwarded.proto.or_else(|| list(Slot::XForwardedProto));
    let scheme = match said.and_then(|said| forwarded::scheme(raw_scheme, said)) {
        Some(scheme) => {
            if Some(scheme) != raw_scheme {
                edit.put(Slot::UrlScheme, scheme);
            }
            Some(scheme)
        }
        None => raw_scheme,
    };
    if !known.has(Slot::ServerAddress) {
        let said = [forwarded.host, list(Slot::XForwardedHost), known.text(Slot::Host)];
        if let Some((host, port)) = said.into_iter().flatten().find_map(forwarded::host) {
            edit.put(Slot::ServerAddress, host);
            if let Some(port) = port.or_else(|| forwarded::default_port(scheme?)) {
                edit.put_int(Slot::ServerPort, port.into());
            }
        }
    }
    if !known.has(Slot::ClientAddress) {
        let said = [forwarded.by_client, list(Slot::XForwardedFor)];
        let client = said.into_iter().flatten().find_map(forwarded::address);
        if let Some(address) = client.or_else(|| known.text(Slot::NetworkPeerAddress)) {
            edit.put(Slot::ClientAddress, address);
        }
    }
    let code = known.int(Slot::HttpResponseStatusCode);
    error(span, code.filter(|code| *code >= 500), edit);
    let route = known.text(Slot::HttpRoute);
    name(method, route, edit);
}

/// A request that went out.
pub(super) fn client(span: &Span<'_>, methods: &Methods, edit: &mut Edit) {
    let known = &span.known;
    let method = method(span, methods, edit);
    if known.text(Slot::ServerAddress).is_none()
        && let Some((scheme, authority)) = known.text(Slot::UrlFull).and_then(url::authority)
        && let Some((host, given)) = forwarded::host(authority)
    {
        edit.put(Slot::ServerAddress, host);
        if let Some(port) = given.or_else(|| forwarded::default_port(scheme)) {
            edit.put_int(Slot::ServerPort, port.into());
        }
    }
    let code = known.int(Slot::HttpResponseStatusCode);
    error(span, code.filter(|code| *code >= 400), edit);
    name(method, known.text(Slot::UrlTemplate), edit);
}

/// The method as it is told, if there is one.
fn method<'a>(span: &Span<'a>, methods: &Methods, edit: &mut Edit) -> Option<&'a [u8]> {
    let method = span.known.text(Slot::HttpRequestMethod)?;
    if method == OTHER || methods.has(method) {
        return Some(method);
    }
    edit.put(Slot::HttpRequestMethod, OTHER);
    edit.put(Slot::HttpRequestMethodOriginal, method);
    Some(OTHER)
}

/// `error.type`: what came, or the code of an answer that failed.
fn error(span: &Span<'_>, failed: Option<i64>, edit: &mut Edit) {
    let came = span.known.text(Slot::ErrorType).is_some();
    if let (false, Some(code)) = (came, failed) {
        edit.put(Slot::ErrorType, code.to_string().as_bytes());
    }
    edit.failed |= came || failed.is_some();
}

/// `METHOD target`, as far as there is one of them.
fn name(method: Option<&[u8]>, target: Option<&[u8]>, edit: &mut Edit) {
    let method = method.map(|method| if method == OTHER { UNKNOWN } else { method });
    edit.name.extend_from_slice(method.or(target.is_none().then_some(UNKNOWN)).unwrap_or_default());
    if let Some(target) = target {
        if !edit.name.is_empty() {
            edit.name.push(b' ');
        }
        edit.name.extend_from_slice(target);
    }
}
