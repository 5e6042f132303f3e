//! The store as text.

use super::exemplar::Exemplar;
use super::labels::{Pairs, apart, escape, with};
use super::producer::Producers;
use super::series::{Kind, Series};
use super::store::{Family, REFUSED, Store, Type};
use super::value::Value;
use std::fmt::{Arguments, Write};
use std::time::Instant;

/// The two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// Everything that is known and not stale, each family once.
pub(super) fn expose(store: &Store, format: Format, now: Instant) -> String {
    let mut page = Page { text: String::new(), format };
    page.target(&store.producers, now);
    for (name, family) in &store.families {
        page.family(name, family, &store.producers, now);
    }
    page.refused(store);
    if format == Format::OpenMetrics {
        page.line(format_args!("# EOF"));
    }
    page.text
}

struct Page {
    text: String,
    format: Format,
}

impl Page {
    fn openmetrics(&self) -> bool {
        self.format == Format::OpenMetrics
    }

    fn line(&mut self, line: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }

    /// What is known of the resource, if anything.
    fn target(&mut self, producers: &Producers, now: Instant) {
        let mut pairs = Pairs::default();
        for (key, value) in producers.common(now) {
            pairs.push(key, value.to_owned());
        }
        let labels = pairs.render(None);
        if labels.is_empty() {
            return;
        }
        if self.openmetrics() {
            self.line(format_args!("# TYPE target info"));
            self.line(format_args!("# HELP target Target metadata"));
        } else {
            self.line(format_args!("# HELP target_info Target metadata"));
            self.line(format_args!("# TYPE target_info gauge"));
        }
        self.sample("target_info", &labels, "1", None);
    }

    /// Our own counter of what is not shown.
    fn refused(&mut self, store: &Store) {
        self.head(REFUSED, Type::Counter, "", "Data points that could not be shown");
        for (refusal, count) in &store.refused {
            self.sample(
                &format!("{REFUSED}_total"),
                &with("", "reason", refusal.name()),
                &count.to_string(),
                None,
            );
        }
    }

