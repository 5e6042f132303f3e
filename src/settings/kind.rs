//! How the value of a setting is written, and its normal form.
//!
//! The rules are those of the OpenTelemetry specification ("Environment variable
//! specification"): `true` in any case is true, everything else false; numbers out of range
//! and unknown names count as unset, with a warning.

use super::HostPort;
use std::borrow::Cow;
use std::time::Duration;

/// The type of a setting, as one writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Free text; what it is called in help.
    Text(&'static str),
    /// `true` or `false` (specification: no other word is true).
    Boolean,
    /// A boolean of our own, which the bare flag turns on.
    Switch,
    /// Whole milliseconds, at most 2147483647.
    Millis { least: u64 },
    /// A whole number.
    Count { least: u64, most: u64 },
    /// Seconds, fractions allowed, at most a day.
    Seconds,
    /// 0 to 100, fractions allowed.
    Percent,
    /// So many in a second, fractions allowed.
    PerSecond,
    /// One of these words, in any case.
    Choice(&'static str, &'static [&'static str]),
    /// Words divided by commas; what they are called in help.
    List(&'static str),
    /// Names of exporters divided by commas.
    Exporters,
    /// `name=value` divided by commas, percent-encoded.
    Pairs,
    /// A time with its unit, at most a day: `2s`, `500ms`, `1m`.
    Duration,
    /// Sampling overrides divided by semicolons.
    Rules,
    /// `HOST:PORT` or `[IPv6]:PORT`.
    HostPort,
}

/// Longest duration of a [`Kind::Millis`].
const MOST_MILLIS: u64 = 2_147_483_647;
const MOST_SECONDS: f64 = 86_400.0;

/// Why a value cannot be used, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub what: String,
    pub hint: Option<String>,
}

impl Complaint {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Complaint { what: what.into(), hint: Some(hint.into()) }
    }
}

impl Kind {
    /// The normal form, which serde reads: trimmed, words in lower case, lists without blanks.
    pub fn normal<'a>(&self, value: &'a str) -> Result<Cow<'a, str>, Complaint> {
        let value = value.trim();
        match *self {
            Kind::Text(_) | Kind::Pairs | Kind::Rules => Ok(value.into()),
            Kind::Boolean | Kind::Switch => boolean(value).map(Into::into),
            Kind::Millis { least } => millis(value, least).map(Into::into),
            Kind::Count { least, most } => count(value, least, most).map(Into::into),
            Kind::Seconds => seconds(value).map(Into::into),
            Kind::Duration => duration(value).map(|time| time.as_millis().to_string().into()),
            Kind::Percent => {
                decimal(value, 100.0, "a percentage from 0 to 100", "use 25, or 0.5").map(Into::into)
            }
            Kind::PerSecond => {
                decimal(value, f64::MAX, "a number of items per second", "use 5, or 0.5").map(Into::into)
            }
            Kind::Choice(_, words) => choice(value, words).map(Into::into),
            Kind::List(_) => Ok(list(value).into()),
            Kind::Exporters => Ok(list(value).to_lowercase().into()),
            Kind::HostPort => HostPort::parse(value).map(|_| value.into()),
        }
    }

    /// What the value is called in help.
    pub fn placeholder(&self) -> &'static str {
        match *self {
            Kind::Text(name) | Kind::List(name) | Kind::Choice(name, _) => name,
            Kind::Boolean | Kind::Switch => "true|false",
            Kind::Millis { .. } => "MILLISECONDS",
            Kind::Count { .. } => "NUMBER",
            Kind::Seconds => "SECONDS",
            Kind::Percent => "PERCENT",
            Kind::PerSecond => "NUMBER",
            Kind::Exporters => "NAMES",
            Kind::Pairs => "NAME=VALUE,...",
            Kind::Duration => "TIME",
            Kind::Rules => "RULE",
            Kind::HostPort => "HOST:PORT",
        }
    }

    /// Whether a value may be a negative number, which must not be taken for a flag.
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            Kind::Millis { .. }
                | Kind::Count { .. }
                | Kind::Seconds
                | Kind::Percent
                | Kind::PerSecond
                | Kind::Text("VALUE")
        )
    }
}

/// The value in quotes, on one line and not longer than a line.
pub(super) fn quoted(value: &str) -> String {
    const LONGEST: usize = 80;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", value.get(..end).unwrap_or_default()),
        None => format!("{value:?}"),
    }
}

fn boolean(value: &str) -> Result<&'static str, Complaint> {
    match value {
        v if v.eq_ignore_ascii_case("true") => Ok("true"),
        v if v.eq_ignore_ascii_case("false") => Ok("false"),
        _ => {
            let hint = match value.to_ascii_lowercase().as_str() {
                "1" | "yes" | "on" | "y" | "t" => "use true; the specification knows no other word for it",
                _ => "use true or false",
            };
            Err(Complaint::new(format!("{} is neither true nor false", quoted(value)), hint))
        }
    }
}

