//! Properties and measurements of spans: what no field and no tag says.

use super::{DATA, Item, TEXT, URL, links};
use crate::export::azure::envelope::Envelope;
use crate::export::azure::map::meaning::{Meaning, Slot};
use crate::export::azure::map::{measurements, value};
use crate::otlp::view::{SpanKind, Status, Value};

/// Attributes of this beginning are for exporters and for the service, not for people.
const RESERVED: &str = "_MS.";

/// Says to the service that it need not count the item: we have, for the standard metrics.
const MARK: Slot = Slot::ProcessedByMetricExtractors;

impl Item<'_> {
    pub(super) fn properties(&self, envelope: &mut Envelope<'_>) {
        let mut numbers =
            self.known.get(Slot::CustomMeasurements).map(measurements::read).unwrap_or_default();
        if !numbers.is_empty() {
            self.known.tell(Slot::CustomMeasurements);
        }
        envelope.object("properties");
        self.around.context.properties.write(envelope, &self.span.attributes);
        for (at, (key, value)) in self.span.attributes.iter().enumerate() {
            if self.is_property(at, key, value) {
                value::property(envelope, key, value);
            }
        }
        self.extra(envelope);
        envelope.end_object();
        if self.span.kind == SpanKind::Consumer
            && self.known.has(Slot::AzNamespace)
            && let Some(waited) = links::time_since_enqueued(self.span)
        {
            numbers.push(("timeSinceEnqueued".to_owned(), waited));
        }
        measurements::write(envelope, &numbers);
    }

    /// Whether nothing else of the envelope holds the attribute whole.
    fn is_property(&self, at: usize, key: &str, value: &Value<'_>) -> bool {
        let Some(slot) = self.known.slot(at, key) else { return !key.starts_with(RESERVED) };
        if !self.known.get(slot).is_some_and(|first| std::ptr::eq(first, value)) || slot.is_control() {
            return false;
        }
        !self.known.is_told(slot)
            || self.around.settings.keep_all_attributes
            || value.as_text().is_some_and(|text| text.len() > self.room(slot))
    }

    /// Bytes of a value that are sure to have been written whole.
    fn room(&self, slot: Slot) -> usize {
        match (slot, self.meaning) {
            (Slot::SessionId, _) => 64,
            (Slot::UrlFull | Slot::HttpUrl, Meaning::Request(_)) => URL,
            (Slot::UrlFull | Slot::HttpUrl | Slot::DbQueryText | Slot::DbStatement, _) => DATA,
            _ => TEXT,
        }
    }

    /// Properties that are no attributes.
    fn extra(&self, envelope: &mut Envelope<'_>) {
        links::write(envelope, self.span);
        let attributes = &self.span.attributes;
        if self.span.status == Status::Error && !self.span.status_message.is_empty() {
            let key = "otel.status_description";
            if attributes.get(key).is_none() {
                envelope.property(key, &self.span.status_message);
            }
        }
        if self.around.settings.standard_metrics {
            let counted = match self.meaning {
                Meaning::Request(_) => "(Name:'Requests', Ver:'1.1')",
                Meaning::Dependency(_) => "(Name:'Dependencies', Ver:'1.1')",
            };
            envelope.property(MARK.name(), counted);
        } else if let Some(given) = self.known.text(MARK) {
            envelope.property(MARK.name(), given);
        }
    }
}
