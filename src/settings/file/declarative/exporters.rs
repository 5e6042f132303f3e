//! Destinations of each signal.

use super::Declarative;
use crate::settings::file::pair;
use crate::settings::file::problems::Place;
use crate::settings::file::schema::{Found, signal};
use crate::settings::{pairs, suggest};

/// Exporters of the vocabulary, and what they are here.
const EXPORTERS: [(&str, &str); 6] = [
    ("otlp_http", "otlp"),
    ("otlp_grpc", "otlp"),
    ("otlp_file/development", "otlp/stdout"),
    ("console", "console"),
    ("azure", "azure"),
    ("prometheus/development", "prometheus"),
];

const PROVIDERS: [&str; 3] = ["tracer_provider", "meter_provider", "logger_provider"];

/// What a timeout of 0, which is none, becomes: a day.
const NO_TIMEOUT: &str = "86400000";

/// `OTEL_TRACES_EXPORTER` and the like, and what each exporter is told.
pub(super) fn read(file: &Declarative<'_>) {
    // Who gives a connection string wants it to be used.
    let azure = file.said.get("APPLICATIONINSIGHTS_CONNECTION_STRING").is_some();
    let given: Vec<&str> =
        PROVIDERS.into_iter().filter(|name| file.found.iter().any(|found| found.path == *name)).collect();
    for provider in PROVIDERS {
        let mut names: Vec<&str> = Vec::new();
        let mut at = None;
        let mut otlp = None;
        for found in file.found.iter().filter(|found| found.path.starts_with(provider)) {
            if is_other_processor(found) {
                let what = format!("{} is not followed: otel-run knows batch and simple alone", found.path);
                file.problems().warn(found.node.place, what, "");
                continue;
            }
            let Some(name) = exporter(&found.path) else { continue };
            at.get_or_insert(found.node.place);
            let Some((_, ours)) = EXPORTERS.iter().find(|(known, _)| *known == name) else {
                unknown(file, found, name);
                continue;
            };
            if *ours == "otlp" && names.contains(ours) {
                let what = format!("{} is left out: each signal has one OTLP destination", found.path);
                file.problems().warn(found.node.place, what, "send to a Collector, which sends to several");
                continue;
            }
            if !names.contains(ours) {
                names.push(ours);
            }
            if *ours == "otlp" {
                otlp = Some(found);
            }
        }
        if azure && at.is_some() && !names.contains(&"azure") {
            names.push("azure");
        }
        if let Some(found) = otlp {
            details(file, found);
        }
        let variable = format!("OTEL_{}_EXPORTER", signal(provider));
        match (at, names.as_slice()) {
            (Some(place), [_, ..]) => file.say(&variable, &names.join(","), place),
            (Some(_), []) => {}
            // As the specification has it, a provider that is not there does nothing, where another one is.
            (None, _) if given.is_empty() || azure => {}
            (None, _) => file.say(&variable, "none", Place::START),
        }
    }
    streams(file);
    temporality(file);
}

/// The name of the exporter that this path names, if it does.
fn exporter(path: &str) -> Option<&str> {
    let (before, name) = path.rsplit_once('.')?;
    before.ends_with(".exporter").then_some(name)
}

fn is_other_processor(found: &Found<'_>) -> bool {
    found.key.path.ends_with("processors[].*")
}

fn unknown(file: &Declarative<'_>, found: &Found<'_>, name: &str) {
    let names = EXPORTERS.map(|(name, _)| name);
    let hint = match suggest::nearest(name, names) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known are {}", names.join(", ")),
    };
    let what = format!("{} is left out: otel-run has no exporter of that name", found.path);
    file.problems().warn(found.node.place, what, hint);
}

/// What has no variable of its own in the table of keys.
fn details(file: &Declarative<'_>, found: &Found<'_>) {
    let signal = signal(&found.path);
    let variable = |what: &str| format!("OTEL_EXPORTER_OTLP_{signal}_{what}");
    let grpc = found.path.ends_with("otlp_grpc");
    let json = file.text(&format!("{}.encoding", found.path)).is_some_and(|(text, _)| text.text == "json");
    let protocol = match (grpc, json) {
        (true, _) => "grpc",
        (false, true) => "http/json",
        (false, false) => "http/protobuf",
    };
    file.say(&variable("PROTOCOL"), protocol, found.node.place);
    if let Some((timeout, place)) = file.text(&format!("{}.timeout", found.path)) {
        let timeout = if timeout.text == "0" { NO_TIMEOUT } else { &timeout.text };
        file.say(&variable("TIMEOUT"), timeout, place);
    }
    headers(file, found, &variable("HEADERS"));
}

fn headers(file: &Declarative<'_>, found: &Found<'_>, variable: &str) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut at = None;
    let entries = file.found.iter().filter(|each| {
        each.path.starts_with(&format!("{}.headers[", found.path)) && each.path.ends_with("].name")
    });
    for entry in entries {
        let Some(name) = &entry.value else { continue };
        let path = format!("{}.value", entry.path.trim_end_matches(".name"));
        let Some((value, place)) = file.text(&path) else { continue };
        if !value.replaced {
            file.said.secret(&path, place);
        }
        at.get_or_insert(place);
        headers.push((name.text.clone(), value.text.clone()));
    }
    let path = format!("{}.headers_list", found.path);
    if let Some((list, place)) = file.text(&path) {
        if !list.replaced {
            file.said.secret(&path, place);
        }
        for (name, value) in pairs::parse_headers(&list.text).good {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                at.get_or_insert(place);
                headers.push((name, value));
            }
        }
    }
    if let Some(place) = at {
        let list: Vec<String> = headers.iter().map(|(name, value)| pair(name, value)).collect();
        file.say(variable, &list.join(","), place);
    }
}

/// Files that JSON lines go to. There is one for all signals.
fn streams(file: &Declarative<'_>) {
    for found in file.found.iter().filter(|found| found.path.ends_with(".output_stream")) {
        let Some(stream) = &found.value else { continue };
        let place = found.node.place;
        let path = match stream.text.strip_prefix("file://") {
            Some(path) => path,
            None if stream.text == "stdout" => continue,
            None => {
                let what = format!("{}: {:?} is no stream", found.path, stream.text);
                file.problems().error(place, what, "write stdout, or file:///path/to/file.jsonl");
                continue;
            }
        };
        match file.said.get("OTEL_RUN_CONSOLE_OUTPUT") {
            Some(known) if known != path => {
                let what = format!("{} is left out: all signals are written to {known}", found.path);
                file.problems().warn(place, what, "");
            }
            Some(_) => {}
            None => file.say("OTEL_RUN_CONSOLE_OUTPUT", path, place),
        }
    }
}

fn temporality(file: &Declarative<'_>) {
    for found in file.found.iter().filter(|found| found.path.ends_with(".temporality_preference")) {
        if let Some(value) = &found.value {
            let word = value.text.replace('_', "");
            file.say("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", &word, found.node.place);
        }
    }
}