fn millis(value: &str, least: u64) -> Result<String, Complaint> {
    match value.parse::<u64>() {
        Ok(n) if (least..=MOST_MILLIS).contains(&n) => Ok(n.to_string()),
        Ok(_) => Err(Complaint::new(
            format!("{} is not between {least} and {MOST_MILLIS} milliseconds", quoted(value)),
            "use a number of milliseconds in that range",
        )),
        Err(_) => {
            let hint = match with_unit(value) {
                Some(n) if (least..=MOST_MILLIS).contains(&n) => format!("use {n}"),
                _ => "use digits alone, 5000 for five seconds".to_owned(),
            };
            Err(Complaint::new(format!("{} is not a number of milliseconds", quoted(value)), hint))
        }
    }
}

/// `5s`, `200ms`, `1m`, `1.5s`, `5000.0` in milliseconds, for hints.
fn with_unit(value: &str) -> Option<u64> {
    let split = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = value.split_at(split);
    let factor = match unit.trim() {
        "" | "ms" => 1.0,
        "s" | "sec" => 1_000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let n = number.parse::<f64>().ok()? * factor;
    (n.is_finite() && n >= 0.0).then_some(n.round() as u64)
}

/// A time with its unit, to the millisecond.
pub(super) fn duration(value: &str) -> Result<Duration, Complaint> {
    let unit = value.find(|c: char| c.is_alphabetic());
    let millis = unit.and_then(|_| with_unit(value)).or((value == "0").then_some(0));
    match millis {
        Some(millis) if millis <= (MOST_SECONDS * 1e3) as u64 => Ok(Duration::from_millis(millis)),
        Some(_) => Err(Complaint::new(format!("{} is more than a day", quoted(value)), "use a shorter time")),
        None => {
            let what = format!("{} is not a time with its unit", quoted(value));
            Err(Complaint::new(what, "use 2s, 500ms or 1.5s"))
        }
    }
}

fn count(value: &str, least: u64, most: u64) -> Result<String, Complaint> {
    let hint = || format!("use {least} to {most}");
    match value.parse::<u64>() {
        Ok(n) if (least..=most).contains(&n) => Ok(n.to_string()),
        Ok(_) => Err(Complaint::new(format!("{} is out of range", quoted(value)), hint())),
        Err(_) => Err(Complaint::new(format!("{} is not a whole number", quoted(value)), hint())),
    }
}

fn seconds(value: &str) -> Result<String, Complaint> {
    decimal(value, MOST_SECONDS, &format!("a number of seconds from 0 to {MOST_SECONDS}"), "use 5, or 0.5")
}

fn decimal(value: &str, most: f64, what: &str, hint: &str) -> Result<String, Complaint> {
    match value.parse::<f64>() {
        Ok(n) if (0.0..=most).contains(&n) => Ok(n.to_string()),
        _ => Err(Complaint::new(format!("{} is not {what}", quoted(value)), hint)),
    }
}

fn choice(value: &str, words: &[&'static str]) -> Result<&'static str, Complaint> {
    words.iter().find(|word| word.eq_ignore_ascii_case(value)).copied().ok_or_else(|| {
        let hint = match super::suggest::nearest(value, words.iter().copied()) {
            Some(near) => format!("did you mean {near}? Known: {}", words.join(", ")),
            None => format!("use one of {}", words.join(", ")),
        };
        Complaint::new(format!("{} is not known", quoted(value)), hint)
    })
}

fn list(value: &str) -> String {
    value.split(',').map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(",")
}

impl HostPort {
    /// Reads `HOST:PORT`, `[IPv6]:PORT`. Port 0 means: by the kernel.
    pub fn parse(value: &str) -> Result<HostPort, Complaint> {
        const HINT: &str = "use HOST:PORT, such as 127.0.0.1:4318 or [::1]:4318";
        let bad = |why: &str| Complaint::new(format!("{} {why}", quoted(value)), HINT);
        let (host, port) = value.rsplit_once(':').ok_or_else(|| bad("has no port"))?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bare {
            Some(inner) => {
                inner.parse::<std::net::Ipv6Addr>().map_err(|_| bad("is not an address"))?.to_string()
            }
            None if host.is_empty() => return Err(bad("has no host")),
            None if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) => {
                return Err(bad("is not an address"));
            }
            None => host.to_owned(),
        };
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("has no port"));
        }
        let port = port.parse().map_err(|_| bad("has no port from 0 to 65535"))?;
        Ok(HostPort { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: Kind, value: &str) -> (String, String) {
        let complaint = kind.normal(value).expect_err(value);
        (complaint.what, complaint.hint.unwrap_or_default())
    }

    #[test]
    fn normal_forms() {
        let millis = Kind::Millis { least: 0 };
        let choice = Kind::Choice("X", &["grpc", "http/json"]);
        for (kind, typed, normal) in [
            (Kind::Boolean, " True ", "true"),
            (Kind::Boolean, "FALSE", "false"),
            (millis, " 5000 ", "5000"),
            (millis, "0", "0"),
            (Kind::Count { least: 1, most: 9 }, "007", "7"),
            (Kind::Seconds, "0.50", "0.5"),
            (choice, "GRPC", "grpc"),
            (Kind::Duration, " 1.5s ", "1500"),
            (Kind::Duration, "500ms", "500"),
            (Kind::Duration, "0", "0"),
            (Kind::Percent, "12.50", "12.5"),
            (Kind::PerSecond, " 5", "5"),
            (Kind::List("X"), " a , ,b,", "a,b"),
            (Kind::Exporters, "OTLP, Console", "otlp,console"),
            (Kind::Text("X"), " A b ", "A b"),
        ] {
            assert_eq!(kind.normal(typed).unwrap(), normal, "{typed:?}");
        }
    }

    #[test]
    fn complaints_say_what_and_what_instead() {
        let millis = Kind::Millis { least: 1 };
        for (kind, typed, what, hint) in [
            (millis, "5s", r#""5s" is not a number of milliseconds"#, "use 5000"),
            (millis, "1.5s", r#""1.5s" is not a number of milliseconds"#, "use 1500"),
            (
                millis,
                "-1",
                r#""-1" is not a number of milliseconds"#,
                "use digits alone, 5000 for five seconds",
            ),
            (
                millis,
                "0",
                r#""0" is not between 1 and 2147483647 milliseconds"#,
                "use a number of milliseconds in that range",
            ),
            (
                millis,
                "99999999999999999999",
                r#""99999999999999999999" is not a number of milliseconds"#,
                "use digits alone, 5000 for five seconds",
            ),
            (
                Kind::Boolean,
                "1",
                r#""1" is neither true nor false"#,
                "use true; the specification knows no other word for it",
            ),
            (Kind::Boolean, "nope", r#""nope" is neither true nor false"#, "use true or false"),
            (Kind::Count { least: 1, most: 9 }, "10", r#""10" is out of range"#, "use 1 to 9"),
            (Kind::Count { least: 1, most: 9 }, "x", r#""x" is not a whole number"#, "use 1 to 9"),
            (Kind::Seconds, "-1", r#""-1" is not a number of seconds from 0 to 86400"#, "use 5, or 0.5"),
            (Kind::Seconds, "NaN", r#""NaN" is not a number of seconds from 0 to 86400"#, "use 5, or 0.5"),
            (Kind::Duration, "2", r#""2" is not a time with its unit"#, "use 2s, 500ms or 1.5s"),
            (Kind::Duration, "-1s", r#""-1s" is not a time with its unit"#, "use 2s, 500ms or 1.5s"),
            (Kind::Duration, "25h", r#""25h" is more than a day"#, "use a shorter time"),
            (Kind::Percent, "101", r#""101" is not a percentage from 0 to 100"#, "use 25, or 0.5"),
            (Kind::Percent, "5%", r#""5%" is not a percentage from 0 to 100"#, "use 25, or 0.5"),
            (Kind::PerSecond, "inf", r#""inf" is not a number of items per second"#, "use 5, or 0.5"),
            (
                Kind::Choice("X", &["grpc", "http/json"]),
                "gprc",
                r#""gprc" is not known"#,
                "did you mean grpc? Known: grpc, http/json",
            ),
            (
                Kind::Choice("X", &["grpc", "http/json"]),
                "thrift",
                r#""thrift" is not known"#,
                "use one of grpc, http/json",
            ),
        ] {
            assert_eq!(told(kind, typed), (what.to_owned(), hint.to_owned()), "{typed:?}");
        }
    }

    #[test]
    fn addresses() {
        for (typed, host, port) in [
            ("127.0.0.1:4318", "127.0.0.1", 4318),
            ("[::1]:0", "::1", 0),
            ("localhost:65535", "localhost", 65535),
        ] {
            assert_eq!(HostPort::parse(typed), Ok(HostPort { host: host.into(), port }));
        }
        for (typed, why) in [
            ("4318", "has no port"),
            ("localhost", "has no port"),
            ("localhost:", "has no port from 0 to 65535"),
            ("localhost:+1", "has no port"),
            ("localhost:65536", "has no port from 0 to 65535"),
            (":4318", "has no host"),
            ("::1:4318", "is not an address"),
            ("[::1:4318", "is not an address"),
            ("[x]:4318", "is not an address"),
            ("http://localhost:4318", "is not an address"),
        ] {
            assert_eq!(HostPort::parse(typed).unwrap_err().what, format!("{typed:?} {why}"));
        }
    }
}
