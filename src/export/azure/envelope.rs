//! One envelope of the track API (Application Insights schema, version 2), written from front
//! to back: head, tags, fields, properties.

use super::{json, time};

/// What an envelope is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Request,
    Dependency,
    Message,
    Exception,
    Event,
    Metric,
    Availability,
}

impl Type {
    /// `name` of the envelope, behind `Microsoft.ApplicationInsights.`.
    pub fn name(self) -> &'static str {
        match self {
            Type::Request => "Request",
            Type::Dependency => "RemoteDependency",
            Type::Message => "Message",
            Type::Exception => "Exception",
            Type::Event => "Event",
            Type::Metric => "Metric",
            Type::Availability => "Availability",
        }
    }

    /// `baseType` of its data.
    pub fn base(self) -> &'static str {
        match self {
            Type::Request => "RequestData",
            Type::Dependency => "RemoteDependencyData",
            Type::Message => "MessageData",
            Type::Exception => "ExceptionData",
            Type::Event => "EventData",
            Type::Metric => "MetricData",
            Type::Availability => "AvailabilityData",
        }
    }
}

/// Longest key of a property or measurement, in UTF-16 units.
pub const KEY: usize = 150;
/// Longest value of a property.
pub const VALUE: usize = 8192;

/// An envelope that is being written. The order of calls is the order in the text: [`Self::tag`]s,
/// then [`Self::data`], then fields, then properties, then [`Self::end`].
pub struct Envelope<'a> {
    out: &'a mut Vec<u8>,
    kind: Type,
    /// The object that is open has no member yet.
    empty: bool,
}

