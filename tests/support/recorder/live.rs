//! The service behind the portal's page Live Metrics: answers pings and posts as it is told, and
//! refuses what its contract (data plane 2024-04-01-preview) refuses.
//!
//!     let portal = Portal::at(&recorder);
//!     portal.watch(Some(json!({"Metrics": [], "DocumentStreams": []})));
//!     let points = portal.wait(|seen| seen.points.len() > 1);

use super::{Answer, KEY, Recorder, Request, lock};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longest wait for anything in a test.
const PATIENCE: Duration = Duration::from_secs(20);
/// .NET ticks in a second, and seconds from the year 1 to 1970.
const TICKS: u128 = 10_000_000;
const EPOCH: u128 = 62_135_596_800;

pub(crate) struct Portal {
    state: Arc<(Mutex<Seen>, Condvar)>,
}

/// What has arrived so far, and what is answered.
#[derive(Default)]
pub(crate) struct Seen {
    /// The bodies of pings, and when they came.
    pub(crate) pings: Vec<(Instant, Value)>,
    /// Data points that were posted.
    pub(crate) points: Vec<(Instant, Value)>,
    /// The etag that each request showed.
    pub(crate) etags: Vec<String>,
    /// The token that each request showed.
    pub(crate) tokens: Vec<Option<String>>,
    /// What was wrong with requests, which were refused.
    pub(crate) faults: Vec<String>,
    watched: bool,
    /// The number of the configuration is its etag.
    number: u32,
    configuration: Option<Value>,
    hint: Option<u64>,
    redirect: Option<String>,
    refusal: Option<u16>,
    /// The token that everybody must show.
    required: Option<String>,
    /// How often it was given.
    pub(crate) refused: usize,
}

impl Seen {
    /// Values of a metric, in the order of the points that have it.
    pub(crate) fn values(&self, name: &str) -> Vec<f64> {
        self.numbers(name, "Value")
    }

    /// How many items are in a metric, in all points.
    pub(crate) fn weight(&self, name: &str) -> f64 {
        self.numbers(name, "Weight").into_iter().sum()
    }

    fn numbers(&self, name: &str, field: &str) -> Vec<f64> {
        let metrics =
            self.points.iter().flat_map(|(_, point)| point["Metrics"].as_array().into_iter().flatten());
        metrics.filter(|metric| metric["Name"] == name).filter_map(|metric| metric[field].as_f64()).collect()
    }

    /// All documents of all points.
    pub(crate) fn documents(&self) -> Vec<&Value> {
        self.points
            .iter()
            .flat_map(|(_, point)| point["Documents"].as_array().into_iter().flatten())
            .collect()
    }
}

impl Portal {
    /// Nobody watches at first, and pings are wished every second.
    pub(crate) fn at(recorder: &Recorder) -> Portal {
        let seen = Seen { hint: Some(1000), ..Seen::default() };
        let state = Arc::new((Mutex::new(seen), Condvar::new()));
        let answering = state.clone();
        recorder.page(move |request| {
            let action = request.path.split('?').next()?.strip_prefix("/QuickPulseService.svc/")?;
            let answer = lock(&answering.0).answer(action, request);
            answering.1.notify_all();
            Some(answer)
        });
        Portal { state }
    }

    /// Somebody watches from now on, and wishes this.
    pub(crate) fn watch(&self, configuration: Option<Value>) {
        let mut seen = self.seen();
        seen.watched = true;
        if configuration.is_some() {
            (seen.configuration, seen.number) = (configuration, seen.number + 1);
        }
    }

    pub(crate) fn unwatch(&self) {
        self.seen().watched = false;
    }

    /// Milliseconds between pings that are wished.
    pub(crate) fn hint(&self, hint: Option<u64>) {
        self.seen().hint = hint;
    }

    /// Where clients are led.
    pub(crate) fn redirect(&self, to: &str) {
        self.seen().redirect = Some(to.to_owned());
    }

