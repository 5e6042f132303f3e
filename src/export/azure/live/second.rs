//! What happened since the last data point.

use super::configuration::Configuration;
use super::document::Documents;
use super::item::{Item, Kind};
use super::metric::Gathered;
use tokio::time::Instant;

/// The figures of about a second.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) since: Instant,
    pub(super) requests: Calls,
    pub(super) dependencies: Calls,
    pub(super) exceptions: f64,
    /// One for each metric of the configuration.
    pub(super) gathered: Vec<Gathered>,
    pub(super) documents: Documents,
}

/// Requests or dependencies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Calls {
    pub(super) count: f64,
    pub(super) failed: f64,
    milliseconds: f64,
}

impl Calls {
    fn add(&mut self, item: &Item<'_>) {
        self.count += item.weight;
        self.milliseconds += item.duration as f64 / 1e6 * item.weight;
        if !item.success {
            self.failed += item.weight;
        }
    }

    /// Mean duration in milliseconds; 0 without calls.
    pub(super) fn mean(&self) -> f64 {
        if self.count > 0.0 { self.milliseconds / self.count } else { 0.0 }
    }
}

impl Second {
    pub(super) fn new(since: Instant, configuration: &Configuration) -> Second {
        Second {
            since,
            requests: Calls::default(),
            dependencies: Calls::default(),
            exceptions: 0.0,
            gathered: vec![Gathered::default(); configuration.metrics.len()],
            documents: Documents::default(),
        }
    }

    /// Other metrics and documents from here on.
    pub(super) fn configure(&mut self, configuration: &Configuration) {
        self.gathered = vec![Gathered::default(); configuration.metrics.len()];
        self.documents = Documents::default();
    }

    /// Counts an item, and keeps it when somebody wants to see it.
    pub(super) fn add(&mut self, configuration: &Configuration, item: &Item<'_>) {
        match item.kind {
            Kind::Request => self.requests.add(item),
            Kind::Dependency => self.dependencies.add(item),
            Kind::Exception => self.exceptions += item.weight,
            Kind::Trace | Kind::Event => {}
        }
        for (metric, gathered) in configuration.metrics.iter().zip(&mut self.gathered) {
            gathered.add(metric, item);
        }
        match &configuration.streams {
            // Nobody chose: what one would look for.
            None if item.is_failure() || !item.kind.is_call() => {
                self.documents.add(item, std::iter::empty());
            }
            None => {}
            Some(streams) => {
                let mut wanting = streams.iter().filter(|stream| stream.wants(item)).peekable();
                if wanting.peek().is_some() {
                    self.documents.add(item, wanting.map(|stream| stream.id.as_str()));
                }
            }
        }
    }
}
