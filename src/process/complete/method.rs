//! Methods of HTTP that keep their names (semantic conventions, `http.request.method`).

/// Those of RFC 9110 and RFC 5789, and the one that queries.
const KNOWN: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];

/// What stands in the place of others.
pub(super) const OTHER: &[u8] = b"_OTHER";

#[derive(Debug)]
pub(super) struct Methods(Vec<String>);

impl Methods {
    /// `said` replaces the known ones (`OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`).
    pub(super) fn new(said: &[String]) -> Methods {
        Methods(if said.is_empty() { KNOWN.map(str::to_owned).into() } else { said.to_vec() })
    }

    /// Case counts.
    pub(super) fn has(&self, method: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_replaces_what_is_known() {
        let methods = Methods::new(&[]);
        assert!(methods.has(b"GET") && methods.has(b"QUERY") && !methods.has(b"get") && !methods.has(b""));
        let methods = Methods::new(&["GET".to_owned(), "PURGE".to_owned()]);
        assert!(methods.has(b"GET") && methods.has(b"PURGE") && !methods.has(b"POST"));
    }
}
