//! Where the messages of an HTTP/1.1 connection begin and end, as RFC 9112 says and not one
//! byte more leniently.
//!
//! The HTTP library reads the same bytes and is right about them, but it is forgiving where
//! two readers could come to different ends of a message (section 11.2, "Request Smuggling").
//! Such bytes never reach it.

use super::limits::{CHUNK_LINE, HEAD, HEAD_LINES};
use http::StatusCode;

/// Follows the bytes of one connection.
#[derive(Debug, Default)]
pub(super) struct Framing {
    state: State,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    head: Head,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Head,
    Body(u64),
    ChunkSize,
    Chunk(u64),
    Trailers,
}

/// What is known of the current head, or of the trailers.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    lines: usize,
    length: Option<u64>,
    chunked: bool,
    host: bool,
}

/// The bytes are not what may be accepted; nothing after them can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(super) struct Violation {
    pub(super) status: StatusCode,
    pub(super) text: &'static str,
}

const fn bad(text: &'static str) -> Violation {
    Violation { status: StatusCode::BAD_REQUEST, text }
}

const fn too_large(text: &'static str) -> Violation {
    Violation { status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, text }
}

impl Framing {
    /// Takes the next bytes of the connection.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Body(left) | State::Chunk(left) => {
                    let skipped = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = bytes.get(skipped..).unwrap_or_default();
                    *left -= skipped as u64;
                    if *left == 0 {
                        let more = matches!(self.state, State::Chunk(_));
                        self.state = if more { State::ChunkSize } else { State::Head };
                    }
                }
                State::Head | State::ChunkSize | State::Trailers => bytes = self.line(bytes)?,
            }
        }
        Ok(())
    }

    /// Whether a head has begun and not ended.
    pub(super) fn in_head(&self) -> bool {
        matches!(self.state, State::Head) && (self.head.bytes > 0 || !self.line.is_empty())
    }

    /// Whether a message has begun and not ended.
    pub(super) fn in_message(&self) -> bool {
        self.in_head() || !matches!(self.state, State::Head)
    }

    /// Takes one line, or what there is of it, and returns what is behind.
    fn line<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Violation> {
        let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => bytes.split_at_checked(end + 1).unwrap_or((bytes, &[])),
            None => (bytes, &[][..]),
        };
        match self.state {
            State::ChunkSize if self.line.len() + line.len() > CHUNK_LINE => {
                return Err(bad("a chunk extension is too long"));
            }
            State::Head | State::Trailers if self.head.bytes + self.line.len() + line.len() > HEAD => {
                return Err(too_large("the header is larger than 16 KiB"));
            }
            _ => {}
        }
        if !line.ends_with(b"\n") {
            self.line.extend_from_slice(line);
        } else if self.line.is_empty() {
            self.complete(line)?;
        } else {
            let mut whole = std::mem::take(&mut self.line);
            whole.extend_from_slice(line);
            self.complete(&whole)?;
        }
        Ok(rest)
    }

    fn complete(&mut self, line: &[u8]) -> Result<(), Violation> {
        let text = line.strip_suffix(b"\r\n").ok_or(bad("a line ends without a carriage return"))?;
        match self.state {
            State::ChunkSize => {
                let size = chunk_size(text)?;
                // The data and the end of its line, which the library checks.
                self.state = if size == 0 { State::Trailers } else { State::Chunk(size.saturating_add(2)) };
            }
            State::Trailers if text.is_empty() => *self = Framing::default(),
            State::Head if text.is_empty() && self.head.lines > 0 => self.end_of_head()?,
            // Empty lines before a request are allowed (RFC 9112, 2.2).
            State::Head if text.is_empty() => self.head.bytes += line.len(),
            _ => {
                self.head.bytes += line.len();
                self.head.lines += 1;
                if self.head.lines > HEAD_LINES + 1 {
                    return Err(too_large("the header has more than 64 lines"));
                }
                if self.head.lines > 1 || matches!(self.state, State::Trailers) {
                    self.head.field(text)?;
                }
            }
        }
        Ok(())
    }

    fn end_of_head(&mut self) -> Result<(), Violation> {
        let head = std::mem::take(&mut self.head);
        self.state = match (head.length, head.chunked) {
            (Some(_), true) => return Err(bad("Content-Length and Transfer-Encoding exclude each other")),
            (_, true) => State::ChunkSize,
            (None | Some(0), false) => State::Head,
            (Some(length), false) => State::Body(length),
        };
        Ok(())
    }
}

