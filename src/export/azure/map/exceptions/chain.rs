//! The array of an exception and of those that led to it.

use super::stack::{self, Frame, Frames, Thrown};
use super::{Exception, TEXT, TYPE};
use crate::export::azure::json;

/// Stands for a type or a message that is missing: the service refuses an exception without.
const UNKNOWN: &str = "Exception";
/// How many exceptions are told of one chain, as Microsoft's SDKs do.
const LONGEST: usize = 10;
/// Longest text of a frame, in UTF-16 units.
const PLACE: usize = 1024;

/// Writes the array.
pub(super) fn write(out: &mut Vec<u8>, exception: &Exception<'_>) {
    let stack = exception.stack.unwrap_or_default();
    let chain = stack::parse(stack);
    out.extend_from_slice(b"[{");
    // Numbers are for those that others refer to.
    if chain.len() > 1 {
        out.extend_from_slice(b"\"id\":1,");
    }
    let whole = exception.stack.is_some() && json::cut(stack, TEXT).len() == stack.len();
    head(out, exception.type_name, exception.message, whole);
    if !stack.is_empty() {
        out.extend_from_slice(b",\"stack\":");
        json::text_cut(out, stack, TEXT);
    }
    if let Some(first) = chain.first() {
        parsed(out, &first.frames);
    }
    out.push(b'}');
    for (place, thrown) in chain.iter().enumerate().take(LONGEST).skip(1) {
        cause(out, place, thrown);
    }
    out.push(b']');
}

fn cause(out: &mut Vec<u8>, place: usize, thrown: &Thrown<'_>) {
    out.extend_from_slice(b",{\"id\":");
    json::integer(out, place as i64 + 1);
    out.extend_from_slice(b",\"outerId\":");
    json::integer(out, thrown.outer.unwrap_or_default() as i64 + 1);
    out.push(b',');
    let (kind, message) = thrown.split();
    head(out, kind, message, !thrown.frames.is_empty());
    parsed(out, &thrown.frames);
    out.push(b'}');
}

fn head(out: &mut Vec<u8>, kind: &str, message: &str, whole: bool) {
    out.extend_from_slice(b"\"typeName\":");
    json::text_cut(out, or_unknown(kind), TYPE);
    out.extend_from_slice(b",\"message\":");
    json::text_cut(out, or_unknown(message), TEXT);
    out.extend_from_slice(b",\"hasFullStack\":");
    out.extend_from_slice(if whole { b"true" } else { b"false" });
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { UNKNOWN } else { text }
}

fn parsed(out: &mut Vec<u8>, frames: &Frames<'_>) {
    if frames.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"parsedStack\":");
    let mut separator = b'[';
    for (level, frame) in frames.levels() {
        out.push(separator);
        separator = b',';
        write_frame(out, i64::try_from(level).unwrap_or(i64::MAX).min(i32::MAX.into()), frame);
    }
    out.push(b']');
}

fn write_frame(out: &mut Vec<u8>, level: i64, frame: &Frame<'_>) {
    out.extend_from_slice(b"{\"level\":");
    json::integer(out, level);
    out.extend_from_slice(b",\"method\":");
    json::text_cut(out, if frame.method.is_empty() { "<unknown>" } else { frame.method }, PLACE);
    for (name, text) in [("assembly", frame.assembly), ("fileName", frame.file)] {
        if !text.is_empty() {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            json::text_cut(out, text, PLACE);
        }
    }
    if let Some(line) = frame.line {
        out.extend_from_slice(b",\"line\":");
        json::integer(out, line.min(i32::MAX as u32).into());
    }
    out.push(b'}');
}