    fn family(&mut self, name: &str, family: &Family, producers: &Producers, now: Instant) {
        let before = self.text.len();
        self.head(name, family.r#type, &family.unit, &family.help);
        let head = self.text.len();
        let all: Vec<_> = family.series.iter().collect();
        for same in all.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
            for ((labels, service), series) in same {
                let told = (same.len() > 1).then(|| apart(labels, "service_name", service));
                let labels = told.as_ref().unwrap_or(labels);
                self.series(name, family.r#type, labels, series, producers, now);
            }
        }
        if self.text.len() == head {
            self.text.truncate(before);
        }
    }

    fn series(
        &mut self,
        name: &str,
        r#type: Type,
        labels: &str,
        series: &Series,
        producers: &Producers,
        now: Instant,
    ) {
        if series.kind == Kind::Separate {
            for (process, value) in series.each(producers, now) {
                let told = process.map(|(label, process)| apart(labels, label, process));
                self.value(name, r#type, told.as_deref().unwrap_or(labels), value, series);
            }
        } else if let Some(value) = series.total(producers, now) {
            self.value(name, r#type, labels, &value, series);
        }
    }

    fn head(&mut self, family: &str, r#type: Type, unit: &str, help: &str) {
        // In the text format each counter's samples are a family of their own.
        let suffix = if r#type == Type::Counter && !self.openmetrics() { "_total" } else { "" };
        let kind = match r#type {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Unknown if self.openmetrics() => "unknown",
            Type::Unknown => "untyped",
            Type::Histogram => "histogram",
            Type::Summary => "summary",
        };
        if !help.is_empty() {
            let mut escaped = String::new();
            escape(help, self.openmetrics(), &mut escaped);
            self.line(format_args!("# HELP {family}{suffix} {escaped}"));
        }
        self.line(format_args!("# TYPE {family}{suffix} {kind}"));
        if self.openmetrics() && !unit.is_empty() {
            self.line(format_args!("# UNIT {family} {unit}"));
        }
    }

    fn value(&mut self, family: &str, r#type: Type, labels: &str, value: &Value, series: &Series) {
        match value {
            Value::Number(value) if r#type == Type::Counter => {
                let exemplar = series.exemplars.last();
                self.sample(&format!("{family}_total"), labels, &number(*value), exemplar);
                self.created(family, labels, series);
            }
            Value::Number(value) => self.sample(family, labels, &number(*value), None),
            Value::Explicit(histogram) => {
                self.buckets(family, labels, &histogram.cumulative, histogram.count, series);
                self.count_and_sum(
                    family,
                    labels,
                    histogram.count,
                    histogram.sum.filter(|_| {
                        // Values below zero may make the sum fall, which OpenMetrics does not allow.
                        let negative = histogram.cumulative.first().is_some_and(|(bound, _)| *bound < 0.0);
                        !(negative && self.openmetrics())
                    }),
                );
                self.created(family, labels, series);
            }
            Value::Exponential(histogram) => {
                let cumulative = histogram.cumulative();
                self.buckets(family, labels, &cumulative, histogram.count, series);
                let negative = cumulative.first().is_some_and(|(bound, _)| *bound < 0.0);
                let sum = histogram.sum.filter(|_| !(negative && self.openmetrics()));
                self.count_and_sum(family, labels, histogram.count, sum);
                self.created(family, labels, series);
            }
            Value::Summary(summary) => {
                for (quantile, value) in &summary.quantiles {
                    let labels = with(labels, "quantile", &self.bound(*quantile));
                    self.sample(family, &labels, &number(*value), None);
                }
                self.count_and_sum(family, labels, summary.count, Some(summary.sum));
                self.created(family, labels, series);
            }
        }
    }

    /// Each bucket shows the latest exemplar whose value it is the first to hold.
    fn buckets(
        &mut self,
        family: &str,
        labels: &str,
        cumulative: &[(f64, u64)],
        count: u64,
        series: &Series,
    ) {
        let name = format!("{family}_bucket");
        let mut lower = f64::NEG_INFINITY;
        for (bound, below) in cumulative.iter().copied().chain([(f64::INFINITY, count)]) {
            let within = |exemplar: &&Exemplar| exemplar.value > lower && exemplar.value <= bound;
            let exemplar = series.exemplars.iter().rev().find(within);
            let labels = with(labels, "le", &self.bound(bound));
            self.sample(&name, &labels, &below.to_string(), exemplar);
            lower = bound;
        }
    }

    fn count_and_sum(&mut self, family: &str, labels: &str, count: u64, sum: Option<f64>) {
        self.sample(&format!("{family}_count"), labels, &count.to_string(), None);
        if let Some(sum) = sum {
            self.sample(&format!("{family}_sum"), labels, &number(sum), None);
        }
    }

    fn created(&mut self, family: &str, labels: &str, series: &Series) {
        if self.openmetrics() && series.created != 0 {
            self.sample(&format!("{family}_created"), labels, &seconds(series.created), None);
        }
    }

    fn sample(&mut self, name: &str, labels: &str, value: &str, exemplar: Option<&Exemplar>) {
        let (open, close) = if labels.is_empty() { ("", "") } else { ("{", "}") };
        let exemplar = exemplar.filter(|_| self.openmetrics()).map(|exemplar| {
            let time = match exemplar.time_unix_nano {
                0 => String::new(),
                time => format!(" {}", seconds(time)),
            };
            format!(" # {{{}}} {}{time}", exemplar.labels, number(exemplar.value))
        });
        self.line(format_args!("{name}{open}{labels}{close} {value}{}", exemplar.unwrap_or_default()));
    }

    /// A bound or quantile as a label: OpenMetrics wants it to look like a floating point number.
    fn bound(&self, bound: f64) -> String {
        let mut text = canonical(bound);
        if self.openmetrics() && !text.contains(['.', 'e', 'I', 'N']) {
            text.push_str(".0");
        }
        text
    }
}

/// A sample's value; whole numbers look whole.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { canonical(value) }
}

/// The notation of Prometheus' own libraries (`%g` with the fewest digits that are exact):
/// the same bound is the same text everywhere.
fn canonical(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e6).contains(&magnitude) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

fn seconds(unix_nanos: u64) -> String {
    format!("{}.{:09}", unix_nanos / 1_000_000_000, unix_nanos % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, sample, bound) in [
            (0.0, "0", "0"),
            (-0.0, "-0", "-0"),
            (0.005, "0.005", "0.005"),
            (1e-5, "1e-05", "1e-05"),
            (10.0, "10", "10"),
            (1e6, "1000000", "1e+06"),
            (2.5e6, "2500000", "2.5e+06"),
            (1e15, "1e+15", "1e+15"),
            (f64::NAN, "NaN", "NaN"),
            (f64::INFINITY, "+Inf", "+Inf"),
            (f64::NEG_INFINITY, "-Inf", "-Inf"),
        ] {
            assert_eq!((number(value).as_str(), canonical(value).as_str()), (sample, bound));
        }
        assert_eq!(seconds(1_700_000_000_000_000_001), "1700000000.000000001");
    }
}
