//! `customDimensions`: on every item.

use super::Insights;
use crate::settings::shape::{AttributeAction, Change, Item, Keys, Processor, Scalar, Shape, Source, Work};

/// As the Java agent does it, an attribute that is there already stays, and `service.version` is the application's.
pub(super) fn read(insights: &Insights<'_>, shape: &mut Shape) {
    let mut actions = Vec::new();
    let mut first = None;
    for found in &insights.found {
        let Some(key) = found.path.strip_prefix("customDimensions.") else { continue };
        let Some((value, place)) = insights.text(&found.path) else { continue };
        if key == "service.version" {
            let pair = super::super::pair(key, &value.text);
            insights.said.add("OTEL_RESOURCE_ATTRIBUTES", &pair, place);
            continue;
        }
        first.get_or_insert(place);
        actions.push(AttributeAction {
            keys: Keys::Exact(key.to_owned()),
            change: Change::Insert(Source::Value(Scalar::Text(value.text.clone()))),
        });
    }
    if let Some(place) = first {
        shape.processors.push(Processor {
            name: format!("customDimensions ({})", insights.problems().at(place)),
            items: vec![Item::Span, Item::Log, Item::Metric],
            include: None,
            exclude: None,
            work: Work::Attributes(actions),
        });
    }
}