    /// Answers all requests with this status, until `None`.
    pub(crate) fn refuse(&self, status: Option<u16>) {
        self.seen().refusal = status;
    }

    /// Refuses (401) whoever does not show this token.
    pub(crate) fn require(&self, token: &str) {
        self.seen().required = Some(token.to_owned());
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.state.0)
    }

    /// Waits until what has arrived is as wanted; panics after twenty seconds, and when anything was
    /// wrong with it.
    pub(crate) fn wait(&self, wanted: impl Fn(&Seen) -> bool) -> MutexGuard<'_, Seen> {
        let (changed, seen) = (&self.state.1, self.seen());
        let waited =
            changed.wait_timeout_while(seen, PATIENCE, |seen| seen.faults.is_empty() && !wanted(seen));
        let (seen, result) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        assert!(seen.faults.is_empty(), "{:?}", seen.faults);
        let (pings, points) = (seen.pings.len(), &seen.points);
        assert!(!result.timed_out(), "{pings} pings came and {points:?}, but not what was waited for");
        seen
    }
}

impl Seen {
    fn answer(&mut self, action: &str, request: &Request) -> Answer {
        if let Some(status) = self.refusal {
            self.refused += 1;
            return Answer::status(status);
        }
        if self.required.as_deref().is_some_and(|required| request.token() != Some(required)) {
            self.refused += 1;
            return Answer::status(401);
        }
        let points = match check(action, request) {
            Ok(points) => points,
            Err(fault) => {
                let body =
                    json!({"RequestId": "0", "Code": "InvalidInput", "Message": fault, "Exception": ""});
                self.faults.push(format!("{}: {fault}", request.path));
                return Answer::status(400).body("application/json", body.to_string());
            }
        };
        let now = Instant::now();
        let list = if action == "ping" { &mut self.pings } else { &mut self.points };
        list.extend(points.into_iter().map(|point| (now, point)));
        let shown = request.header("x-ms-qps-configuration-etag").unwrap_or_default().to_owned();
        self.tokens.push(request.token().map(str::to_owned));
        let etag = format!("1::{}::", self.number);
        let mut answer = Answer::status(200)
            .header("x-ms-qps-subscribed", if self.watched { "true" } else { "false" })
            .header("x-ms-qps-configuration-etag", &etag);
        if let Some(hint) = self.hint.filter(|_| !self.watched) {
            answer = answer.header("x-ms-qps-service-polling-interval-hint", &hint.to_string());
        }
        if let Some(to) = &self.redirect {
            answer = answer.header("x-ms-qps-service-endpoint-redirect-v2", to);
        }
        if let Some(configuration) = self.configuration.as_ref().filter(|_| self.watched && shown != etag) {
            answer = answer.body("application/json", configuration.to_string());
        }
        self.etags.push(shown);
        answer
    }
}

type Checked<T> = Result<T, String>;

/// Checks a request; the data points in it.
fn check(action: &str, request: &Request) -> Checked<Vec<Value>> {
    let is_ping = match action {
        "ping" => true,
        "post" => false,
        other => return Err(format!("no action {other}")),
    };
    let query = request.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let mut parts: Vec<&str> = query.split('&').collect();
    parts.sort_unstable();
    if request.method != "POST" || parts != ["api-version=2024-04-01-preview", &format!("ikey={KEY}")] {
        return Err("not the address of the contract".to_owned());
    }
    let header = |name: &str| {
        let mut values = request.headers.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Ok(value.as_str()),
            (None, _) => Err(format!("no header {name}")),
            _ => Err(format!("more than one header {name}")),
        }
    };
    if header("content-type")? != "application/json" {
        return Err("not JSON".to_owned());
    }
    let sent: u128 = header("x-ms-qps-transmission-time")?.parse().map_err(|_| "no ticks")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    if (sent / TICKS).abs_diff(u128::from(now) + EPOCH) > 10 {
        return Err(format!("{sent} ticks are another time than now"));
    }
    header("x-ms-qps-configuration-etag")?;
    let body: Value = serde_json::from_slice(&request.body).map_err(|e| e.to_string())?;
    let points = match body {
        Value::Array(points) if !is_ping && !points.is_empty() => points,
        Value::Object(_) if is_ping => vec![body],
        _ => return Err("a ping is a data point, a post is a list of them".to_owned()),
    };
    points.iter().try_for_each(|value| point(value).map_err(|fault| format!("{fault} in {value}")))?;
    if is_ping {
        for (name, field) in [
            ("x-ms-qps-machine-name", "MachineName"),
            ("x-ms-qps-instance-name", "Instance"),
            ("x-ms-qps-stream-id", "StreamId"),
            ("x-ms-qps-role-name", "RoleName"),
        ] {
            if header(name)?.is_empty() || header(name)? != points[0][field] {
                return Err(format!("{name} says something else than {field}"));
            }
        }
        if header("x-ms-qps-invariant-version")?.parse().ok() != points[0]["InvariantVersion"].as_i64() {
            return Err("the header says another invariant version than the body".to_owned());
        }
    }
    Ok(points)
}

