//! Ruby: `Exception#full_message`, in its order from the call that threw outwards.

use super::{Frame, Thrown, located};
use std::borrow::Cow;

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown: Vec<Thrown<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(frame) = line.trim_start().strip_prefix("from ").and_then(frame) {
            if let Some(current) = thrown.last_mut() {
                current.frames.push(frame);
            }
        } else if let Some(first) = frame(line) {
            // The message stands behind the first frame; causes follow in the same way.
            let outer = thrown.len().checked_sub(1);
            let mut one = Thrown { outer, ..Thrown::default() };
            if let Some((_, message)) = line.split_once("': ") {
                one.title = titled(message);
            }
            one.frames.push(first);
            thrown.push(one);
        }
    }
    thrown
}

/// `no stock (Shop::Empty)` in the order of the others.
fn titled(message: &str) -> Cow<'_, str> {
    match message.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((message, kind)) => Cow::Owned(format!("{kind}: {message}")),
        None => Cow::Borrowed(message),
    }
}

/// Reads ``/app/shop.rb:12:in `pay'``, since 3.4 `/app/shop.rb:12:in 'Shop#pay'`.
pub(super) fn frame(line: &str) -> Option<Frame<'_>> {
    let (place, rest) = line.split_once(":in ")?;
    let rest = rest.strip_prefix(['`', '\''])?;
    let (method, _) = rest.split_once('\'')?;
    let (file, line) = located(place)?;
    let gem = file.rsplit_once("/gems/").and_then(|(_, inside)| inside.split_once('/'));
    Some(Frame { method, assembly: gem.map_or("", |(name, _)| name), file, line: Some(line) })
}
