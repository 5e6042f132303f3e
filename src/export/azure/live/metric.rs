//! A figure that the portal's user made: the items that pass filters, projected to a number each
//! and aggregated over a second.

use super::filter::{self, Filter};
use super::item::{Item, Kind};

/// `DerivedMetricInfo`, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Metric {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) groups: Groups,
    pub(super) projection: Projection,
    pub(super) aggregation: Aggregation,
}

/// Groups of filters: one group is enough, in which all filters must match. No groups: everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Groups(pub(super) Vec<Vec<Filter>>);

impl Groups {
    pub(super) fn match_item(&self, item: &Item<'_>) -> bool {
        self.0.is_empty() || self.0.iter().any(|group| group.iter().all(|filter| filter.matches(item)))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Projection {
    Count,
    /// Milliseconds.
    Duration,
    Dimension(String),
}

impl Projection {
    /// # Errors
    /// Why items of this kind have no such figure.
    pub(super) fn new(kind: Kind, text: &str) -> Result<Projection, String> {
        match text {
            "Count()" => Ok(Projection::Count),
            "Duration" if kind.is_call() => Ok(Projection::Duration),
            _ => match filter::dimension(text) {
                Some(name) => Ok(Projection::Dimension(name.to_owned())),
                None => {
                    Err(format!("no projection {text:?} for telemetry of type {}", kind.telemetry_type()))
                }
            },
        }
    }

    fn of(&self, item: &Item<'_>) -> Option<f64> {
        match self {
            Projection::Count => Some(1.0),
            Projection::Duration => Some(item.duration as f64 / 1e6),
            Projection::Dimension(name) => item.dimension(name).and_then(filter::number),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregation {
    Average,
    Sum,
    Least,
    Greatest,
}

impl Aggregation {
    pub(super) fn new(text: &str) -> Option<Aggregation> {
        Some(match text {
            "Avg" => Aggregation::Average,
            "Sum" => Aggregation::Sum,
            "Min" => Aggregation::Least,
            "Max" => Aggregation::Greatest,
            _ => return None,
        })
    }
}

/// What one metric has gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Gathered {
    /// Items, each with its weight.
    pub(super) count: f64,
    value: f64,
}

impl Gathered {
    pub(super) fn add(&mut self, metric: &Metric, item: &Item<'_>) {
        if metric.kind != item.kind || !metric.groups.match_item(item) {
            return;
        }
        let Some(value) = metric.projection.of(item) else { return };
        self.value = match metric.aggregation {
            Aggregation::Average | Aggregation::Sum => self.value + value * item.weight,
            _ if self.count == 0.0 => value,
            Aggregation::Least => self.value.min(value),
            Aggregation::Greatest => self.value.max(value),
        };
        self.count += item.weight;
    }

    /// The figure; 0 when nothing matched.
    pub(super) fn value(&self, aggregation: Aggregation) -> f64 {
        match aggregation {
            Aggregation::Average if self.count > 0.0 => self.value / self.count,
            _ => self.value,
        }
    }
}