/// An object with these fields: all of `required`, perhaps some of `optional`, no others.
fn object<'v>(value: &'v Value, required: &[&str], optional: &[&str]) -> Checked<&'v Map<String, Value>> {
    let object = value.as_object().ok_or_else(|| format!("{value} is no object"))?;
    if let Some(missing) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(format!("no {missing}"));
    }
    match object.keys().find(|key| !required.contains(&key.as_str()) && !optional.contains(&key.as_str())) {
        Some(unknown) => Err(format!("unknown field {unknown}")),
        None => Ok(object),
    }
}

/// Text of at most so many UTF-16 units, if it is there.
fn text(object: &Map<String, Value>, name: &str, most: usize) -> Checked<()> {
    match object.get(name) {
        None => Ok(()),
        Some(Value::String(text)) if text.encode_utf16().count() <= most => Ok(()),
        Some(_) => Err(format!("{name} is no text of at most {most} units")),
    }
}

/// The elements of a list, if it is there.
fn list<'v>(object: &'v Map<String, Value>, name: &str) -> Checked<&'v [Value]> {
    match object.get(name) {
        None => Ok(&[]),
        Some(Value::Array(elements)) => Ok(elements),
        Some(_) => Err(format!("{name} is no list")),
    }
}

fn point(value: &Value) -> Checked<()> {
    let names = ["Version", "Instance", "RoleName", "MachineName", "StreamId"];
    let object = object(
        value,
        &[&names[..], &["InvariantVersion", "IsWebApp", "PerformanceCollectionSupported"]].concat(),
        &[
            "Timestamp",
            "TransmissionTime",
            "Metrics",
            "Documents",
            "TopCpuProcesses",
            "CollectionConfigurationErrors",
        ],
    )?;
    names.iter().try_for_each(|name| text(object, name, 256))?;
    let stream = object["StreamId"].as_str().unwrap_or_default();
    if stream.len() != 32 || !stream.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("the stream id is not 32 hexadecimal digits".to_owned());
    }
    if !object["InvariantVersion"].as_i64().is_some_and(|version| (1..=5).contains(&version)) {
        return Err("no such invariant version".to_owned());
    }
    for name in ["IsWebApp", "PerformanceCollectionSupported"] {
        object[name].as_bool().ok_or_else(|| format!("{name} is neither true nor false"))?;
    }
    for name in ["Timestamp", "TransmissionTime"] {
        let moment = object.get(name).map(|moment| moment.as_str().unwrap_or_default());
        if moment.is_some_and(|moment| moment.len() != 27 || !moment.ends_with('Z')) {
            return Err(format!("{name} is no moment"));
        }
    }
    list(object, "Metrics")?.iter().try_for_each(metric)?;
    let documents = list(object, "Documents")?;
    if documents.len() > 20 {
        return Err(format!("{} documents", documents.len()));
    }
    documents.iter().try_for_each(document)?;
    list(object, "TopCpuProcesses")?.iter().try_for_each(process)?;
    list(object, "CollectionConfigurationErrors")?.iter().try_for_each(complaint)
}

