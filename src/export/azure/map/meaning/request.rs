//! What came in: server and consumer spans.

use super::{Known, Slot, Url, code, joined, messaging, resource, space_before};
use crate::otlp::view::{Span, SpanKind, Status};
use crate::settings::AzureSettings;
use std::borrow::Cow;

/// A request of the Application Insights schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Request<'a> {
    /// `METHOD route`, `METHOD path`, or the span's name. Also the name of the operation.
    pub name: Cow<'a, str>,
    /// Of HTTP, else of gRPC, else `0`.
    pub code: Cow<'a, str>,
    pub success: bool,
    pub url: Option<Url<'a>>,
    /// Whence a message came; empty otherwise.
    pub source: Cow<'a, str>,
}

impl<'a> Request<'a> {
    pub(super) fn of(span: &'a Span<'a>, known: &Known<'a>, settings: &AzureSettings) -> Request<'a> {
        let failed = span.status == Status::Error;
        let method = match span.kind {
            SpanKind::Server | SpanKind::Consumer => {
                known.first(&[Slot::HttpRequestMethod, Slot::HttpMethod])
            }
            _ => None,
        };
        let Some(method) = method else {
            return Request {
                name: Cow::Borrowed(&span.name),
                code: code::rpc(known).unwrap_or(code::text(0)),
                success: !failed,
                url: None,
                source: source(span, known),
            };
        };
        let url = Url::received(known);
        let code = code::http(known);
        let client_error = |code: i64| (400..500).contains(&code) && settings.server_4xx_is_error;
        let server_error = |code: i64| (500..600).contains(&code);
        Request {
            name: name(span, known, method, url.as_ref(), settings),
            code: match code {
                Some(code) => code::text(code),
                None => code::rpc(known).unwrap_or(code::text(0)),
            },
            success: !failed && !code.is_some_and(|code| client_error(code) || server_error(code)),
            url,
            source: source(span, known),
        }
    }
}

fn name<'a>(
    span: &'a Span<'a>,
    known: &Known<'a>,
    method: &'a str,
    url: Option<&Url<'a>>,
    settings: &AzureSettings,
) -> Cow<'a, str> {
    let (between, place) = match (known.take(Slot::HttpRoute), url) {
        (Some(route), _) => (" ", route),
        (None, Some(url)) if settings.raw_path_names => (space_before(url.path), url.path),
        _ => return Cow::Borrowed(&span.name),
    };
    if settings.names_are_given && !is_usual(&span.name, method, place) {
        return Cow::Borrowed(&span.name);
    }
    known.take_first(&[Slot::HttpRequestMethod, Slot::HttpMethod]);
    joined(&span.name, method, between, place)
}

/// Whether instrumentations give such a name.
fn is_usual(name: &str, method: &str, place: &str) -> bool {
    let rest = name.strip_prefix(method).or(name.strip_prefix("HTTP ")).unwrap_or(name).trim_start();
    rest.is_empty() || rest == method || rest == place
}

fn source<'a>(span: &Span<'_>, known: &Known<'a>) -> Cow<'a, str> {
    if let Some(namespace) = known.text(Slot::AzNamespace) {
        return resource::of(known, namespace);
    }
    if span.kind == SpanKind::Consumer && known.has(Slot::MessagingSystem) {
        return messaging::source(known);
    }
    Cow::Borrowed("")
}
