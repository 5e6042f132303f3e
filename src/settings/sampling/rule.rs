//! One override as it is typed: `request and http.route=/health: 0`.

use crate::settings::kind::{duration, quoted};
use crate::settings::shape::{
    AttributeMatch, PATTERN_BYTES, Rate, SamplingOverride, Selector, SpanKind, SpanStatus, TelemetryType,
    Text,
};
use crate::settings::{Complaint, suggest};
use regex::RegexBuilder;

const HINT: &str = "write CONDITIONS:RATE, such as http.route=/health:0, 'status=error and duration>=2s: 100' or \
                    'http.route~/static/.*: 5/s'";

/// Between the conditions of a rule.
const AND: &str = " and ";

const KINDS: [(&str, SpanKind); 5] = [
    ("internal", SpanKind::Internal),
    ("server", SpanKind::Server),
    ("client", SpanKind::Client),
    ("producer", SpanKind::Producer),
    ("consumer", SpanKind::Consumer),
];
const STATUSES: [(&str, SpanStatus); 3] =
    [("unset", SpanStatus::Unset), ("ok", SpanStatus::Ok), ("error", SpanStatus::Error)];
const TYPES: [(&str, TelemetryType); 5] = [
    ("request", TelemetryType::Request),
    ("dependency", TelemetryType::Dependency),
    ("log", TelemetryType::Trace),
    ("trace", TelemetryType::Trace),
    ("exception", TelemetryType::Exception),
];

/// # Errors
/// Conditions or a rate that make no sense, with a hint how they are written.
pub(super) fn parse(text: &str) -> Result<SamplingOverride, Complaint> {
    let (conditions, rate) =
        text.rsplit_once(':').ok_or_else(|| Complaint::new(format!("{} has no rate", quoted(text)), HINT))?;
    if conditions.trim().is_empty() {
        let hint = "for a rate of everything use --traces_sampler and --traces_sampler_arg";
        return Err(Complaint::new(format!("{} has no condition", quoted(text)), hint));
    }
    let mut rule = SamplingOverride {
        name: conditions.trim().to_owned(),
        telemetry: None,
        selector: Selector::default(),
        rate: parse_rate(rate.trim())?,
    };
    for condition in conditions.split(AND).map(str::trim) {
        add(&mut rule, condition)?;
    }
    Ok(rule)
}

fn parse_rate(text: &str) -> Result<Rate, Complaint> {
    let wrong = |what: &str| {
        Complaint::new(format!("{} is not {what}", quoted(text)), "write 0 to 100 for a percentage, or 5/s")
    };
    if let Some(number) = text.strip_suffix("/s") {
        return match number.trim().parse::<f64>() {
            Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(Rate::PerSecond(rate)),
            _ => Err(wrong("a number of traces per second above 0")),
        };
    }
    match text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Rate::Percentage(percent)),
        _ => Err(wrong("a rate")),
    }
}

/// The first of the operators, longest first where they begin alike, with what stands around it.
fn operator(condition: &str) -> Option<(&str, &'static str, &str)> {
    let at = condition.find(['=', '~', '<', '>'])?;
    let (key, rest) = condition.split_at(at);
    let operator = [">=", "=", "~", "<", ">"].into_iter().find(|operator| rest.starts_with(operator))?;
    Some((key.trim(), operator, rest.strip_prefix(operator)?.trim()))
}

fn add(rule: &mut SamplingOverride, condition: &str) -> Result<(), Complaint> {
    let Some((key, operator, value)) = operator(condition) else {
        return word(rule, condition);
    };
    let selector = &mut rule.selector;
    match (key, operator) {
        ("", _) => return Err(Complaint::new(format!("{} has no key", quoted(condition)), HINT)),
        ("duration", ">=") => selector.min_duration = Some(duration(value)?),
        ("duration", "<") => selector.max_duration = Some(duration(value)?),
        ("severity", ">=") => selector.min_severity = Some(severity(value)?),
        ("duration", _) => return Err(compared(condition, "duration>=2s or duration<100ms")),
        ("severity", _) => return Err(compared(condition, "severity>=17 for errors")),
        (_, "<" | ">" | ">=") => {
            return Err(compared(
                condition,
                "KEY=VALUE or KEY~PATTERN; only duration and severity are compared",
            ));
        }
        ("kind", "=") => selector.kinds.push(named(value, "kind", KINDS)?),
        ("status", "=") => selector.statuses.push(named(value, "status", STATUSES)?),
        ("name", _) => selector.span_names.push(text(operator, value)?),
        ("scope", _) => selector.scopes.push(text(operator, value)?),
        ("body", _) => selector.log_bodies.push(text(operator, value)?),
        _ => {
            let (list, key) = match key.strip_prefix("resource.") {
                Some(key) => (&mut selector.resource, key),
                None => (&mut selector.attributes, key),
            };
            list.push(AttributeMatch { key: key.to_owned(), value: Some(text(operator, value)?) });
        }
    }
    Ok(())
}

/// A condition of one word: a type of telemetry, or an attribute that exists.
fn word(rule: &mut SamplingOverride, word: &str) -> Result<(), Complaint> {
    if word.is_empty() || word.contains(char::is_whitespace) {
        return Err(Complaint::new(format!("{} is no condition", quoted(word)), HINT));
    }
    match TYPES.iter().find(|(name, _)| *name == word) {
        Some((_, kind)) if rule.telemetry.replace(*kind).is_some() => {
            Err(Complaint::new(format!("{} is a second type of telemetry", quoted(word)), "write two rules"))
        }
        Some(_) => Ok(()),
        None if !word.contains(['.', '_']) => {
            let near = suggest::nearest(word, TYPES.map(|(name, _)| name));
            let hint = match near {
                Some(near) => format!("did you mean {near}?"),
                None => "use request, dependency, log or exception, or the key of an attribute".to_owned(),
            };
            Err(Complaint::new(format!("{} is no type of telemetry", quoted(word)), hint))
        }
        None => {
            rule.selector.attributes.push(AttributeMatch { key: word.to_owned(), value: None });
            Ok(())
        }
    }
}

fn text(operator: &str, value: &str) -> Result<Text, Complaint> {
    if operator != "~" {
        return Ok(Text::Exact(value.to_owned()));
    }
    match RegexBuilder::new(value).size_limit(PATTERN_BYTES).build() {
        Ok(_) => Ok(Text::WholePattern(value.to_owned())),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let hint = "it is a regular expression without look-around and back-references";
            Err(Complaint::new(format!("{} is no pattern: {why}", quoted(value)), hint))
        }
    }
}

fn named<T: Copy, const N: usize>(
    value: &str,
    what: &str,
    known: [(&'static str, T); N],
) -> Result<T, Complaint> {
    known.iter().find(|(name, _)| name.eq_ignore_ascii_case(value)).map(|(_, value)| *value).ok_or_else(
        || {
            let names = known.map(|(name, _)| name);
            Complaint::new(
                format!("{} is no {what}", quoted(value)),
                format!("use one of {}", names.join(", ")),
            )
        },
    )
}

fn severity(value: &str) -> Result<u8, Complaint> {
    value.parse().ok().filter(|number| (1..=24).contains(number)).ok_or_else(|| {
        let hint = "use 9 for INFO, 13 for WARN, 17 for ERROR, 21 for FATAL";
        Complaint::new(format!("{} is no severity number from 1 to 24", quoted(value)), hint)
    })
}

fn compared(condition: &str, hint: &str) -> Complaint {
    Complaint::new(format!("{} cannot be compared like this", quoted(condition)), format!("write {hint}"))
}
