//! Items that were read as views.

use super::{Found, Subject};
use crate::otlp::view::{self, Attributes, LogRecord, Span};
use crate::settings::shape::{Item, SpanKind, SpanStatus};
use std::borrow::Cow;

/// Where an item comes from.
#[derive(Debug, Default)]
pub(crate) struct Origin<'a> {
    pub(crate) scope: Cow<'a, str>,
    pub(crate) resource: Attributes<'a>,
}

/// An item and where it comes from.
#[derive(Debug)]
pub(crate) enum Viewed<'v, 'a> {
    Span(&'v Span<'a>, &'v Origin<'a>),
    Log(&'v LogRecord<'a>, &'v Origin<'a>),
}

impl Viewed<'_, '_> {
    fn span(&self) -> Option<&Span<'_>> {
        match self {
            Viewed::Span(span, _) => Some(span),
            Viewed::Log(..) => None,
        }
    }
}

impl Subject for Viewed<'_, '_> {
    fn item(&self) -> Item {
        match self {
            Viewed::Span(..) => Item::Span,
            Viewed::Log(..) => Item::Log,
        }
    }

    fn name(&self) -> Found<'_> {
        match self {
            Viewed::Span(span, _) => Found::Text(span.name.as_bytes().into()),
            Viewed::Log(record, _) => Found::of_value(Some(&record.body)),
        }
    }

    fn attribute(&self, key: &str) -> Found<'_> {
        Found::of_value(match self {
            Viewed::Span(span, _) => span.attributes.get(key),
            Viewed::Log(record, _) => record.attributes.get(key),
        })
    }

    fn resource(&self, key: &str) -> Found<'_> {
        let (Viewed::Span(_, origin) | Viewed::Log(_, origin)) = self;
        Found::of_value(origin.resource.get(key))
    }

    fn scope(&self) -> &[u8] {
        let (Viewed::Span(_, origin) | Viewed::Log(_, origin)) = self;
        origin.scope.as_bytes()
    }

    fn kind(&self) -> SpanKind {
        match self.span().map(|span| span.kind) {
            None | Some(view::SpanKind::Internal) => SpanKind::Internal,
            Some(view::SpanKind::Server) => SpanKind::Server,
            Some(view::SpanKind::Client) => SpanKind::Client,
            Some(view::SpanKind::Producer) => SpanKind::Producer,
            Some(view::SpanKind::Consumer) => SpanKind::Consumer,
        }
    }

    fn status(&self) -> SpanStatus {
        match self.span().map(|span| span.status) {
            None | Some(view::Status::Unset) => SpanStatus::Unset,
            Some(view::Status::Ok) => SpanStatus::Ok,
            Some(view::Status::Error) => SpanStatus::Error,
        }
    }

    fn duration(&self) -> u64 {
        self.span().map_or(0, Span::duration)
    }

    fn severity(&self) -> u64 {
        match self {
            Viewed::Span(..) => 0,
            Viewed::Log(record, _) => record.severity,
        }
    }
}
