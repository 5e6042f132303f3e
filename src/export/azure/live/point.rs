//! `MonitoringDataPoint`: what is told each second.

use super::configuration::Configuration;
use super::document::{list, member};
use super::identity::Identity;
use super::second::{Calls, Second};
use crate::export::Vitals;
use crate::export::azure::{json, time};
use tokio::time::Instant;

/// The contract that we fulfil: filtering.
pub(super) const INVARIANT_VERSION: &str = "5";

/// What a data point is made of.
pub(super) struct Taken<'a> {
    pub(super) now: Instant,
    pub(super) second: &'a Second,
    pub(super) configuration: &'a Configuration,
    pub(super) vitals: Option<&'a Vitals>,
}

/// Writes a data point: with `taken` all of it, without (for a ping) only who we are.
pub(super) fn write(out: &mut Vec<u8>, identity: &Identity, unix_nano: u64, taken: Option<&Taken<'_>>) {
    out.extend_from_slice(b"{\"InvariantVersion\":");
    out.extend_from_slice(INVARIANT_VERSION.as_bytes());
    for (name, value) in [
        ("Version", &identity.version),
        ("Instance", &identity.instance),
        ("RoleName", &identity.role),
        ("MachineName", &identity.machine),
        ("StreamId", &identity.stream),
    ] {
        member(out, name);
        json::text_cut(out, value, 256);
    }
    for name in ["Timestamp", "TransmissionTime"] {
        member(out, name);
        out.push(b'"');
        time::moment(out, unix_nano);
        out.push(b'"');
    }
    member(out, "IsWebApp");
    boolean(out, identity.web_app);
    member(out, "PerformanceCollectionSupported");
    boolean(out, taken.is_none_or(|taken| taken.vitals.is_some()));
    if let Some(taken) = taken {
        figures(out, taken);
        member(out, "Documents");
        out.push(b'[');
        list(out, taken.second.documents.iter(), |out, document| out.extend_from_slice(document));
        out.push(b']');
        errors(out, taken.configuration);
    }
    out.push(b'}');
}

fn figures(out: &mut Vec<u8>, taken: &Taken<'_>) {
    let second = taken.second;
    let seconds = taken.now.saturating_duration_since(second.since).as_secs_f64();
    let rate = |count: f64| if seconds > 0.0 { count / seconds } else { 0.0 };
    let mut metrics: Vec<(&str, f64, f64)> = Vec::new();
    let mut calls = |[all, failed, mean]: [&'static str; 3], calls: &Calls| {
        metrics.push((all, rate(calls.count), 1.0));
        metrics.push((failed, rate(calls.failed), 1.0));
        metrics.push((mean, calls.mean(), calls.count));
    };
    calls(
        [
            r"\ApplicationInsights\Requests/Sec",
            r"\ApplicationInsights\Requests Failed/Sec",
            r"\ApplicationInsights\Request Duration",
        ],
        &second.requests,
    );
    calls(
        [
            r"\ApplicationInsights\Dependency Calls/Sec",
            r"\ApplicationInsights\Dependency Calls Failed/Sec",
            r"\ApplicationInsights\Dependency Call Duration",
        ],
        &second.dependencies,
    );
    metrics.push((r"\ApplicationInsights\Exceptions/Sec", rate(second.exceptions), 1.0));
    if let Some(vitals) = taken.vitals {
        // Older portals know the first name of each, newer ones the second.
        for name in [r"\Memory\Committed Bytes", r"\Process\Physical Bytes"] {
            metrics.push((name, vitals.resident_bytes as f64, 1.0));
        }
        for name in [r"\Processor(_Total)\% Processor Time", r"\% Process\Processor Time Normalized"] {
            metrics.push((name, vitals.cpu_percent, 1.0));
        }
    }
    for (metric, gathered) in taken.configuration.metrics.iter().zip(&second.gathered) {
        metrics.push((&metric.id, gathered.value(metric.aggregation), gathered.count));
    }
    member(out, "Metrics");
    out.push(b'[');
    list(out, metrics.into_iter(), |out, (name, value, weight)| {
        out.extend_from_slice(b"{\"Name\":");
        json::text(out, name);
        member(out, "Value");
        json::number(out, value);
        member(out, "Weight");
        json::integer(out, weight.round().min(f64::from(i32::MAX)) as i64);
        out.push(b'}');
    });
    out.push(b']');
    if let Some(vitals) = taken.vitals {
        member(out, "TopCpuProcesses");
        out.push(b'[');
        list(out, vitals.top.iter(), |out, (name, percent)| {
            out.extend_from_slice(b"{\"ProcessName\":");
            json::text_cut(out, name, 256);
            member(out, "CpuPercentage");
            json::integer(out, i64::from(*percent));
            out.push(b'}');
        });
        out.push(b']');
    }
}

fn errors(out: &mut Vec<u8>, configuration: &Configuration) {
    member(out, "CollectionConfigurationErrors");
    out.push(b'[');
    list(out, configuration.errors.iter(), |out, error| {
        out.extend_from_slice(b"{\"CollectionConfigurationErrorType\":");
        json::text(out, error.kind);
        member(out, "Message");
        json::text_cut(out, &error.message, 1024);
        member(out, "FullException");
        json::text(out, "");
        member(out, "Data");
        out.push(b'[');
        let about = error.about.as_ref().map(|(key, id)| (*key, id.as_str()));
        let data = about.into_iter().chain([("ETag", configuration.etag.as_str())]);
        list(out, data, |out, (key, value)| {
            out.extend_from_slice(b"{\"key\":");
            json::text(out, key);
            out.extend_from_slice(b",\"value\":");
            json::text_cut(out, value, 1024);
            out.push(b'}');
        });
        out.extend_from_slice(b"]}");
    });
    out.push(b']');
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}
