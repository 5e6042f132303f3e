//! PHP: `Throwable::__toString`, whose first exception led to the next ones.

use super::{Frame, Thrown, located};

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown = vec![Thrown::default()];
    // Where the next function was when it called the one before, or threw.
    let mut place = Place::default();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("Next ") {
            let next = thrown.len();
            if let Some(before) = thrown.last_mut() {
                before.outer = Some(next);
            }
            thrown.push(Thrown::new(title, None));
            place = within(title);
        } else if let Some((method, caller)) = call(line) {
            let Place { file, line } = std::mem::replace(&mut place, caller);
            if let Some(current) = thrown.last_mut() {
                current.frames.push(Frame { method, assembly: "", file, line });
            }
        } else if let Some(current) = thrown.last_mut().filter(|current| current.frames.is_empty())
            && line != "Stack trace:"
        {
            current.more(line);
            place = within(line);
        }
    }
    // The last is the one that was reported.
    let count = thrown.len();
    thrown.reverse();
    for one in &mut thrown {
        one.outer = one.outer.map(|outer| count - 1 - outer);
    }
    thrown
}

#[derive(Default)]
pub(super) struct Place<'a> {
    file: &'a str,
    line: Option<u32>,
}

/// Reads `#0 /app/shop.php(12): Shop->pay(7)`: who was called, and from where.
pub(super) fn call(line: &str) -> Option<(&str, Place<'_>)> {
    let (number, rest) = line.strip_prefix('#')?.split_once(' ')?;
    super::number(number)?;
    if rest == "{main}" {
        return Some((rest, Place::default()));
    }
    let (place, call) = rest.split_once(": ")?;
    let method = call.split_once('(').map_or(call, |(method, _)| method);
    if place == "[internal function]" {
        return Some((method, Place::default()));
    }
    let (file, line) = place.strip_suffix(')')?.rsplit_once('(')?;
    Some((method, Place { file, line: super::number(line) }))
}

/// The place in a title: `LogicException: no in /app/shop.php:12`.
fn within(title: &str) -> Place<'_> {
    let place = title.rsplit_once(" in ").and_then(|(_, place)| located(place));
    place.map_or_else(Place::default, |(file, line)| Place { file, line: Some(line) })
}
