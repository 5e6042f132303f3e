//! Tracers, meters and loggers that are switched off: what they make is dropped here, whatever made it.

use super::Declarative;
use crate::settings::file::problems::Place;
use crate::settings::file::rules::{self, Fields, Style};
use crate::settings::file::tree::{Node, Value};
use crate::settings::shape::{Item, Processor, Selector, Shape, Text, Work};

pub(super) fn read(file: &Declarative<'_>, shape: &mut Shape) {
    for (path, list, item) in [
        ("tracer_provider.tracer_configurator/development", "tracers", Item::Span),
        ("meter_provider.meter_configurator/development", "meters", Item::Metric),
        ("logger_provider.logger_configurator/development", "loggers", Item::Log),
    ] {
        if let Some(node) = file.node(path) {
            configurator(file, path, list, item, node, shape);
        }
    }
}

fn configurator<'a>(
    file: &Declarative<'a>,
    path: &str,
    list: &'static str,
    item: Item,
    node: &'a Node,
    shape: &mut Shape,
) {
    let style = Style { reading: file.reading, own: true };
    let Some(fields) = Fields::of(style, path, node) else { return };
    let default =
        fields.get("default_config").and_then(|node| config(file, &fields.path("default_config"), node));
    let mut named: Vec<Text> = Vec::new();
    let nodes = match fields.get(list).map(|node| &node.value) {
        Some(Value::List(nodes)) => nodes.as_slice(),
        _ => &[],
    };
    for (index, node) in nodes.iter().enumerate() {
        let path = format!("{}[{index}]", fields.path(list));
        let Some(entry) = Fields::of(style, &path, node) else { continue };
        let name = entry.scalar("name");
        let config = entry.get("config").and_then(|node| config(file, &entry.path("config"), node));
        entry.finish();
        let (Some((name, _)), Some(config)) = (name, config) else {
            file.problems().error(node.place, format!("{path} needs name and config"), "");
            continue;
        };
        let scope = scope(&name.text);
        // The first that matches decides: earlier names are none of this one's.
        let selector = Selector { scopes: vec![scope.clone()], ..Selector::default() };
        config.drop(file, &path, node.place, item, selector, &named, shape);
        named.push(scope);
    }
    if let Some(config) = default {
        let path = fields.path("default_config");
        config.drop(file, &path, node.place, item, Selector::default(), &named, shape);
    }
    fields.finish();
}

#[derive(Default)]
struct Config {
    disabled: bool,
    least: Option<u8>,
}

fn config<'a>(file: &Declarative<'a>, path: &str, node: &'a Node) -> Option<Config> {
    let style = Style { reading: file.reading, own: true };
    let fields = Fields::of(style, path, node)?;
    let disabled =
        fields.scalar("enabled").is_some_and(|(value, _)| value.text.eq_ignore_ascii_case("false"));
    let least = fields.scalar("minimum_severity").and_then(|(text, place)| {
        let number = rules::severity_number(&text.text, false);
        if number.is_none() {
            let what = format!("{}: {:?} is no severity", fields.path("minimum_severity"), text.text);
            file.problems().error(place, what, "write trace, debug, info, warn, error or fatal");
        }
        number
    });
    if fields.scalar("trace_based").is_some_and(|(value, _)| value.text.eq_ignore_ascii_case("true")) {
        let place = fields.get("trace_based").map_or(node.place, |node| node.place);
        file.problems().idle(
            fields.path("trace_based"),
            place,
            "log records go with their traces where they are sampled",
        );
    }
    fields.finish();
    Some(Config { disabled, least })
}

impl Config {
    #[allow(clippy::too_many_arguments)]
    fn drop(
        &self,
        file: &Declarative<'_>,
        path: &str,
        place: Place,
        item: Item,
        mut include: Selector,
        earlier: &[Text],
        shape: &mut Shape,
    ) {
        match (self.disabled, self.least) {
            (true, _) => {}
            (false, Some(least)) if least > 1 => {
                (include.min_severity, include.max_severity) = (Some(1), Some(least - 1));
            }
            _ => return,
        }
        let exclude = Selector { scopes: earlier.to_vec(), ..Selector::default() };
        shape.processors.push(Processor {
            name: format!("{path} ({})", file.problems().at(place)),
            items: vec![item],
            include: (include != Selector::default()).then_some(include),
            exclude: (!earlier.is_empty()).then_some(exclude),
            work: Work::Drop,
        });
    }
}

/// A name, where `*` stands for anything and `?` for one character.
pub(super) fn scope(name: &str) -> Text {
    if !name.contains(['*', '?']) {
        return Text::Exact(name.to_owned());
    }
    let mut pattern = String::new();
    for character in name.chars() {
        match character {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    Text::WholePattern(pattern)
}
