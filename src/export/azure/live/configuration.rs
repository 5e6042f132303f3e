//! What the portal's users want to see (`CollectionConfigurationInfo`). Anything in it that cannot
//! be applied is told back to the service, and the rest holds.

use super::filter::Filter;
use super::item::{Item, Kind};
use super::metric::{Aggregation, Groups, Metric, Projection};
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;

/// Most metrics, most document streams, most filters in all of them, most errors told.
const METRICS: usize = 64;
const STREAMS: usize = 16;
const FILTERS: usize = 512;
const ERRORS: usize = 32;
/// Longest id, in bytes.
const ID: usize = 256;

/// A configuration, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Configuration {
    /// By which the service knows it.
    pub(super) etag: String,
    pub(super) metrics: Vec<Metric>,
    /// `None`: nobody said which documents are wanted.
    pub(super) streams: Option<Vec<Stream>>,
    pub(super) errors: Vec<Complaint>,
}

/// `DocumentStreamInfo`, checked: one user's wish for documents.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    pub(super) id: String,
    /// For each kind of which documents are wanted, the filters.
    wanted: Vec<(Kind, Groups)>,
}

impl Stream {
    pub(super) fn wants(&self, item: &Item<'_>) -> bool {
        self.wanted.iter().any(|(kind, groups)| *kind == item.kind && groups.match_item(item))
    }
}

/// `CollectionConfigurationError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// `CollectionConfigurationErrorType`.
    pub(super) kind: &'static str,
    pub(super) message: String,
    /// What is wrong: `DerivedMetricInfoId` or `DocumentStreamInfoId`, and its id.
    pub(super) about: Option<(&'static str, String)>,
}

impl Configuration {
    /// Reads the body of a reply. What is not a configuration at all asks for nothing.
    pub(super) fn parse(etag: &str, body: &[u8]) -> Configuration {
        let mut configuration = Configuration { etag: etag.to_owned(), ..Configuration::default() };
        match serde_json::from_slice::<Info>(body) {
            Ok(info) => configuration.take(info),
            Err(e) => configuration.complain(
                "CollectionConfigurationFailureToCreateUnexpected",
                format!("not a collection configuration: {e}"),
                None,
            ),
        }
        configuration
    }

    fn take(&mut self, info: Info) {
        let mut room = FILTERS;
        let mut ids = HashSet::new();
        for (at, info) in info.metrics.into_iter().enumerate() {
            let about = Some(("DerivedMetricInfoId", short(&info.id)));
            if at >= METRICS {
                self.complain(
                    "MetricFailureToCreate",
                    format!("there are more than {METRICS} metrics"),
                    about,
                );
                break;
            }
            if !ids.insert(info.id.clone()) {
                self.complain("MetricDuplicateIds", "another metric has the same id".to_owned(), about);
                continue;
            }
            match metric(info, &mut room) {
                Ok(metric) => self.metrics.push(metric),
                Err((kind, message)) => self.complain(kind, message, about),
            }
        }
        let mut streams = Vec::new();
        ids.clear();
        for (at, info) in info.document_streams.into_iter().enumerate() {
            let about = Some(("DocumentStreamInfoId", short(&info.id)));
            if at >= STREAMS {
                let message = format!("there are more than {STREAMS} document streams");
                self.complain("DocumentStreamFailureToCreate", message, about);
                break;
            }
            if !ids.insert(info.id.clone()) {
                let message = "another document stream has the same id".to_owned();
                self.complain("DocumentStreamDuplicateIds", message, about);
                continue;
            }
            if let Some(stream) = self.stream(info, &about, &mut room) {
                streams.push(stream);
            }
        }
        self.streams = Some(streams);
    }

