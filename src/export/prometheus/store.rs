//! What is known, between the exporter that fills it and the endpoint that shows it.

use super::exemplar::Exemplar;
use super::producer::{Id, Producers};
use super::series::{Kind, Point, Series};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most streams (a series from one process) that are kept.
const MAX_STREAMS: usize = 10_000;
/// Most bytes of names, labels and help texts that are kept.
const MAX_BYTES: usize = 16 << 20;
/// How often what is over is looked for.
const SWEEP: Duration = Duration::from_secs(10);

/// Type of a metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Counter,
    Gauge,
    Unknown,
    Histogram,
    Summary,
}

impl Type {
    /// What the names of a family's samples end with.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Type::Counter => &["", "_total", "_created"],
            Type::Gauge | Type::Unknown => &[""],
            Type::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
            Type::Summary => &["", "_count", "_sum", "_created"],
        }
    }
}

/// Why a data point is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// There are too many series.
    Limit,
    /// Its name belongs to metrics of another type.
    Type,
    /// It has no value, or buckets that make no sense.
    Unsupported,
}

impl Refusal {
    pub(super) const ALL: [Refusal; 3] = [Refusal::Limit, Refusal::Type, Refusal::Unsupported];

    /// Value of the label `reason`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Refusal::Limit => "limit",
            Refusal::Type => "type",
            Refusal::Unsupported => "unsupported",
        }
    }
}

/// Name of the counter of refused points; it is ours.
pub(super) const REFUSED: &str = "otel_run_prometheus_refused_points";

#[derive(Debug)]
pub(super) struct Family {
    pub(super) r#type: Type,
    pub(super) unit: String,
    pub(super) help: String,
    pub(super) series: BTreeMap<Key, Series>,
}

/// Labels of a series, and its service.
pub(super) type Key = (String, Arc<str>);

/// A series by its name and the rest.
#[derive(Debug)]
pub(super) struct Address<'a> {
    pub(super) family: &'a str,
    pub(super) r#type: Type,
    pub(super) unit: &'a str,
    pub(super) help: &'a str,
    pub(super) key: Key,
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) families: BTreeMap<String, Family>,
    pub(super) producers: Producers,
    pub(super) refused: BTreeMap<Refusal, u64>,
    /// Names of all samples that may be shown.
    taken: HashSet<String>,
    streams: usize,
    bytes: usize,
    swept: Instant,
}

impl Store {
    pub(super) fn new(now: Instant) -> Self {
        let taken = ["target".into(), "target_info".into()].into_iter().chain(names(REFUSED, Type::Counter));
        Store {
            families: BTreeMap::new(),
            producers: Producers::default(),
            refused: Refusal::ALL.map(|refusal| (refusal, 0)).into(),
            taken: taken.collect(),
            streams: 0,
            bytes: 0,
            swept: now,
        }
    }

    /// Takes a data point of a series.
    pub(super) fn update(
        &mut self,
        address: Address<'_>,
        kind: Kind,
        producer: Id,
        point: Point,
        exemplars: Vec<Exemplar>,
        now: Instant,
    ) -> Result<(), Refusal> {
        self.make_room(&address, producer, &point, now)?;
        let family = self.family(&address)?;
        let bytes = address.key.0.len();
        let known = family.series.contains_key(&address.key);
        let series = family.series.entry(address.key).or_insert_with(|| Series::new(kind, now));
        if series.kind != kind || !series.takes(&point.value) {
            return Err(Refusal::Type);
        }
        let before = series.streams();
        series.update(producer, point, now);
        series.exemplify(exemplars);
        self.streams += series.streams() - before;
        self.bytes += if known { 0 } else { bytes };
        Ok(())
    }

    /// Ends a stream: its process has no value any more.
    pub(super) fn end(&mut self, address: &Address<'_>, producer: Id) {
        let family = self.families.get_mut(address.family);
        if let Some(series) = family.and_then(|family| family.series.get_mut(&address.key)) {
            series.end(producer);
        }
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let count = self.refused.entry(refusal).or_default();
        *count = count.saturating_add(1);
    }

    /// The family of this name, a new one if nothing else has the names of its samples.
    fn family(&mut self, address: &Address<'_>) -> Result<&mut Family, Refusal> {
        if !self.families.contains_key(address.family) {
            let names: Vec<String> = names(address.family, address.r#type).collect();
            if names.iter().any(|name| self.taken.contains(name)) {
                return Err(Refusal::Type);
            }
            self.bytes += names.iter().map(String::len).sum::<usize>() + address.help.len();
            self.taken.extend(names);
            let family = Family {
                r#type: address.r#type,
                unit: address.unit.to_owned(),
                help: address.help.to_owned(),
                series: BTreeMap::new(),
            };
            self.families.insert(address.family.to_owned(), family);
        }
        let family = self.families.get_mut(address.family).filter(|family| family.r#type == address.r#type);
        family.ok_or(Refusal::Type)
    }

    fn make_room(
        &mut self,
        address: &Address<'_>,
        producer: Id,
        point: &Point,
        now: Instant,
    ) -> Result<(), Refusal> {
        let series = self.families.get(address.family).and_then(|family| family.series.get(&address.key));
        if series.is_some_and(|series| series.knows(producer, point)) {
            return Ok(());
        }
        let needed = address.key.0.len() + address.help.len() + 8 * address.family.len();
        let room = |store: &Store| store.streams < MAX_STREAMS && store.bytes + needed <= MAX_BYTES;
        // Looking for what may go costs time: not for each of many points that find no room.
        if !room(self) && (self.swept != now) {
            self.clean(true, now);
        }
        if room(self) { Ok(()) } else { Err(Refusal::Limit) }
    }

    /// Lets go of what is over, from time to time.
    pub(super) fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) >= SWEEP {
            self.clean(false, now);
        }
    }

    fn clean(&mut self, hurry: bool, now: Instant) {
        self.swept = now;
        let producers = &self.producers;
        let (taken, bytes, streams) = (&mut self.taken, &mut self.bytes, &mut self.streams);
        (*bytes, *streams) = (0, 0);
        let mut needed = HashSet::new();
        self.families.retain(|name, family| {
            family.series.retain(|(labels, _), series| {
                let stays = series.sweep(producers, hurry, now);
                if stays {
                    *bytes += labels.len();
                    *streams += series.streams();
                    needed.extend(series.producers());
                }
                stays
            });
            let names = names(name, family.r#type);
            if family.series.is_empty() {
                names.for_each(|name| _ = taken.remove(&name));
                return false;
            }
            *bytes += names.map(|name| name.len()).sum::<usize>() + family.help.len();
            true
        });
        self.producers.retain(&needed, now);
    }
}

fn names(family: &str, r#type: Type) -> impl Iterator<Item = String> {
    r#type.suffixes().iter().map(move |suffix| format!("{family}{suffix}"))
}
