//! Rust: `std::backtrace::Backtrace`: a numbered line of the function, an indented one of the place.

use super::{Frame, Thrown, located};

/// The machinery between a panic and what panicked.
const MACHINERY: [&str; 2] = ["core::panicking::", "rust_begin_unwind"];

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown = Thrown::default();
    let mut function: Option<&str> = None;
    for line in text.lines() {
        if let Some(next) = name(line) {
            push(&mut thrown, function.replace(next), ("", None));
        } else if let Some((place, name)) = line.trim_start().strip_prefix("at ").zip(function) {
            let place = located(place).and_then(|(rest, _)| located(rest));
            let place = place.map_or(("", None), |(file, line)| (file, Some(line)));
            push(&mut thrown, Some(name), place);
            function = None;
        }
    }
    push(&mut thrown, function, ("", None));
    if thrown.frames.is_empty() { Vec::new() } else { vec![thrown] }
}

fn push<'a>(thrown: &mut Thrown<'a>, function: Option<&'a str>, (file, line): (&'a str, Option<u32>)) {
    let Some(method) = function else { return };
    if MACHINERY.iter().any(|start| method.trim_start_matches("__rustc::").starts_with(start)) {
        thrown.frames.clear();
        return;
    }
    let package = method.split_once("::").map_or("", |(name, _)| name.trim_start_matches('<'));
    let assembly = if package.contains(' ') { "" } else { package };
    thrown.frames.push(Frame { method, assembly, file, line });
}

/// Reads `  12: shop::pay`.
pub(super) fn name(line: &str) -> Option<&str> {
    let (number, name) = line.trim_start().split_once(": ")?;
    super::number(number)?;
    let name = name.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16).map_or(name, |(name, _)| name);
    (line.starts_with(' ') && name.contains("::")).then_some(name)
}