    /// A group that cannot be applied is left out: without it the stream shows less, never more.
    fn stream(&mut self, info: StreamInfo, about: &About, room: &mut usize) -> Option<Stream> {
        if info.id.is_empty() || info.id.len() > ID {
            let message = format!("the id must have 1 to {ID} bytes");
            self.complain("DocumentStreamFailureToCreate", message, about.clone());
            return None;
        }
        let mut wanted: Vec<(Kind, Groups)> = Vec::new();
        for group in info.document_filter_groups {
            let Some(kind) = kind(&group.telemetry_type) else {
                let message = unsupported(&group.telemetry_type);
                self.complain("DocumentStreamFailureToCreate", message, about.clone());
                continue;
            };
            match filters(kind, group.filters.unwrap_or_default().filters, room) {
                Ok(filters) => match wanted.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, groups)) => groups.0.push(filters),
                    None => wanted.push((kind, Groups(vec![filters]))),
                },
                Err(message) => {
                    let kind = "DocumentStreamFailureToCreateFilterUnexpected";
                    self.complain(kind, message, about.clone());
                }
            }
        }
        Some(Stream { id: info.id, wanted })
    }

    fn complain(&mut self, kind: &'static str, message: String, about: About) {
        if self.errors.len() < ERRORS {
            self.errors.push(Complaint { kind, message, about });
        }
    }
}

type About = Option<(&'static str, String)>;

fn metric(info: MetricInfo, room: &mut usize) -> Result<Metric, (&'static str, String)> {
    if info.id.is_empty() || info.id.len() > ID {
        return Err(("MetricFailureToCreate", format!("the id must have 1 to {ID} bytes")));
    }
    let kind = kind(&info.telemetry_type)
        .ok_or_else(|| ("MetricTelemetryTypeUnsupported", unsupported(&info.telemetry_type)))?;
    let projection =
        Projection::new(kind, &info.projection).map_err(|message| ("MetricFailureToCreate", message))?;
    let aggregation = Aggregation::new(&info.aggregation)
        .ok_or_else(|| ("MetricFailureToCreate", format!("no aggregation {:?}", info.aggregation)))?;
    let groups = info.filter_groups.into_iter().map(|group| filters(kind, group.filters, room));
    let groups = groups
        .collect::<Result<_, _>>()
        .map_err(|message| ("MetricFailureToCreateFilterUnexpected", message))?;
    Ok(Metric { id: info.id, kind, groups: Groups(groups), projection, aggregation })
}

fn filters(kind: Kind, infos: Vec<FilterInfo>, room: &mut usize) -> Result<Vec<Filter>, String> {
    // A group counts too: an empty one is not free.
    *room = room
        .checked_sub(infos.len() + 1)
        .ok_or_else(|| format!("there are more than {FILTERS} filters and groups"))?;
    infos.iter().map(|info| Filter::new(kind, &info.field_name, &info.predicate, &info.comparand)).collect()
}

fn kind(telemetry_type: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.telemetry_type() == telemetry_type)
}

fn unsupported(telemetry_type: &str) -> String {
    format!("telemetry of type {:?} is not shown live", short(telemetry_type))
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default, deserialize_with = "or_default")]
    metrics: Vec<MetricInfo>,
    #[serde(default, deserialize_with = "or_default")]
    document_streams: Vec<StreamInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MetricInfo {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    telemetry_type: String,
    #[serde(deserialize_with = "or_default")]
    filter_groups: Vec<GroupInfo>,
    #[serde(deserialize_with = "or_default")]
    projection: String,
    #[serde(deserialize_with = "or_default")]
    aggregation: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct StreamInfo {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    document_filter_groups: Vec<DocumentGroupInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DocumentGroupInfo {
    #[serde(deserialize_with = "or_default")]
    telemetry_type: String,
    filters: Option<GroupInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct GroupInfo {
    #[serde(deserialize_with = "or_default")]
    filters: Vec<FilterInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FilterInfo {
    #[serde(deserialize_with = "or_default")]
    field_name: String,
    #[serde(deserialize_with = "or_default")]
    predicate: String,
    #[serde(deserialize_with = "or_default")]
    comparand: String,
}

/// The service writes `null` where it has nothing to say.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