impl<'a> Envelope<'a> {
    /// Begins with the head and the tags of the resource (`tags`: members of a JSON object,
    /// without its braces). `rate` is the percentage that was kept of such items.
    pub fn begin(
        out: &'a mut Vec<u8>,
        kind: Type,
        unix_nano: u64,
        rate: f64,
        instrumentation_key: &str,
        tags: &[u8],
    ) -> Envelope<'a> {
        out.extend_from_slice(b"{\"ver\":1,\"name\":\"Microsoft.ApplicationInsights.");
        out.extend_from_slice(kind.name().as_bytes());
        out.extend_from_slice(b"\",\"time\":\"");
        time::moment(out, unix_nano);
        out.push(b'"');
        if rate < 100.0 {
            out.extend_from_slice(b",\"sampleRate\":");
            json::number(out, rate);
        }
        out.extend_from_slice(b",\"iKey\":");
        json::text(out, instrumentation_key);
        out.extend_from_slice(b",\"tags\":{");
        out.extend_from_slice(tags);
        Envelope { out, kind, empty: tags.is_empty() }
    }

    /// Writes a tag (`ai.…`) of at most `limit` UTF-16 units; an empty one is left out.
    pub fn tag(&mut self, name: &str, value: &str, limit: usize) {
        if !value.is_empty() {
            self.member(name);
            json::text_cut(self.out, value, limit);
        }
    }

    /// Writes a tag of bytes in hexadecimal digits; without bytes, or all zero, it is left out.
    pub fn tag_hex(&mut self, name: &str, bytes: &[u8]) {
        if bytes.iter().any(|byte| *byte != 0) {
            self.member(name);
            quoted_hex(self.out, bytes);
        }
    }

    /// Ends the tags and begins the data.
    pub fn data(&mut self) {
        self.out.extend_from_slice(b"},\"data\":{\"baseType\":\"");
        self.out.extend_from_slice(self.kind.base().as_bytes());
        self.out.extend_from_slice(b"\",\"baseData\":{\"ver\":2");
        self.empty = false;
    }

    /// Writes a field of text of at most `limit` UTF-16 units.
    pub fn text(&mut self, name: &str, value: &str, limit: usize) {
        self.member(name);
        json::text_cut(self.out, value, limit);
    }

    pub fn hex(&mut self, name: &str, bytes: &[u8]) {
        self.member(name);
        quoted_hex(self.out, bytes);
    }

    /// Writes a field of nanoseconds as a duration.
    pub fn duration(&mut self, name: &str, nanos: u64) {
        self.member(name);
        self.out.push(b'"');
        time::duration(self.out, nanos);
        self.out.push(b'"');
    }

    pub fn boolean(&mut self, name: &str, value: bool) {
        self.member(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub fn number(&mut self, name: &str, value: f64) {
        self.member(name);
        json::number(self.out, value);
    }

    /// Writes a field whose value `write` appends as JSON.
    pub fn json(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.member(name);
        write(self.out);
    }

    /// Begins an object inside, such as `properties`, `measurements`.
    pub fn object(&mut self, name: &str) {
        self.member(name);
        self.out.push(b'{');
        self.empty = true;
    }

    /// Ends the object inside.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
        self.empty = false;
    }

    /// Writes a property, with its value cut. One without a key, or with one that is too long, is left
    /// out, as Microsoft's exporters do.
    pub fn property(&mut self, key: &str, value: &str) {
        self.property_json(key, |out| json::text_cut(out, value, VALUE));
    }

    /// Writes a property whose value `write` appends as a JSON string.
    pub fn property_json(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if !key.is_empty() && json::cut(key, KEY).len() == key.len() {
            self.comma();
            json::text(self.out, key);
            self.out.push(b':');
            write(self.out);
        }
    }

    /// Writes a number under a key of its own.
    pub fn measurement(&mut self, key: &str, value: f64) {
        self.comma();
        json::text_cut(self.out, key, KEY);
        self.out.push(b':');
        json::number(self.out, value);
    }

    /// Appends members that were written before: `"key":value`, with commas in between.
    pub fn members(&mut self, written: &[u8]) {
        if !written.is_empty() {
            self.comma();
            self.out.extend_from_slice(written);
        }
    }

    /// Ends the envelope.
    pub fn end(self) {
        self.out.extend_from_slice(b"}}}");
    }

    fn member(&mut self, name: &str) {
        self.comma();
        self.out.push(b'"');
        // Our own names: nothing to escape.
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn comma(&mut self) {
        if self.empty {
            self.empty = false;
        } else {
            self.out.push(b',');
        }
    }
}

/// Identifiers have 16 bytes at most; whatever is longer is cut to what every field can hold.
const IDENTIFIER: usize = 64;

fn quoted_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    json::hex(out, bytes.get(..IDENTIFIER).unwrap_or(bytes));
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_one() {
        let mut out = Vec::new();
        let mut envelope =
            Envelope::begin(&mut out, Type::Request, 0, 50.0, "key", b"\"ai.cloud.role\":\"shop\"");
        envelope.tag_hex("ai.operation.id", &[0xab; 16]);
        envelope.tag_hex("ai.operation.parentId", &[0; 8]);
        envelope.tag("ai.session.id", "", 64);
        envelope.data();
        envelope.text("name", "GET /", 1024);
        envelope.duration("duration", 1_000_000);
        envelope.boolean("success", true);
        envelope.object("properties");
        envelope.property("", "x");
        envelope.property(&"k".repeat(KEY + 1), "x");
        envelope.property("a\"", "b");
        envelope.end_object();
        envelope.object("measurements");
        envelope.number("n", 1.5);
        envelope.end_object();
        envelope.end();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"ver":1,"name":"Microsoft.ApplicationInsights.Request","time":"1970-01-01T00:00:00.000000Z","#,
                r#""sampleRate":50,"iKey":"key","tags":{"ai.cloud.role":"shop","ai.operation.id":"#,
                r#""abababababababababababababababab"},"data":{"baseType":"RequestData","baseData":{"ver":2,"#,
                r#""name":"GET /","duration":"0.00:00:00.001000","success":true,"properties":{"a\"":"b"},"#,
                r#""measurements":{"n":1.5}}}}"#
            )
        );
    }

    #[test]
    fn without_tags() {
        let mut out = Vec::new();
        let mut envelope = Envelope::begin(&mut out, Type::Message, 0, 100.0, "key", b"");
        envelope.tag("ai.user.id", "u", 128);
        envelope.data();
        envelope.end();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["tags"]["ai.user.id"], "u");
        assert!(value.get("sampleRate").is_none());
    }
}
