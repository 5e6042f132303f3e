//! `applicationinsights.json` of the Application Insights agent for Java, for programs of all languages.

mod dimensions;
mod instrumentation;
pub(super) mod keys;

use super::problems::{Place, Problems};
use super::rules::{self, Fields, Style};
use super::said::Said;
use super::scalar::{Reading, Scalar};
use super::schema::{Found, Walk};
use super::tree::{Node, Value};
use crate::settings::shape::{Item, Processor, Selector, Shape, Work};
use std::path::Path;

/// Levels of the Java agent's `instrumentation.logging.level`, in both of the usual ways to write them.
const LEVELS: &[&str] = &[
    "OFF", "FATAL", "ERROR", "SEVERE", "WARN", "WARNING", "INFO", "CONFIG", "DEBUG", "FINE", "FINER",
    "TRACE", "FINEST", "ALL", "off", "fatal", "error", "severe", "warn", "warning", "info", "config",
    "debug", "fine", "finer", "trace", "finest", "all",
];

/// Names of the keys that a file may begin with.
pub(super) fn names() -> Vec<&'static str> {
    keys::KEYS.iter().filter_map(|key| key.path.split('.').next()).collect()
}

struct Insights<'a> {
    reading: Reading<'a>,
    said: &'a Said,
    found: Vec<Found<'a>>,
}

/// Reads the whole file.
pub(super) fn read<'a>(
    reading: Reading<'a>,
    said: &'a Said,
    root: &'a Node,
    shape: &mut Shape,
    folder: Option<&Path>,
) {
    let walk = Walk { reading, said, prefixes: &[] };
    let found = walk.read(keys::KEYS, root);
    let insights = Insights { reading, said, found };
    insights.connection(folder);
    insights.role();
    insights.proxy();
    insights.authentication("authentication");
    insights.authentication("preview.authentication");
    insights.propagators();
    insights.headers();
    insights.queues();
    shape.processors.extend(insights.logging());
    instrumentation::read(&insights, shape);
    insights.rules(shape);
    // Behind the processors, which do not see them, as in the Java agent.
    dimensions::read(&insights, shape);
    if let Some(node) = insights.node("instrumentationSettings") {
        insights.problems().error(
            node.place,
            "instrumentationSettings is of the agent's preview 3.0, and is not read any more",
            "move its keys to the top, as the documentation of the agent 3.x shows",
        );
    }
}

