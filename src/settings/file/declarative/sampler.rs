//! The sampler of traces.

use super::Declarative;
use crate::settings::file::problems::Place;
use crate::settings::file::rules::{Fields, Style};
use crate::settings::file::scalar::ScalarKind;
use crate::settings::file::tree::{Node, Value};
use crate::settings::suggest;

const KNOWN: [&str; 8] = [
    "always_on",
    "always_off",
    "always_record",
    "parent_based",
    "trace_id_ratio_based",
    "probability/development",
    "composite/development",
    "jaeger_remote/development",
];

/// What becomes `OTEL_TRACES_SAMPLER`.
enum Sampler {
    Named(&'static str),
    Ratio(f64),
}

/// `OTEL_TRACES_SAMPLER`, from `tracer_provider.sampler`.
pub(super) fn read(file: &Declarative<'_>) {
    const PATH: &str = "tracer_provider.sampler";
    let Some(node) = file.node(PATH) else { return };
    let Some((name, inner)) = single(file, PATH, node) else { return };
    let path = format!("{PATH}.{name}");
    let (sampler, parent) = match name {
        "parent_based" => match parent_based(file, &path, inner) {
            Some(sampler) => (sampler, true),
            None => return,
        },
        _ => match plain(file, &path, name, inner) {
            Some(sampler) => (sampler, false),
            None => return,
        },
    };
    let place = node.place;
    match (sampler, parent) {
        (Sampler::Named(name), false) => file.say("OTEL_TRACES_SAMPLER", name, place),
        (Sampler::Named(name), true) => {
            file.say("OTEL_TRACES_SAMPLER", &format!("parentbased_{name}"), place)
        }
        (Sampler::Ratio(ratio), parent) => {
            let name = if parent { "parentbased_traceidratio" } else { "traceidratio" };
            file.say("OTEL_TRACES_SAMPLER", name, place);
            file.say("OTEL_TRACES_SAMPLER_ARG", &ratio.to_string(), place);
        }
    }
}

/// The one key of a sampler.
fn single<'a>(file: &Declarative<'a>, path: &str, node: &'a Node) -> Option<(&'a str, &'a Node)> {
    match &node.value {
        Value::Map(pairs) if pairs.len() == 1 => pairs.first().map(|(name, node)| (name.text.as_str(), node)),
        _ if node.is_null() => None,
        _ => {
            let what = format!("{path} must be a mapping of one key");
            file.problems().error(node.place, what, format!("use one of {}", KNOWN.join(", ")));
            None
        }
    }
}

fn plain<'a>(file: &Declarative<'a>, path: &str, name: &str, node: &'a Node) -> Option<Sampler> {
    let fields = fields(file, path, node)?;
    let sampler = match name {
        "always_on" => Some(Sampler::Named("always_on")),
        "always_off" => Some(Sampler::Named("always_off")),
        "trace_id_ratio_based" | "probability/development" => ratio(file, &fields),
        "always_record" | "composite/development" | "jaeger_remote/development" | "parent_based" => {
            let what = format!("{path} is not followed: no variable says it to the program's SDK");
            let hint =
                "distribution.otel_run.sampling has overrides by name, attributes, status and duration";
            file.problems().warn(node.place, what, hint);
            return None;
        }
        _ => {
            let hint = match suggest::nearest(name, KNOWN) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known are {}", KNOWN.join(", ")),
            };
            file.problems().error(node.place, format!("{path} is no sampler that otel-run knows"), hint);
            return None;
        }
    };
    fields.finish();
    sampler
}

fn ratio(file: &Declarative<'_>, fields: &Fields<'_>) -> Option<Sampler> {
    let Some((scalar, place)) = fields.scalar("ratio") else { return Some(Sampler::Ratio(1.0)) };
    match scalar.text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) && scalar.kind != ScalarKind::Null => {
            Some(Sampler::Ratio(ratio))
        }
        _ => {
            let what = format!("{} must be a number from 0 to 1", fields.path("ratio"));
            file.problems().error(place, what, "write 0.25 for a quarter");
            None
        }
    }
}

/// A sampler for spans without a parent; the others follow their parents, as the variables have it.
fn parent_based<'a>(file: &Declarative<'a>, path: &str, node: &'a Node) -> Option<Sampler> {
    let fields = fields(file, path, node)?;
    let root = match fields.get("root") {
        Some(node) => {
            let (name, inner) = single(file, &fields.path("root"), node)?;
            plain(file, &format!("{}.{name}", fields.path("root")), name, inner)
        }
        None => Some(Sampler::Named("always_on")),
    };
    for (key, usual) in [
        ("remote_parent_sampled", "always_on"),
        ("remote_parent_not_sampled", "always_off"),
        ("local_parent_sampled", "always_on"),
        ("local_parent_not_sampled", "always_off"),
    ] {
        let Some(node) = fields.get(key) else { continue };
        let path = fields.path(key);
        let Some((name, _)) = single(file, &path, node) else { continue };
        if name != usual {
            unusual(file, node.place, &path, usual);
        }
    }
    fields.finish();
    root
}

fn unusual(file: &Declarative<'_>, place: Place, path: &str, usual: &str) {
    let what =
        format!("{path} is not followed, and counts as {usual}: no variable says it to the program's SDK");
    file.problems().warn(place, what, "");
}

fn fields<'a>(file: &Declarative<'a>, path: &str, node: &'a Node) -> Option<Fields<'a>> {
    Fields::of(Style { reading: file.reading, own: true }, path, node)
}
