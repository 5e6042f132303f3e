//! .NET: `Exception.ToString()`. Titles come first, the outermost before the others, then the frames,
//! the innermost before the others.

use super::{Frame, Thrown, located};

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown: Vec<Thrown<'_>> = vec![Thrown::default()];
    // Whose frames come next.
    let mut current = 0;
    let mut titles = true;
    for line in text.lines() {
        let content = line.trim_start();
        if let Some(title) = content.strip_prefix("---> ") {
            // A further one of an aggregate is numbered.
            let title = title.strip_prefix("(Inner Exception #").and_then(|rest| rest.split_once(") "));
            let title = title.map_or(content.trim_start_matches("---> "), |(_, title)| title);
            let place = thrown.len();
            thrown.push(Thrown::new(title, Some(current)));
            (current, titles) = (place, true);
        } else if let Some(frame) = content.strip_prefix("at ").and_then(frame) {
            titles = false;
            if let Some(one) = thrown.get_mut(current) {
                one.frames.push(frame);
            }
            if content.ends_with("<---") {
                current = outer(&thrown, current);
            }
        } else if content.starts_with("--- End of inner exception stack trace") {
            titles = false;
            current = outer(&thrown, current);
        } else if content.starts_with("<---") {
            current = outer(&thrown, current);
        } else if titles {
            // The .NET Framework writes all titles into one line.
            let mut parts = line.split(" ---> ");
            if let Some((one, part)) = thrown.get_mut(current).zip(parts.next()) {
                one.more(part);
            }
            for title in parts {
                thrown.push(Thrown::new(title, Some(current)));
                current = thrown.len() - 1;
            }
        }
    }
    thrown
}

fn outer(thrown: &[Thrown<'_>], place: usize) -> usize {
    thrown.get(place).and_then(|one| one.outer).unwrap_or_default()
}

/// Reads what follows `at `: `Shop.Order.Pay(Int32 id) in /src/Order.cs:line 12`.
pub(super) fn frame(place: &str) -> Option<Frame<'_>> {
    let place = place.trim_end().trim_end_matches("<---").trim_end();
    let (method, rest) = place.split_once('(')?;
    let method = method.trim_end();
    if method.is_empty() || method.contains(' ') || !method.contains('.') {
        return None;
    }
    let (file, line) = match rest.split_once(") in ").or_else(|| rest.split_once("] in ")) {
        Some((_, source)) => match source.rsplit_once(":line ") {
            Some((file, line)) => (file, super::number(line)),
            None => located(source).map_or((source, None), |(file, line)| (file, Some(line))),
        },
        None if rest.ends_with(')') || rest.ends_with(']') => ("", None),
        None => return None,
    };
    Some(Frame { method, assembly: "", file, line: line.filter(|line| *line > 0) })
}
