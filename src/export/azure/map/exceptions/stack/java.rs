//! Java, Kotlin, Scala: `Throwable.printStackTrace`, with causes and suppressed exceptions. PHP's
//! instrumentation writes the same format.

use super::{Frame, Thrown, located};

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut thrown = vec![Thrown::default()];
    // The exception that was read last on each level of indentation.
    let mut last: Vec<usize> = vec![0];
    for line in text.lines() {
        let content = line.trim_start_matches('\t');
        let level = line.len() - content.len();
        let content = content.trim_start();
        if let Some(frame) = content.strip_prefix("at ").and_then(frame) {
            if let Some(current) = thrown.last_mut() {
                current.frames.push(frame);
            }
        } else if let Some(title) = content.strip_prefix("Caused by: ") {
            if title.starts_with("[CIRCULAR REFERENCE") {
                continue;
            }
            last.truncate(level + 1);
            let outer = last.last().copied();
            begin(&mut thrown, &mut last, level, title, outer);
        } else if let Some(title) = content.strip_prefix("Suppressed: ") {
            last.truncate(level.max(1));
            let outer = last.last().copied();
            begin(&mut thrown, &mut last, level, title, outer);
        } else if let Some(current) = thrown.last_mut().filter(|current| current.frames.is_empty())
            && !content.starts_with("... ")
        {
            current.more(line);
        }
    }
    thrown
}

fn begin<'a>(
    thrown: &mut Vec<Thrown<'a>>,
    last: &mut Vec<usize>,
    level: usize,
    title: &'a str,
    outer: Option<usize>,
) {
    let place = thrown.len();
    thrown.push(Thrown::new(title, outer));
    match last.get_mut(level) {
        Some(slot) => *slot = place,
        None => last.push(place),
    }
}

/// Reads what follows `at `: `java.base/java.lang.Thread.run(Thread.java:840)`, `a.B.c(B.java:1) ~[b.jar:2]`.
pub(super) fn frame(place: &str) -> Option<Frame<'_>> {
    let (method, rest) = place.split_once('(')?;
    let (source, after) = rest.split_once(')')?;
    if method.is_empty() || method.contains(' ') {
        return None;
    }
    let (module, method) = method.rsplit_once('/').unwrap_or(("", method));
    let (file, line) = match located(source) {
        Some((file, line)) if !file.is_empty() && !file.contains(' ') => (file, Some(line)),
        _ if matches!(source, "Native Method" | "Unknown Source") => ("", None),
        _ if [".java", ".kt", ".scala", ".groovy", ".clj"].iter().any(|end| source.ends_with(end)) => {
            (source, None)
        }
        _ => return None,
    };
    let archive = after
        .trim_start()
        .trim_start_matches('~')
        .strip_prefix('[')
        .and_then(|rest| rest.split_once([':', ']']));
    let module = module.split_once(['@', '/']).map_or(module, |(name, _)| name);
    let archive = archive.map(|(name, _)| name.trim_end_matches("!/"));
    Some(Frame { method, assembly: archive.unwrap_or(module), file, line })
}
