//! V8 (Node.js, Deno): `error.stack`, and errors as `util.inspect` prints them with their causes.

use super::{Frame, Thrown, located};

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown = vec![Thrown::default()];
    // Errors that may have causes, with the columns of their frames.
    let mut open: Vec<(usize, usize)> = Vec::new();
    // The error that holds a list of others, while it is read.
    let mut list = None;
    for line in text.lines() {
        let content = line.trim_start();
        let column = line.len() - content.len();
        let current = thrown.len() - 1;
        if let Some(frame) = content.strip_prefix("at ").and_then(frame) {
            if open.last().is_none_or(|(place, _)| *place != current) {
                open.push((current, column));
            }
            if let Some(current) = thrown.last_mut() {
                current.frames.push(frame);
            }
            continue;
        }
        let cause = content.strip_prefix("[cause]: ").or_else(|| content.strip_prefix("Caused by: "));
        if let Some(title) = cause {
            // Of the innermost error that stands left of it, or as far left.
            while open.len() > 1 && open.last().is_some_and(|(_, frames)| *frames > column + 2) {
                open.pop();
            }
            thrown.push(Thrown::new(title, Some(open.last().map_or(0, |(place, _)| *place))));
        } else if content == "[errors]: [" {
            list = Some(current);
        } else if list.is_some() && content.starts_with(']') {
            list = None;
        } else if thrown.last().is_some_and(|last| !last.frames.is_empty()) || list == Some(current) {
            // Below the frames stand properties, or the next error of a list.
            if list.is_some()
                && !content.starts_with(['}', ']', '[', '{'])
                && !super::split(content).0.is_empty()
            {
                thrown.push(Thrown::new(content, list));
            }
        } else if let Some(last) = thrown.last_mut() {
            last.more(line);
        }
    }
    thrown
}

/// Reads what follows `at `: `async fn (file:///a.js:1:2)`, `/a.js:1:2`, `Array.map (<anonymous>)`.
pub(super) fn frame(place: &str) -> Option<Frame<'_>> {
    let place = place.trim_end().trim_end_matches([',', '{', ' ']);
    let place = place.strip_prefix("async ").unwrap_or(place);
    let (method, location) = match place.strip_suffix(')').and_then(|open| open.split_once(" (")) {
        Some((method, location)) => (method, location),
        None => ("<anonymous>", place),
    };
    // Generated code: where it was generated.
    if let Some(origin) = location.strip_prefix("eval at ") {
        let (_, origin) = origin.split_once(" (")?;
        let (origin, _) = origin.split_once(')')?;
        return file(origin).map(|frame| Frame { method, ..frame });
    }
    if matches!(location, "<anonymous>" | "native" | "unknown location") || location.starts_with("index ") {
        // Without a name it is no place at all.
        return (place != location).then_some(Frame { method, ..Frame::default() });
    }
    file(location).map(|frame| Frame { method, ..frame })
}

fn file(location: &str) -> Option<Frame<'_>> {
    if location.starts_with("wasm://") {
        let (file, _function) = location.split_once(":wasm-function[")?;
        return Some(Frame { file, ..Frame::default() });
    }
    let (rest, _column) = located(location)?;
    let (file, line) = located(rest)?;
    let file = file.strip_prefix("file://").map_or(file, |path| match path.as_bytes() {
        [b'/', _, b':', ..] => path.trim_start_matches('/'),
        _ => path,
    });
    Some(Frame { method: "", assembly: package(file), file, line: Some(line) })
}

/// The package that a file was installed with: `express`, `@scope/name`.
fn package(file: &str) -> &str {
    if file.starts_with("node:") {
        return "node";
    }
    let Some((_, inside)) =
        file.rsplit_once("node_modules").filter(|(_, rest)| rest.starts_with(['/', '\\']))
    else {
        return "";
    };
    let inside = inside.trim_start_matches(['/', '\\']);
    let mut slashes = inside.match_indices(['/', '\\']).map(|(place, _)| place);
    let end = if inside.starts_with('@') { slashes.nth(1) } else { slashes.next() };
    end.and_then(|end| inside.get(..end)).unwrap_or(inside)
}
