//! Python: `traceback.format_exception`, with causes, contexts and exception groups.
//!
//! What was reported stands last; its causes before it; what a group holds below it, each
//! level two columns further right.

use super::{Frame, Frames, Thrown};

const TRACEBACK: &str = "Traceback (most recent call last):";

pub(super) fn recognises(text: &str) -> bool {
    text.starts_with("  File \"") || text.contains(TRACEBACK)
}

/// What comes next in a text.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Frames,
    Title,
    /// Nothing that belongs to an exception.
    Nothing,
}

pub(super) fn parse(text: &str) -> Vec<Thrown<'_>> {
    let mut reader = Reader {
        thrown: Vec::new(),
        margin: None,
        levels: vec![Level::default()],
        announced: false,
        expected: Expected::Nothing,
    };
    for line in text.lines() {
        reader.read(line);
    }
    in_order(reader.thrown)
}

struct Reader<'a> {
    thrown: Vec<Thrown<'a>>,
    /// The column of the line that is drawn left of a group.
    margin: Option<usize>,
    /// The exceptions of no group, then those of each group that is open.
    levels: Vec<Level>,
    /// An exception was begun by a rule and nothing has been read of it.
    announced: bool,
    expected: Expected,
}

#[derive(Default)]
struct Level {
    group: Option<usize>,
    /// The exception that was read last on this level.
    last: Option<usize>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) {
        let unindented = line.trim_start_matches(' ');
        let column = line.len() - unindented.len();
        if unindented.strip_prefix("+ Exception Group ") == Some(TRACEBACK) {
            self.margin = Some(column);
            return self.begin();
        }
        let mut content = line;
        if let Some(margin) = self.margin {
            if let Some(rest) = unindented.strip_prefix("+-") {
                return self.rule(rest);
            }
            // Each level stands two columns further right.
            if let Some(inside) = unindented.strip_prefix('|').filter(|_| column == margin + 2 * self.depth())
            {
                content = inside.strip_prefix(' ').unwrap_or(inside);
            }
        }
        match content {
            TRACEBACK | "Exception Group Traceback (most recent call last):" => self.begin(),
            "The above exception was the direct cause of the following exception:"
            | "During handling of the above exception, another exception occurred:" => {
                self.expected = Expected::Nothing;
            }
            _ => {
                // A trace whose head was cut off.
                if self.thrown.is_empty() && frame(content).is_some() {
                    self.begin();
                }
                self.inside(content);
            }
        }
    }

    fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// A line below the head of an exception.
    fn inside(&mut self, content: &'a str) {
        let current = self.levels.last().and_then(|level| level.last);
        let Some(current) = current.and_then(|place| self.thrown.get_mut(place)) else { return };
        self.announced = false;
        match self.expected {
            Expected::Nothing => {}
            Expected::Title => current.more(content),
            Expected::Frames if content.starts_with("  ") => {
                if let Some(frame) = frame(content) {
                    current.frames.push(frame);
                } else if let Some(count) = repeated(content) {
                    current.frames.repeat(count);
                }
            }
            Expected::Frames => {
                current.more(content);
                self.expected = Expected::Title;
            }
        }
    }

    /// An exception begins. The one before it on its level, if there is one, led to it.
    fn begin(&mut self) {
        self.expected = Expected::Frames;
        if std::mem::take(&mut self.announced) {
            return;
        }
        let place = self.thrown.len();
        let Some(level) = self.levels.last_mut() else { return };
        let before = level.last.replace(place).and_then(|before| self.thrown.get_mut(before));
        let outer = before.map_or(level.group, |before| before.outer.replace(place));
        self.thrown.push(unread(outer));
    }

    /// A rule between the exceptions of a group; `rest` is what follows `+-`.
    fn rule(&mut self, rest: &str) {
        if rest.starts_with('+') {
            let group = self.levels.last().and_then(|level| level.last);
            self.levels.push(Level { group, last: None });
        } else if !rest.contains(' ') {
            if self.depth() > 0 {
                self.levels.pop();
            }
            self.expected = Expected::Nothing;
            return;
        }
        let Some(level) = self.levels.last_mut() else { return };
        level.last = Some(self.thrown.len());
        self.thrown.push(unread(level.group));
        self.announced = true;
        self.expected = Expected::Frames;
    }
}

fn unread<'a>(outer: Option<usize>) -> Thrown<'a> {
    Thrown { frames: Frames::inverted(), outer, ..Thrown::default() }
}

fn frame(line: &str) -> Option<Frame<'_>> {
    let (file, rest) = line.strip_prefix("  File \"")?.rsplit_once("\", line ")?;
    let (line, method) = rest.split_once(", in ")?;
    Some(Frame { method, assembly: package(file), file, line: super::number(line) })
}

/// The package that a file was installed with.
fn package(file: &str) -> &str {
    let folder = ["/site-packages/", "/dist-packages/"].iter().find_map(|name| file.rsplit_once(name));
    let inside = folder.map_or("", |(_, inside)| inside);
    inside.split_once('/').map_or(inside.trim_end_matches(".py"), |(name, _)| name)
}

fn repeated(line: &str) -> Option<u64> {
    let rest = line.trim_start().strip_prefix("[Previous line repeated ")?;
    rest.split_once(" more time")?.0.parse().ok()
}

/// The one that nobody else led to first, and each before those that led to it.
fn in_order(mut thrown: Vec<Thrown<'_>>) -> Vec<Thrown<'_>> {
    let Some(root) = thrown.iter().rposition(|one| one.outer.is_none()) else { return Vec::new() };
    let mut inner: Vec<Vec<usize>> = vec![Vec::new(); thrown.len()];
    // The last first, so that the first comes off the stack first.
    for (place, one) in thrown.iter().enumerate().rev() {
        if let Some(list) = one.outer.and_then(|outer| inner.get_mut(outer)) {
            list.push(place);
        }
    }
    let (mut ordered, mut stack) = (Vec::with_capacity(thrown.len()), vec![(root, None)]);
    while let Some((place, outer)) = stack.pop() {
        let (Some(one), Some(inner)) = (thrown.get_mut(place), inner.get_mut(place)) else { continue };
        let own = ordered.len();
        stack.extend(std::mem::take(inner).into_iter().map(|place| (place, Some(own))));
        ordered.push(Thrown { outer, ..std::mem::take(one) });
    }
    ordered
}