impl<'a> Insights<'a> {
    fn problems(&self) -> &'a Problems {
        self.reading.problems
    }

    fn found(&self, path: &str) -> Option<&Found<'a>> {
        self.found.iter().find(|found| found.path == path)
    }

    fn node(&self, path: &str) -> Option<&'a Node> {
        self.found(path).map(|found| found.node)
    }

    /// The value of a key; not one that is empty.
    fn text(&self, path: &str) -> Option<(&Scalar, Place)> {
        let found = self.found(path)?;
        Some((found.value.as_ref()?, found.node.place))
    }

    fn is(&self, path: &str, value: bool) -> Option<Place> {
        let (scalar, place) = self.text(path)?;
        (scalar.text.eq_ignore_ascii_case(if value { "true" } else { "false" })).then_some(place)
    }

    fn say(&self, name: &str, value: &str, place: Place) {
        self.said.say(name, value, place, self.problems());
    }

    fn connection(&self, folder: Option<&Path>) {
        const KEY: &str = "connectionString";
        let Some(node) = self.node(KEY) else { return };
        let Value::Scalar { text, .. } = &node.value else { return };
        let file = text.trim().strip_prefix("${file:").and_then(|rest| rest.strip_suffix('}'));
        if let Some(path) = file {
            let path = folder.unwrap_or(Path::new("")).join(path.trim());
            return self.say(
                "APPLICATIONINSIGHTS_CONNECTION_STRING",
                &format!("file:{}", path.display()),
                node.place,
            );
        }
        let Some(scalar) = self.reading.scalar(KEY, node) else { return };
        if !scalar.replaced && !scalar.text.is_empty() {
            self.said.secret(KEY, node.place);
        }
        if !scalar.text.is_empty() {
            self.say("APPLICATIONINSIGHTS_CONNECTION_STRING", &scalar.text, node.place);
        }
    }

    fn role(&self) {
        if let Some((instance, place)) = self.text("role.instance") {
            let pair = super::pair("service.instance.id", &instance.text);
            self.said.add("OTEL_RESOURCE_ATTRIBUTES", &pair, place);
        }
    }

    fn proxy(&self) {
        let Some((host, place)) = self.text("proxy.host") else {
            for key in ["proxy.port", "proxy.username", "proxy.password"] {
                if let Some((_, place)) = self.text(key) {
                    self.problems().error(
                        place,
                        format!("{key} is given, and proxy.host is not"),
                        "add proxy.host",
                    );
                }
            }
            return;
        };
        let port = self.text("proxy.port").map_or("80", |(port, _)| port.text.as_str());
        let part = |key| self.text(key).map(|(scalar, _)| super::encoded(&scalar.text));
        if let Some((password, place)) = self.text("proxy.password")
            && !password.replaced
        {
            self.said.secret("proxy.password", place);
        }
        let user = match (part("proxy.username"), part("proxy.password")) {
            (Some(user), Some(password)) => format!("{user}:{password}@"),
            (Some(user), None) => format!("{user}@"),
            (None, _) => String::new(),
        };
        self.say("APPLICATIONINSIGHTS_PROXY", &format!("http://{user}{}:{port}", host.text), place);
    }

    fn authentication(&self, section: &str) {
        let key = |name: &str| format!("{section}.{name}");
        let Some(place) = self.is(&key("enabled"), true) else { return };
        let client = self.text(&key("clientId"));
        let kind = self.text(&key("type"));
        let string = match (kind.as_ref().map(|(kind, _)| kind.text.as_str()), client) {
            (Some("SAMI"), _) => "Authorization=AAD".to_owned(),
            (Some("UAMI"), Some((client, _))) => format!("Authorization=AAD;ClientId={}", client.text),
            (Some("UAMI"), None) => {
                let what = format!("{} is missing", key("clientId"));
                return self.problems().error(place, what, "UAMI needs the client id of the identity");
            }
            (Some(other), _) => {
                let what = format!("{}: {other} is not read from this file", key("type"));
                let hint = "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET with \
                            OTEL_RUN_AZURE_CREDENTIAL=client_secret, or use SAMI or UAMI";
                return self.problems().error(kind.map_or(place, |(_, place)| place), what, hint);
            }
            (None, _) => {
                let what = format!("{} is missing", key("type"));
                return self.problems().error(place, what, "write SAMI or UAMI");
            }
        };
        self.say("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", &string, place);
    }

    fn propagators(&self) {
        if let Some(place) = self.is("preview.disablePropagation", true) {
            self.said.replace("OTEL_PROPAGATORS", "none", place);
            return;
        }
        let Some((names, place)) = self.text("preview.additionalPropagators") else { return };
        for name in names.text.split(',') {
            if !["b3", "b3multi"].contains(&name) {
                let what = format!("preview.additionalPropagators: {name} is not known");
                self.problems().error(place, what, "use b3 or b3multi");
            }
            self.said.add("OTEL_PROPAGATORS", &format!("tracecontext,baggage,{name}"), place);
        }
    }

    fn headers(&self) {
        for (side, upper) in [("captureHttpServerHeaders", "SERVER"), ("captureHttpClientHeaders", "CLIENT")]
        {
            for (list, what) in [("requestHeaders", "REQUEST"), ("responseHeaders", "RESPONSE")] {
                let path = format!("preview.{side}.{list}");
                let Some((names, place)) = self.text(&path) else { continue };
                let plain = format!("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_{upper}_{what}");
                let java = format!("OTEL_INSTRUMENTATION_HTTP_{upper}_CAPTURE_{what}_HEADERS");
                self.say(&plain, &names.text, place);
                self.say(&java, &names.text, place);
            }
        }
    }

    fn queues(&self) {
        if let Some((scalar, place)) = self.text("preview.generalExportQueueCapacity") {
            self.say("OTEL_BSP_MAX_QUEUE_SIZE", &scalar.text, place);
            self.say("OTEL_BLRP_MAX_QUEUE_SIZE", &scalar.text, place);
        }
        const DISK: &str = "preview.diskPersistenceMaxSizeMb";
        if let Some((scalar, place)) = self.text(DISK) {
            match scalar.text.parse::<u32>() {
                Ok(megabytes) if megabytes > 0 => {
                    let bytes = u64::from(megabytes) << 20;
                    self.say("OTEL_RUN_SPOOL_MAX_BYTES", &bytes.to_string(), place);
                }
                _ => self.problems().error(place, format!("{DISK} must be above 0"), ""),
            }
        }
    }

    /// Log records below the level are dropped, whatever made them; those without a severity stay.
    fn logging(&self) -> Option<Processor> {
        if let Some(place) = self.is("instrumentation.logging.enabled", false) {
            self.say("OTEL_LOGS_EXPORTER", "none", place);
            return None;
        }
        let (level, place) = self.text("instrumentation.logging.level")?;
        let least = match level.text.to_uppercase().as_str() {
            "OFF" => {
                self.say("OTEL_LOGS_EXPORTER", "none", place);
                return None;
            }
            "SEVERE" => 17,
            "CONFIG" | "FINE" | "FINER" => 5,
            "FINEST" | "ALL" => 1,
            other => rules::severity_number(other, false)?,
        };
        (least > 1).then(|| Processor {
            name: format!("instrumentation.logging.level ({})", self.problems().at(place)),
            items: vec![Item::Log],
            include: Some(Selector {
                min_severity: Some(1),
                max_severity: Some(least - 1),
                ..Selector::default()
            }),
            exclude: None,
            work: Work::Drop,
        })
    }

    fn rules(&self, shape: &mut Shape) {
        let style = Style { reading: self.reading, own: false };
        if let Some(node) = self.node("preview.processors") {
            shape.processors.extend(rules::processors(style, "preview.processors", node));
        }
        for path in ["sampling.overrides", "preview.sampling.overrides"] {
            if let Some(node) = self.node(path) {
                shape.sampling.overrides.extend(rules::overrides(style, path, node));
            }
        }
        if let Some((value, _)) = self.text("preview.sampling.parentBased") {
            shape.sampling.parent_based = Some(value.text.eq_ignore_ascii_case("true"));
        } else if self.is("preview.ignoreRemoteParentNotSampled", false).is_some() {
            shape.sampling.parent_based = Some(true);
        }
        if let Some(node) = self.node("preview.customInstrumentation") {
            self.methods(node);
        }
    }

    fn methods(&self, node: &'a Node) {
        let Value::List(nodes) = &node.value else {
            let what = format!("preview.customInstrumentation is {}, and must be a list", node.what());
            return self.problems().error(node.place, what, "");
        };
        let style = Style { reading: self.reading, own: false };
        let mut methods = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let path = format!("preview.customInstrumentation[{index}]");
            let Some(fields) = Fields::of(style, &path, node) else { continue };
            match (fields.scalar("className"), fields.scalar("methodName")) {
                (Some((class, _)), Some((method, _))) => {
                    methods.push(format!("{}[{}]", class.text, method.text))
                }
                _ => self.problems().error(node.place, format!("{path} needs className and methodName"), ""),
            }
            fields.finish();
        }
        self.say("OTEL_INSTRUMENTATION_METHODS_INCLUDE", &methods.join(";"), node.place);
    }
}
