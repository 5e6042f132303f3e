//! What Live Metrics sees of a span, an event or a log record.

use crate::export::azure::map::value;
use crate::otlp::view::Attributes;
use std::borrow::Cow;

/// What an item is for the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Request,
    Dependency,
    Exception,
    Trace,
    Event,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Request, Kind::Dependency, Kind::Exception, Kind::Trace, Kind::Event];

    /// `TelemetryType` of a collection configuration.
    pub(super) fn telemetry_type(self) -> &'static str {
        match self {
            Kind::Request => "Request",
            Kind::Dependency => "Dependency",
            Kind::Exception => "Exception",
            Kind::Trace => "Trace",
            Kind::Event => "Event",
        }
    }

    /// `DocumentType` of a document.
    pub(super) fn document_type(self) -> &'static str {
        match self {
            Kind::Dependency => "RemoteDependency",
            other => other.telemetry_type(),
        }
    }

    /// The fields of text that items of this kind have, other than their attributes.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Kind::Request => &[Field::Name, Field::Url, Field::Code],
            Kind::Dependency => &[Field::Name, Field::Target, Field::Type, Field::Data, Field::Code],
            Kind::Exception => &[Field::Message, Field::ExceptionType, Field::StackTrace],
            Kind::Trace => &[Field::Message],
            Kind::Event => &[Field::Name],
        }
    }

    /// Whether items of this kind take time and succeed or fail.
    pub(super) fn is_call(self) -> bool {
        matches!(self, Kind::Request | Kind::Dependency)
    }
}

/// A field of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Name,
    Url,
    /// Response code of a request, result code of a dependency.
    Code,
    Target,
    Type,
    Data,
    Message,
    ExceptionType,
    StackTrace,
}

/// One item, borrowed from its batch. What costs something to make is made when it is asked for:
/// most items only count.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    pub kind: Kind,
    /// How many items it stands for: more than 1 when an SDK sent only a sample.
    pub weight: f64,
    /// Nanoseconds.
    pub duration: u64,
    pub success: bool,
    pub text: &'a dyn Fn(Field) -> Option<Cow<'a, str>>,
    pub attributes: &'a Attributes<'a>,
    /// Whether a field tells what the attribute of this key says.
    pub told: &'a dyn Fn(&str) -> bool,
}

impl<'a> Item<'a> {
    /// Whether the portal wants to see it first.
    pub(super) fn is_failure(&self) -> bool {
        self.kind == Kind::Exception || (self.kind.is_call() && !self.success)
    }

    /// An attribute by its name, without regard to case, as text.
    pub(super) fn dimension(&self, name: &str) -> Option<Cow<'a, str>> {
        let attributes = self.attributes;
        attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value::text(value))
    }

    /// All attributes, as text.
    pub(super) fn dimensions(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let attributes = self.attributes;
        attributes.iter().filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key, value::text(value)))
    }
}
