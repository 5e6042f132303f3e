//! What went out, and what the process did itself: client, producer and internal spans.

use super::peer::peer;
use super::url::is_default;
use super::{Known, Slot, Url, code, database, joined, messaging, resource, space_before};
use crate::otlp::view::{Span, SpanKind, Status};
use crate::settings::AzureSettings;
use std::borrow::Cow;

/// A dependency of the Application Insights schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency<'a> {
    pub name: Cow<'a, str>,
    /// `type`: `HTTP`, `SQL`, `InProc` and so on.
    pub kind: Cow<'a, str>,
    /// Who is called; empty when unknown, and for internal ones.
    pub target: Cow<'a, str>,
    /// `data`: URL or query; empty if there is none.
    pub data: Data<'a>,
    /// Of HTTP, else of gRPC, else `0`.
    pub code: Cow<'a, str>,
    pub success: bool,
}

/// `data` of a dependency, made only when it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<'a> {
    Url(Url<'a>),
    Text(Cow<'a, str>),
}

impl<'a> Data<'a> {
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Data::Url(url) => url.text(),
            Data::Text(text) => Cow::Borrowed(text),
        }
    }
}

const IN_PROCESS: &str = "InProc";
const QUEUE_MESSAGE: &str = "Queue Message";

impl<'a> Dependency<'a> {
    pub(super) fn of(span: &'a Span<'a>, known: &Known<'a>, settings: &AzureSettings) -> Dependency<'a> {
        let plain = Dependency {
            name: Cow::Borrowed(&span.name),
            kind: Cow::Borrowed(IN_PROCESS),
            target: Cow::Borrowed(""),
            data: Data::Text(Cow::Borrowed("")),
            code: code::text(0),
            success: span.status != Status::Error,
        };
        let dependency = match span.kind {
            SpanKind::Internal => plain.internal(known),
            SpanKind::Producer => plain.queued(known),
            SpanKind::Client | SpanKind::Server | SpanKind::Consumer => plain.remote(span, known, settings),
        };
        dependency.generative(known)
    }

    fn internal(mut self, known: &Known<'a>) -> Self {
        if let Some(namespace) = known.text(Slot::AzNamespace) {
            self.kind = Cow::Owned([IN_PROCESS, " | ", namespace].concat());
        }
        self
    }

    fn queued(mut self, known: &Known<'a>) -> Self {
        let queue = |of: &str| Cow::Owned([QUEUE_MESSAGE, " | ", of].concat());
        if let Some(namespace) = known.text(Slot::AzNamespace) {
            self.target = resource::of(known, namespace);
            self.kind = queue(namespace);
        } else {
            self.target = messaging::target(known);
            self.kind = known.take(Slot::MessagingSystem).map_or(Cow::Borrowed(QUEUE_MESSAGE), queue);
        }
        self
    }

    /// The strongest that applies: HTTP, Azure, database, messaging, remote procedure call.
    fn remote(mut self, span: &'a Span<'a>, known: &Known<'a>, settings: &AzureSettings) -> Self {
        if let Some(method) = known.first(&[Slot::HttpRequestMethod, Slot::HttpMethod]) {
            return self.http(span, known, method, settings);
        }
        if let Some(namespace) = known.text(Slot::AzNamespace) {
            self.kind = Cow::Borrowed(namespace);
            self.target = resource::of(known, namespace);
        } else if let Some(system) = database::system(known) {
            self.kind = Cow::Borrowed(database::kind(known, system));
            self.target = database::target(known, system);
            self.data = Data::Text(database::data(known));
        } else if let Some(system) = known.take(Slot::MessagingSystem) {
            self.kind = Cow::Borrowed(system);
            self.target = messaging::target(known);
        } else if let Some(system) = known.take_first(&[Slot::RpcSystemName, Slot::RpcSystem]) {
            self.kind = Cow::Borrowed(system);
            self.target = other_side(known, "").unwrap_or(Cow::Borrowed(system));
        } else if let Some(service) = known.take(Slot::PeerService) {
            self.kind = Cow::Borrowed("Other");
            self.target = Cow::Borrowed(service);
        }
        if let Some(code) = code::rpc(known) {
            self.success &= code::is_ok(&code) || span.status == Status::Ok;
            self.code = code;
        }
        self
    }

    fn http(
        mut self,
        span: &'a Span<'a>,
        known: &Known<'a>,
        method: &'a str,
        settings: &AzureSettings,
    ) -> Self {
        let url = Url::sent(known);
        self.kind = Cow::Borrowed("HTTP");
        let place = match known.take(Slot::UrlTemplate) {
            Some(template) => Some(template),
            None if settings.raw_path_names => Some(url.map_or("/", |url| url.path)),
            None => None,
        };
        if let Some(place) = place {
            known.take_first(&[Slot::HttpRequestMethod, Slot::HttpMethod]);
            self.name = joined(&span.name, method, space_before(place), place);
        }
        let scheme = match url {
            Some(url) => url.scheme,
            None => known.first(&[Slot::UrlScheme, Slot::HttpScheme]).unwrap_or_default(),
        };
        self.target = match (other_side(known, scheme), url) {
            (Some(target), _) => target,
            (None, Some(url)) if url.port.is_some_and(|port| !is_default(scheme, port)) => {
                Cow::Borrowed(url.authority)
            }
            (None, url) => Cow::Borrowed(url.map_or("", |url| url.host)),
        };
        self.code = match code::http(known) {
            Some(code) => code::text(code),
            None => code::rpc(known).unwrap_or(code::text(0)),
        };
        if let Some(url) = url {
            self.data = Data::Url(url);
        }
        self
    }

    /// Calls of models have their own type, whatever they are made of.
    fn generative(mut self, known: &Known<'a>) -> Self {
        if let Some(system) = known.first(&[Slot::GenAiProviderName, Slot::GenAiSystem]) {
            self.kind = Cow::Owned(["GenAI | ", system].concat());
            if self.target.is_empty() {
                self.target = Cow::Borrowed(system);
            }
        }
        self
    }
}

/// The other side: its service, else its host, with the port if that is not the scheme's own.
fn other_side<'a>(known: &Known<'a>, scheme: &str) -> Option<Cow<'a, str>> {
    const HOSTS: [Slot; 5] = [
        Slot::ServerAddress,
        Slot::NetPeerName,
        Slot::NetSockPeerName,
        Slot::NetSockPeerAddr,
        Slot::NetPeerIp,
    ];
    peer(known, &HOSTS, |port| is_default(scheme, port))
}
