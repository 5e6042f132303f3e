//! From OpenTelemetry's names and units to Prometheus' ("Prometheus and OpenMetrics
//! Compatibility", "Metric Metadata").

/// Name of a metric family, without the `_total` of counters, and its unit in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) family: String,
    /// Empty when there is none, or when the family's name does not end with it.
    pub(super) unit: String,
}

/// What of the kind of a metric matters for its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    Counter,
    Gauge,
    Other,
}

impl Name {
    pub(super) fn new(name: &str, unit: &str, naming: Naming) -> Name {
        let mut family = metric(name);
        if naming == Naming::Counter
            && let Some(base) = family.strip_suffix("_total").filter(|base| !base.is_empty())
        {
            family = base.to_owned();
        }
        let unit = words(unit, naming);
        if !unit.is_empty() && family != unit && !ends_with(&family, &unit) {
            family = collapse(&format!("{family}_{unit}"));
        }
        let unit = if ends_with(&family, &unit) { unit } else { String::new() };
        Name { family, unit }
    }
}

fn ends_with(family: &str, unit: &str) -> bool {
    !unit.is_empty() && family.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
}

/// A name for a label.
pub(super) fn label(key: &str) -> String {
    sanitize(key, |c| c.is_ascii_alphanumeric())
}

fn metric(name: &str) -> String {
    sanitize(name, |c| c.is_ascii_alphanumeric() || c == ':')
}

/// Everything else becomes an underscore, several of which become one. A name does not
/// begin with a digit and is not empty.
fn sanitize(name: &str, allowed: fn(char) -> bool) -> String {
    let first = if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    let replaced: String = name.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    collapse(&format!("{first}{replaced}"))
}

fn collapse(name: &str) -> String {
    let mut collapsed = String::with_capacity(name.len());
    for character in name.chars() {
        if character != '_' || !collapsed.ends_with('_') {
            collapsed.push(character);
        }
    }
    collapsed
}

/// A unit of UCUM in words: `m/s` is `meters_per_second`. What is in braces is a remark.
fn words(unit: &str, naming: Naming) -> String {
    let unit = without_braces(unit);
    let unit = unit.trim();
    if unit == "1" {
        // A gauge without dimension is a ratio by convention; others are counts.
        return if naming == Naming::Gauge { "ratio".into() } else { String::new() };
    }
    let words = match unit.split_once('/') {
        None => plural(unit).to_owned(),
        Some((over, "")) => plural(over).to_owned(),
        Some((over, per)) => format!("{}_per_{}", plural(over.trim()), singular(per.trim())),
    };
    sanitize(&words, |c| c.is_ascii_alphanumeric()).trim_matches('_').to_owned()
}

fn without_braces(unit: &str) -> String {
    let mut depth = 0_u32;
    unit.chars()
        .filter(|character| match character {
            '{' => {
                depth += 1;
                false
            }
            '}' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

fn plural(unit: &str) -> &str {
    match unit {
        "1" => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tebibytes",
        "kBy" | "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        other => other,
    }
}

fn singular(unit: &str) -> &str {
    match unit {
        "s" => "second",
        "m" | "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" | "wk" => "week",
        "mo" => "month",
        "y" | "a" => "year",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::Naming::{Counter, Gauge, Other};
    use super::*;

    #[test]
    fn names() {
        for (name, unit, naming, family, word) in [
            ("http.server.request.duration", "s", Other, "http_server_request_duration_seconds", "seconds"),
            ("http.server.active_requests", "{request}", Other, "http_server_active_requests", ""),
            ("requests", "1", Counter, "requests", ""),
            ("requests_total", "", Counter, "requests", ""),
            ("requests_total", "", Gauge, "requests_total", ""),
            ("cpu.seconds.total", "s", Counter, "cpu_seconds", "seconds"),
            ("_total", "", Counter, "_total", ""),
            ("system.cpu.utilization", "1", Gauge, "system_cpu_utilization_ratio", "ratio"),
            ("memory.usage", "By", Gauge, "memory_usage_bytes", "bytes"),
            ("memory.usage.bytes", "By", Gauge, "memory_usage_bytes", "bytes"),
            ("megabytes", "By", Gauge, "megabytes_bytes", "bytes"),
            ("bytes", "By", Gauge, "bytes", ""),
            ("speed", "m/s", Gauge, "speed_meters_per_second", "meters_per_second"),
            ("rate", "{item}/s", Gauge, "rate_per_second", "per_second"),
            ("throughput", "By/{op}", Gauge, "throughput_bytes", "bytes"),
            ("odd", "furlong^2", Gauge, "odd_furlong_2", "furlong_2"),
            ("2xx..count--", "", Gauge, "_2xx_count_", ""),
            ("2xx.", "s", Counter, "_2xx_seconds", "seconds"),
            ("ns:rule", "", Gauge, "ns:rule", ""),
            ("температура", "Cel", Gauge, "_celsius", "celsius"),
            ("", "", Gauge, "_", ""),
        ] {
            let expected = Name { family: family.into(), unit: word.into() };
            assert_eq!(Name::new(name, unit, naming), expected, "{name} {unit}");
        }
    }

    #[test]
    fn labels() {
        for (key, name) in
            [("http.route", "http_route"), ("__name__", "_name_"), ("0", "_0"), ("a:b", "a_b"), ("", "_")]
        {
            assert_eq!(label(key), name);
        }
    }
}
