//! Go: a goroutine as `debug.Stack` and panics print it, and errors as `%+v` prints them
//! (github.com/pkg/errors and its kin): a line of the function, an indented one of the place.

use super::{Frame, Thrown, located};

pub(super) fn recognises(text: &str) -> bool {
    let goroutine = text.starts_with("goroutine ") || text.contains("\ngoroutine ");
    (goroutine && text.contains("]:\n"))
        || text.contains(".go:") && text.lines().any(|line| place(line).is_some())
}

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown = Thrown::default();
    let mut function = "";
    for line in text.lines() {
        if let Some((file, number)) = place(line) {
            if function.starts_with("panic(") {
                // What stands above is what was done about it.
                thrown.frames.clear();
            } else if !(function.is_empty() || thrown.frames.is_empty() && about(function)) {
                thrown.frames.push(frame(function, file, number));
            }
            function = "";
        } else if line.is_empty() && !thrown.frames.is_empty() {
            // The other goroutines of the process.
            break;
        } else if !function.is_empty() && !thrown.frames.is_empty() {
            // Two lines in turn that are no place: here begins the text of an error that holds this one.
            break;
        } else {
            function = line;
        }
    }
    if thrown.frames.is_empty() { Vec::new() } else { vec![thrown] }
}

/// `/src/shop.go:12 +0x1d`, behind a tab.
fn place(line: &str) -> Option<(&str, u32)> {
    let place = line.strip_prefix('\t').or_else(|| line.strip_prefix("    "))?.trim();
    let place = place.rsplit_once(" +0x").map_or(place, |(place, _)| place);
    located(place).filter(|(file, _)| file.ends_with(".go") || file.ends_with(".s"))
}

/// Functions that only take the stack.
fn about(function: &str) -> bool {
    function.starts_with("runtime/debug.Stack(")
        || function.starts_with("go.opentelemetry.io/otel/sdk/trace.")
}

/// The method without its arguments: `main.(*Order).Total(...)`, `created by main.main in goroutine 1`.
fn frame<'a>(function: &'a str, file: &'a str, line: u32) -> Frame<'a> {
    let function = function.strip_prefix("created by ").unwrap_or(function);
    let function = function.split_once(" in goroutine ").map_or(function, |(name, _)| name);
    let method = match function.rfind('(') {
        // The last pair of brackets holds the arguments, unless a method of a pointer follows it.
        Some(open) if function.ends_with(')') && open > 0 => function.get(..open).unwrap_or(function),
        _ => function,
    };
    // The package's path ends at the first dot behind its last slash.
    let name = method.rfind('/').map_or(0, |slash| slash + 1);
    let dot = method.get(name..).and_then(|rest| rest.find('.')).map(|dot| name + dot);
    Frame {
        method,
        assembly: dot.and_then(|dot| method.get(..dot)).unwrap_or_default(),
        file,
        line: Some(line),
    }
}
