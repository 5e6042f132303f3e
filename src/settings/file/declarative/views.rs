//! Views of metrics, as far as processors can do what they do.

use super::Declarative;
use super::scopes::scope;
use crate::settings::file::problems::Place;
use crate::settings::file::rules::{Fields, Style};
use crate::settings::file::tree::{Node, Value};
use crate::settings::shape::{
    AttributeAction, Change, Item, Keys, Naming, Processor, Selector, Shape, Text, Work,
};

pub(super) fn read(file: &Declarative<'_>, shape: &mut Shape) {
    const PATH: &str = "meter_provider.views";
    let Some(node) = file.node(PATH) else { return };
    let Value::List(nodes) = &node.value else {
        if !node.is_null() {
            file.problems().error(node.place, format!("{PATH} is {}, and must be a list", node.what()), "");
        }
        return;
    };
    for (index, node) in nodes.iter().enumerate() {
        view(file, &format!("{PATH}[{index}]"), node, shape);
    }
}

fn view<'a>(file: &Declarative<'a>, path: &str, node: &'a Node, shape: &mut Shape) {
    let style = Style { reading: file.reading, own: true };
    let Some(fields) = Fields::of(style, path, node) else { return };
    let (Some(selector), Some(stream)) = (fields.get("selector"), fields.get("stream")) else {
        fields.finish();
        return file.problems().error(node.place, format!("{path} needs selector and stream"), "");
    };
    let selected = selected(file, style, &fields.path("selector"), selector);
    let works = works(file, style, &fields.path("stream"), stream);
    fields.finish();
    let Some(include) = selected else { return };
    let name = format!("view {path} ({})", file.problems().at(node.place));
    shape.processors.extend(works.into_iter().map(|work| Processor {
        name: name.clone(),
        items: vec![Item::Metric],
        include: Some(include.clone()),
        exclude: None,
        work,
    }));
}

/// The metrics of a view, if they can be told by name.
fn selected<'a>(file: &Declarative<'a>, style: Style<'a>, path: &str, node: &'a Node) -> Option<Selector> {
    let fields = Fields::of(style, path, node)?;
    let text = |key: &'static str| fields.scalar(key).map(|(value, _)| value.text);
    let selector = Selector {
        metric_names: text("instrument_name").map(|name| scope(&name)).into_iter().collect::<Vec<Text>>(),
        scopes: text("meter_name").map(|name| scope(&name)).into_iter().collect(),
        ..Selector::default()
    };
    let mut told = true;
    for key in ["instrument_type", "unit", "meter_version", "meter_schema_url"] {
        if let Some((_, place)) = fields.scalar(key) {
            let what = format!("{} cannot be told by otel-run: the view is left out", fields.path(key));
            file.problems().warn(place, what, "select by instrument_name and meter_name");
            told = false;
        }
    }
    fields.finish();
    let empty = selector == Selector::default();
    if empty && told {
        file.problems().error(node.place, format!("{path} has no criteria"), "");
    }
    (told && !empty).then_some(selector)
}

fn works<'a>(file: &Declarative<'a>, style: Style<'a>, path: &str, node: &'a Node) -> Vec<Work> {
    let Some(fields) = Fields::of(style, path, node) else { return Vec::new() };
    let mut works = Vec::new();
    let unable = |key: &str, place: Place| {
        let what = format!("{path}.{key} is not followed: no variable says it to the program's SDK");
        file.problems().warn(place, what, "");
    };
    if let Some(node) = fields.get("attribute_keys")
        && let Some(inner) = Fields::of(style, &fields.path("attribute_keys"), node)
    {
        if let Some(node) = inner.get("included") {
            unable("attribute_keys.included", node.place);
        }
        let actions: Vec<AttributeAction> = excluded(&inner);
        if !actions.is_empty() {
            works.push(Work::Attributes(actions));
        }
        inner.finish();
    }
    if let Some(node) = fields.get("aggregation")
        && let Value::Map(pairs) = &node.value
    {
        for (name, node) in pairs {
            match name.text.as_str() {
                "drop" => works.push(Work::Drop),
                "default" => {}
                other => unable(&format!("aggregation.{other}"), node.place),
            }
        }
    }
    for key in ["description", "aggregation_cardinality_limit"] {
        if let Some(node) = fields.get(key) {
            unable(key, node.place);
        }
    }
    if let Some((name, _)) = fields.scalar("name") {
        works.push(Work::Name(Naming::Fixed(name.text)));
    }
    fields.finish();
    works
}

fn excluded(fields: &Fields<'_>) -> Vec<AttributeAction> {
    let keys = |name: &str| match scope(name) {
        Text::Exact(key) => Keys::Exact(key),
        Text::Pattern(pattern) | Text::WholePattern(pattern) => Keys::Pattern(pattern),
    };
    fields
        .texts("excluded")
        .iter()
        .map(|(name, _)| AttributeAction { keys: keys(name), change: Change::Delete })
        .collect()
}
