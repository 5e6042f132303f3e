//! Envelopes as they go over the wire: within the limits of one request, compressed once.

use crate::account::Loss;
use crate::export::azure::map::Sink;
use crate::export::exchange::gzip::Gzip;
use bytes::Bytes;
use flate2::bufread::GzDecoder;
use std::io::{self, Read};

/// Envelopes of one request, at most.
const ENVELOPES: usize = 1000;
/// Bytes of one request before compression, at most; an envelope that is larger goes alone.
const PLAIN: usize = 900 << 10;

/// How envelopes stand in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One on each line.
    Lines,
    /// A JSON array, for proxies that do not know lines.
    Array,
}

impl Form {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Form::Lines => "application/x-json-stream",
            Form::Array => "application/json",
        }
    }

    /// What stands before the first envelope, before any other, and behind the last. In both forms
    /// there is a line for each envelope, so that a body can be taken apart without reading JSON.
    fn around(self) -> [&'static [u8]; 3] {
        match self {
            Form::Lines => [b"", b"\n", b""],
            Form::Array => [b"[", b"\n,", b"]"],
        }
    }
}

/// One request to the track API.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) form: Form,
    /// Compressed.
    pub(super) body: Bytes,
    /// For each envelope, how many items of the parcel it stands for.
    pub(super) items: Vec<u64>,
}

impl Post {
    pub(super) fn total(&self) -> u64 {
        self.items.iter().sum()
    }

    /// The envelopes that are to be kept, in a form that may be another one.
    pub(super) fn select(
        &self,
        gzip: &mut Gzip,
        form: Form,
        keep: impl Fn(usize) -> bool,
    ) -> io::Result<Packed> {
        let mut plain = Vec::new();
        GzDecoder::new(&self.body[..]).read_to_end(&mut plain)?;
        let [start, between, end] = self.form.around();
        let plain = plain.strip_prefix(start).and_then(|plain| plain.strip_suffix(end)).unwrap_or_default();
        let mut packer = Packer::new(gzip, form);
        for (at, (line, items)) in plain.split(|byte| *byte == b'\n').zip(&self.items).enumerate() {
            let separator = if at == 0 { &b""[..] } else { between.get(1..).unwrap_or_default() };
            if keep(at) {
                packer.envelope(line.strip_prefix(separator).unwrap_or(line), *items);
            }
        }
        Ok(packer.finish())
    }
}

/// What became of envelopes.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) posts: Vec<Post>,
    /// Items without an envelope.
    pub(super) losses: Vec<(Loss, u64)>,
}

/// Writes envelopes into requests as they come.
pub(super) struct Packer<'a> {
    gzip: &'a mut Gzip,
    form: Form,
    /// Bytes of the request that is open.
    plain: usize,
    items: Vec<u64>,
    packed: Packed,
}

impl<'a> Packer<'a> {
    pub(super) fn new(gzip: &'a mut Gzip, form: Form) -> Self {
        Packer { gzip, form, plain: 0, items: Vec::new(), packed: Packed::default() }
    }

    pub(super) fn finish(mut self) -> Packed {
        self.close();
        self.packed
    }

    fn close(&mut self) {
        if self.items.is_empty() {
            return;
        }
        let [.., end] = self.form.around();
        self.gzip.write(end);
        let items = std::mem::take(&mut self.items);
        self.plain = 0;
        match self.gzip.finish() {
            Ok(body) => self.packed.posts.push(Post { form: self.form, body: body.into(), items }),
            // Never seen: what zlib is given here is always right.
            Err(_) => self.left_out(Loss::Dropped("cannot be compressed"), items.iter().sum()),
        }
    }
}

impl Sink for Packer<'_> {
    fn envelope(&mut self, json: &[u8], items: u64) {
        if self.items.len() >= ENVELOPES || self.plain.saturating_add(json.len()) > PLAIN {
            self.close();
        }
        let [start, between, _] = self.form.around();
        let before = if self.items.is_empty() { start } else { between };
        self.gzip.write(before);
        self.gzip.write(json);
        self.plain += before.len() + json.len();
        self.items.push(items);
    }

    fn left_out(&mut self, loss: Loss, items: u64) {
        add(&mut self.packed.losses, loss, items);
    }
}

/// Counts items under their loss.
pub(super) fn add(losses: &mut Vec<(Loss, u64)>, loss: Loss, items: u64) {
    match losses.iter_mut().find(|(known, _)| *known == loss) {
        Some((_, count)) => *count += items,
        None => losses.push((loss, items)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(post: &Post) -> String {
        let mut text = String::new();
        GzDecoder::new(&post.body[..]).read_to_string(&mut text).unwrap();
        text
    }

    fn packed(form: Form, envelopes: &[&str]) -> Packed {
        let mut gzip = Gzip::new(1);
        let mut packer = Packer::new(&mut gzip, form);
        envelopes.iter().enumerate().for_each(|(at, e)| packer.envelope(e.as_bytes(), at as u64));
        packer.finish()
    }

    #[test]
    fn both_forms_and_from_one_to_the_other() {
        let all = [r#"{"a":",["}"#, r#"{"b":"]"}"#, "{}"];
        let lines = packed(Form::Lines, &all).posts.remove(0);
        assert_eq!(plain(&lines), "{\"a\":\",[\"}\n{\"b\":\"]\"}\n{}");
        assert_eq!(lines.items, [0, 1, 2]);
        let mut gzip = Gzip::new(1);
        let array = lines.select(&mut gzip, Form::Array, |_| true).unwrap().posts.remove(0);
        assert_eq!(plain(&array), "[{\"a\":\",[\"}\n,{\"b\":\"]\"}\n,{}]");
        assert_eq!(array.form, Form::Array);
        let some = array.select(&mut gzip, Form::Array, |at| at != 1).unwrap().posts.remove(0);
        assert_eq!((plain(&some).as_str(), &some.items[..]), ("[{\"a\":\",[\"}\n,{}]", &[0, 2][..]));
        let last = some.select(&mut gzip, Form::Lines, |at| at == 1).unwrap().posts.remove(0);
        assert_eq!((plain(&last).as_str(), &last.items[..]), ("{}", &[2][..]));
        assert!(last.select(&mut gzip, Form::Lines, |_| false).unwrap().posts.is_empty());
    }

    #[test]
    fn limits_of_a_request() {
        let many = vec!["{}"; 2001];
        let counts: Vec<usize> =
            packed(Form::Lines, &many).posts.iter().map(|post| post.items.len()).collect();
        assert_eq!(counts, [1000, 1000, 1]);
        let (large, small) = ("x".repeat(PLAIN + 1), "x".repeat(PLAIN / 2 - 1));
        let posts = packed(Form::Lines, &[&small, &large, &small, &small, "{}"]).posts;
        assert_eq!(posts.iter().map(|post| post.items.len()).collect::<Vec<_>>(), [1, 1, 2, 1]);
        for post in &posts {
            assert!(plain(post).len() <= PLAIN || post.items.len() == 1);
        }
    }
}
