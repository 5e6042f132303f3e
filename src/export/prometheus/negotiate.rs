//! What the client takes (RFC 9110, "Content Negotiation"; Prometheus' content negotiation).

use super::expose::Format;
use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

/// The format that the client likes best; the text format when it does not say.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let mut best = (0.0, Format::Text);
    for (range, parameters, quality) in items(headers, ACCEPT) {
        let version = |known: &str| match parameters.iter().find(|(name, _)| name == "version") {
            Some((_, version)) => version == known,
            None => true,
        };
        let format = match range.as_str() {
            "application/openmetrics-text" if version("1.0.0") => Format::OpenMetrics,
            "text/plain" if version("0.0.4") => Format::Text,
            "text/*" | "*/*" => Format::Text,
            _ => continue,
        };
        if quality > best.0 {
            best = (quality, format);
        }
    }
    best.1
}

/// Whether the client takes gzip.
pub(super) fn gzip(headers: &HeaderMap) -> bool {
    let named = |name: &str| items(headers, ACCEPT_ENCODING).find(|(coding, ..)| coding == name);
    named("gzip").or_else(|| named("*")).is_some_and(|(_, _, quality)| quality > 0.0)
}

type Item = (String, Vec<(String, String)>, f32);

/// The items of a list header: name, parameters, and quality from 0 to 1.
fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Item> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| {
        let mut parts = item.split(';').map(|part| part.trim().to_ascii_lowercase());
        let name = parts.next().unwrap_or_default();
        let parameters: Vec<(String, String)> = parts
            .filter_map(|part| {
                part.split_once('=').map(|(k, v)| (k.trim().into(), v.trim().trim_matches('"').into()))
            })
            .collect();
        let quality = parameters.iter().find(|(name, _)| name == "q");
        // What cannot be read is not wanted.
        let quality = quality.map_or(1.0, |(_, quality)| quality.parse().unwrap_or(0.0));
        (name, parameters, quality)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    #[test]
    fn formats() {
        for (accept, expected) in [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/html", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", Format::OpenMetrics),
            ("application/openmetrics-text;version=\"1.0.0\";escaping=allow-utf-8", Format::OpenMetrics),
            ("application/openmetrics-text; version=2.0.0", Format::Text),
            ("application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5", Format::Text),
            ("APPLICATION/OpenMetrics-Text;q=0.4,text/plain;q=0.5", Format::Text),
            ("application/openmetrics-text;q=0.6,text/*;q=0.5", Format::OpenMetrics),
            ("application/openmetrics-text;q=nonsense", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            (";;;,,=;q=,\\", Format::Text),
            // What Prometheus sends.
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                 application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Format::OpenMetrics,
            ),
        ] {
            assert_eq!(format(&headers(ACCEPT, accept)), expected, "{accept}");
        }
        assert_eq!(format(&HeaderMap::new()), Format::Text);
    }

    #[test]
    fn codings() {
        for (accept, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("identity", false),
            ("", false),
        ] {
            assert_eq!(gzip(&headers(ACCEPT_ENCODING, accept)), expected, "{accept}");
        }
        assert!(!gzip(&HeaderMap::new()));
    }
}