fn metric(value: &Value) -> Checked<()> {
    let object = object(value, &["Name", "Value", "Weight"], &[])?;
    text(object, "Name", 1024)?;
    object["Value"].as_f64().ok_or("Value is no number")?;
    object["Weight"]
        .as_i64()
        .filter(|weight| (0..=i64::from(i32::MAX)).contains(weight))
        .ok_or("Weight is no number")?;
    Ok(())
}

fn process(value: &Value) -> Checked<()> {
    let object = object(value, &["ProcessName", "CpuPercentage"], &[])?;
    text(object, "ProcessName", 256)?;
    object["CpuPercentage"].as_i64().ok_or("CpuPercentage is no whole number")?;
    Ok(())
}

fn document(value: &Value) -> Checked<()> {
    let fields: &[(&str, usize)] = match value["DocumentType"].as_str() {
        Some("Request") => &[("Name", 1024), ("Url", 2048), ("ResponseCode", 1024), ("Duration", 64)],
        Some("RemoteDependency") => {
            &[("Name", 1024), ("CommandName", 2048), ("ResultCode", 1024), ("Duration", 64)]
        }
        Some("Exception") => &[("ExceptionType", 1024), ("ExceptionMessage", 32_768)],
        Some("Trace") => &[("Message", 32_768)],
        Some("Event") => &[("Name", 512)],
        _ => return Err("no such type of documents".to_owned()),
    };
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    names.extend(["DocumentStreamIds", "Properties"]);
    let object = object(value, &["DocumentType"], &names)?;
    fields.iter().try_for_each(|(name, most)| text(object, name, *most))?;
    if object.get("Duration").is_some_and(|duration| !is_iso_duration(duration.as_str().unwrap_or_default()))
    {
        return Err("Duration is none of ISO 8601".to_owned());
    }
    if object.get("Url").is_some_and(|url| url.as_str().is_none_or(|url| url.parse::<http::Uri>().is_err())) {
        return Err("Url is none".to_owned());
    }
    if !list(object, "DocumentStreamIds")?.iter().all(Value::is_string) {
        return Err("a stream's id is no text".to_owned());
    }
    pairs(list(object, "Properties")?, 10)
}

/// `PT61.5S`.
fn is_iso_duration(text: &str) -> bool {
    let seconds = text.strip_prefix("PT").and_then(|rest| rest.strip_suffix('S'));
    seconds.is_some_and(|seconds| seconds.parse::<f64>().is_ok_and(|seconds| seconds >= 0.0))
}

fn pairs(values: &[Value], most: usize) -> Checked<()> {
    if values.len() > most {
        return Err(format!("more than {most} pairs"));
    }
    values.iter().try_for_each(|value| {
        let object = object(value, &["key", "value"], &[])?;
        text(object, "key", 150)?;
        text(object, "value", 8192)
    })
}

fn complaint(value: &Value) -> Checked<()> {
    let object =
        object(value, &["CollectionConfigurationErrorType", "Message", "FullException", "Data"], &[])?;
    let known = [
        "DocumentStreamDuplicateIds",
        "DocumentStreamFailureToCreate",
        "DocumentStreamFailureToCreateFilterUnexpected",
        "MetricDuplicateIds",
        "MetricTelemetryTypeUnsupported",
        "MetricFailureToCreate",
        "MetricFailureToCreateFilterUnexpected",
        "FilterFailureToCreateUnexpected",
        "CollectionConfigurationFailureToCreateUnexpected",
    ];
    let kind = object["CollectionConfigurationErrorType"].as_str().unwrap_or_default();
    if !known.contains(&kind) {
        return Err(format!("no such type of errors: {kind}"));
    }
    text(object, "Message", 1024)?;
    text(object, "FullException", 32_768)?;
    pairs(list(object, "Data")?, 10)
}
