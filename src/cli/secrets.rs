//! Where on the command line a secret stands: everybody on the machine can read the list of
//! processes.

use crate::settings::table;
use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

/// What must be hidden of each word. Judged without knowing where the program's own words begin:
/// what looks like one of our secret flags there is no business of `ps` either.
pub fn places(words: &[OsString]) -> Vec<Option<Range<usize>>> {
    let mut places = vec![None; words.len()];
    let mut next: Option<fn(&[u8]) -> usize> = None;
    for (word, place) in words.iter().zip(&mut places) {
        let word = word.as_bytes();
        if let Some(secret) = next.take() {
            *place = range(secret(word), word);
            continue;
        }
        if let Some(at) = short(word) {
            match word.get(at..) {
                Some(pair) if !pair.is_empty() => *place = range(at + variable(pair), word),
                _ => next = Some(variable),
            }
            continue;
        }
        let (name, value) = match word.iter().position(|byte| *byte == b'=') {
            Some(at) => (word.get(..at).unwrap_or_default(), Some(at + 1)),
            None => (word, None),
        };
        let Some(secret) = meaning(name) else { continue };
        match value {
            Some(at) => {
                let rest = word.get(at..).unwrap_or_default();
                *place = range(at + secret(rest), word);
            }
            None => next = Some(secret),
        }
    }
    places
}

/// Where the value of `-E` begins, behind the letters and the `=` that may stand before it.
fn short(word: &[u8]) -> Option<usize> {
    let letters = word.strip_prefix(b"-").filter(|letters| !letters.starts_with(b"-"))?;
    let at = letters.iter().position(|byte| *byte == b'E')? + 2;
    Some(if word.get(at) == Some(&b'=') { at + 1 } else { at })
}

fn range(from: usize, word: &[u8]) -> Option<Range<usize>> {
    (from < word.len()).then_some(from..word.len())
}

/// For a flag that may carry a secret: from where on its value is one.
fn meaning(flag: &[u8]) -> Option<fn(&[u8]) -> usize> {
    let flag = std::str::from_utf8(flag).ok()?;
    let name = flag.strip_prefix("--")?.replace('-', "_");
    if name == "set" {
        return Some(variable);
    }
    let mut meant = table::entries().filter(|entry| entry.flag.is_some_and(|flag| flag.starts_with(&name)));
    let exact = table::entries().find(|entry| entry.flag == Some(name.as_str()));
    let entry = exact.or_else(|| meant.next().filter(|_| !name.is_empty() && meant.next().is_none()))?;
    entry.secret.then_some(|_| 0)
}

/// `NAME=VALUE`: the value of a secret variable.
fn variable(pair: &[u8]) -> usize {
    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let name = pair.get(..at).map(String::from_utf8_lossy).unwrap_or_default();
    let secret = table::find(&name).is_some_and(|entry| entry.secret);
    if secret { at + 1 } else { pair.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line as `ps` shows it.
    fn shown(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let hide = |(word, place): (&OsString, &Option<Range<usize>>)| {
            let mut word = word.to_str().expect("UTF-8").to_owned();
            if let Some(place) = place {
                word.replace_range(place.clone(), "*");
            }
            word
        };
        words.iter().zip(&places(&words)).map(hide).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn hidden_and_left() {
        for (line, seen) in [
            ("otel-run --connection_string s3cret run", "otel-run --connection_string * run"),
            ("otel-run --connection-string=s3cret=x run", "otel-run --connection-string=* run"),
            ("otel-run --conn s3cret run", "otel-run --conn * run"),
            ("otel-run --exporter_otlp_headers a=s3cret run", "otel-run --exporter_otlp_headers * run"),
            (
                "otel-run doctor --exporter-otlp-logs-headers a=s3cret",
                "otel-run doctor --exporter-otlp-logs-headers *",
            ),
            (
                "otel-run --set OTEL_EXPORTER_OTLP_HEADERS=a=s3cret run",
                "otel-run --set OTEL_EXPORTER_OTLP_HEADERS=* run",
            ),
            (
                "otel-run --set=OTEL_EXPORTER_OTLP_HEADERS=a=s3cret run",
                "otel-run --set=OTEL_EXPORTER_OTLP_HEADERS=* run",
            ),
            (
                "otel-run -vE APPLICATIONINSIGHTS_CONNECTION_STRING=s3cret run",
                "otel-run -vE APPLICATIONINSIGHTS_CONNECTION_STRING=* run",
            ),
            (
                "otel-run -EAPPLICATIONINSIGHTS_CONNECTION_STRING=s3cret run",
                "otel-run -EAPPLICATIONINSIGHTS_CONNECTION_STRING=* run",
            ),
            (
                "otel-run -E=APPLICATIONINSIGHTS_CONNECTION_STRING=s3cret run",
                "otel-run -E=APPLICATIONINSIGHTS_CONNECTION_STRING=* run",
            ),
            ("otel-run -E A=b --service_name c run -E", "otel-run -E A=b --service_name c run -E"),
            ("otel-run --connection_string", "otel-run --connection_string"),
            ("otel-run --connection_string= run", "otel-run --connection_string= run"),
            ("otel-run run --c x --exporter_otlp_h= -- x", "otel-run run --c x --exporter_otlp_h= -- x"),
            ("otel-run -- run", "otel-run -- run"),
        ] {
            assert_eq!(shown(line), seen);
        }
    }
}