impl Head {
    fn field(&mut self, line: &[u8]) -> Result<(), Violation> {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(bad("a header line is folded"));
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or(bad("a header line has no colon"))?;
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        if name.is_empty() || name.iter().any(|byte| byte.is_ascii_whitespace()) {
            return Err(bad("a header's name has a space"));
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let length =
                std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let length =
                length.and_then(|text| text.parse().ok()).ok_or(bad("Content-Length is not a number"))?;
            if self.length.replace(length).is_some() {
                return Err(bad("there is more than one Content-Length"));
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(bad("Transfer-Encoding must be chunked"));
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"host") && std::mem::replace(&mut self.host, true) {
            return Err(bad("there is more than one Host"));
        }
        Ok(())
    }
}

/// Hexadecimal digits, and perhaps an extension.
fn chunk_size(line: &[u8]) -> Result<u64, Violation> {
    let digits = line.split(|byte| b"; \t".contains(byte)).next().unwrap_or_default();
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    text.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or(bad("a chunk's size is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same bytes whole and byte by byte must come to the same.
    fn feed(bytes: &str) -> Result<bool, &'static str> {
        let mut whole = Framing::default();
        let result = whole.feed(bytes.as_bytes()).map(|()| whole.in_message());
        let mut single = Framing::default();
        let each = bytes.as_bytes().chunks(1).try_for_each(|byte| single.feed(byte));
        assert_eq!(result, each.map(|()| single.in_message()), "{bytes:?}");
        result.map_err(|violation| violation.text)
    }

    #[test]
    fn messages_end_where_they_end() {
        let whole = [
            "",
            "\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\ncontent-length:0\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        ];
        for bytes in whole {
            // Empty lines alone are not yet over.
            assert_eq!(feed(bytes), Ok(bytes == "\r\n"), "{bytes:?}");
        }
        let part = [
            "G",
            "GET / HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        ];
        for bytes in part {
            assert_eq!(feed(bytes), Ok(true), "{bytes:?}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        let head = |lines: &str| feed(&format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n"));
        let both = Err("Content-Length and Transfer-Encoding exclude each other");
        assert_eq!(head("Content-Length: 3\r\nTransfer-Encoding: chunked"), both);
        assert_eq!(head("Transfer-Encoding: chunked\r\nContent-Length: 3"), both);
        assert_eq!(
            head("Content-Length: 3\r\nContent-Length: 3"),
            Err("there is more than one Content-Length")
        );
        for length in ["+3", "-1", "3, 3", "0x3", "", "3 3", "99999999999999999999999"] {
            assert_eq!(head(&format!("Content-Length: {length}")), Err("Content-Length is not a number"));
        }
        for coding in ["gzip", "gzip, chunked", "chunked, identity", "identity", "x chunked", "\"chunked\""] {
            assert_eq!(
                head(&format!("Transfer-Encoding: {coding}")),
                Err("Transfer-Encoding must be chunked")
            );
        }
        assert_eq!(
            head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            Err("Transfer-Encoding must be chunked")
        );
        assert_eq!(head("Host: a\r\nHost: a"), Err("there is more than one Host"));
        assert_eq!(head("X: a\r\n b"), Err("a header line is folded"));
        assert_eq!(head("X: a\r\n\tb"), Err("a header line is folded"));
        assert_eq!(head("Content-Length : 3"), Err("a header's name has a space"));
        assert_eq!(head(": 3"), Err("a header's name has a space"));
        assert_eq!(head("no colon"), Err("a header line has no colon"));
        assert_eq!(feed("POST / HTTP/1.1\nHost: a\r\n\r\n"), Err("a line ends without a carriage return"));
        assert_eq!(head("Host: a\n"), Err("a line ends without a carriage return"));
    }

    #[test]
    fn chunks_are_strict() {
        let body =
            |chunks: &str| feed(&format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
        assert_eq!(body("3\nabc\r\n"), Err("a line ends without a carriage return"));
        for size in ["", "x", "0x3", "-1", " 3", "11111111111111111"] {
            assert_eq!(body(&format!("{size}\r\n")), Err("a chunk's size is not a number"), "{size}");
        }
        assert_eq!(body(&format!("3;{}\r\n", "x".repeat(CHUNK_LINE))), Err("a chunk extension is too long"));
        assert_eq!(body("0\r\nTrailer : x\r\n"), Err("a header's name has a space"));
    }

    #[test]
    fn heads_are_bounded() {
        let lines = "x: y\r\n".repeat(HEAD_LINES);
        assert_eq!(feed(&format!("GET / HTTP/1.1\r\n{lines}\r\n")), Ok(false));
        let error = feed(&format!("GET / HTTP/1.1\r\n{lines}x: y\r\n\r\n"));
        assert_eq!(error, Err("the header has more than 64 lines"));
        assert_eq!(feed(&"a".repeat(HEAD + 1)), Err("the header is larger than 16 KiB"));
        let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(HEAD));
        assert_eq!(feed(&long), Err("the header is larger than 16 KiB"));
    }
}
