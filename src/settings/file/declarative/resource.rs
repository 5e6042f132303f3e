//! Attributes of the resource.

use super::Declarative;
use crate::settings::file::pair;
use crate::settings::file::problems::Place;
use crate::settings::file::tree::Value;
use crate::settings::pairs;

/// `OTEL_RESOURCE_ATTRIBUTES`, from `attributes` and, for what that lacks, `attributes_list`.
pub(super) fn read(file: &Declarative<'_>) {
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut at: Option<Place> = None;
    for index in 0.. {
        let path = |key: &str| format!("resource.attributes[{index}].{key}");
        let (name, value) = (file.text(&path("name")), file.node(&path("value")));
        let Some((name, place)) = name else {
            match value {
                Some(node) => file.problems().error(node.place, format!("{} is missing", path("name")), ""),
                None => break,
            }
            continue;
        };
        let Some(node) = value else {
            file.problems().error(place, format!("{} is missing", path("value")), "");
            continue;
        };
        match &node.value {
            Value::Scalar { .. } => {
                let value = file.reading.scalar(&path("value"), node);
                if let Some(value) = value.filter(|value| !value.text.is_empty()) {
                    at.get_or_insert(place);
                    attributes.push((name.text.clone(), value.text));
                }
            }
            _ => {
                let what = format!(
                    "{} is {}, and a resource attribute can only be text here",
                    path("value"),
                    node.what()
                );
                file.problems().error(node.place, what, "write one text, with commas if need be");
            }
        }
    }
    if let Some((list, place)) = file.text("resource.attributes_list") {
        let read = pairs::parse(&list.text);
        for (number, why) in read.bad {
            let what = format!("resource.attributes_list: pair {number} {why}");
            file.problems().error(place, what, "write name=value,name=value");
        }
        for (name, value) in read.good {
            if !attributes.iter().any(|(known, _)| *known == name) {
                at.get_or_insert(place);
                attributes.push((name, value));
            }
        }
    }
    detectors(file);
    if let Some(place) = at {
        let list: Vec<String> = attributes.iter().map(|(name, value)| pair(name, value)).collect();
        file.say(NAME, &list.join(","), place);
    }
}

/// Detectors by the names that otel-run has for them; what the SDK finds by itself is nobody's business here.
fn detectors(file: &Declarative<'_>) {
    for found in file.found.iter().filter(|found| found.key.path.ends_with("detectors[].*")) {
        let names = match found.path.rsplit('.').next() {
            Some("host") => "host,os",
            Some("service") => "serviceinstance",
            Some(other) => other,
            None => continue,
        };
        file.said.add("OTEL_RUN_RESOURCE_DETECTORS", names, found.node.place);
    }
}
