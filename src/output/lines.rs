//! Bytes as lines: of bounded length, as text, without what terminals make colours of.

use std::time::Duration;
use tokio::time::Instant;

/// Longest line, in bytes. The rest of a longer one is left out.
const LONGEST: usize = 32 << 10;

/// A line that does not end is taken for one after this time: a prompt, a progress.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// When the line that has begun came, by the wall clock (nanoseconds since 1970) and by ours.
    since: Option<(u64, Instant)>,
    /// The line is too long already.
    full: bool,
    cut: u64,
}

impl Lines {
    /// Lines that were too long.
    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// Takes bytes that came at `time`, and gives the lines that are whole now.
    pub(super) fn take(&mut self, data: &[u8], time: u64, now: Instant, mut line: impl FnMut(String, u64)) {
        let mut rest = data;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            let (head, tail) = rest.split_at(at);
            self.add(head, time, now);
            self.end(time, &mut line);
            rest = tail.get(1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            self.add(rest, time, now);
        }
    }

    /// Gives a line that has not ended, if it is time, or there is no more to come.
    pub(super) fn look(&mut self, all: bool, now: Instant, mut line: impl FnMut(String, u64)) {
        if let Some((time, since)) = self.since
            && (all || since + PATIENCE <= now)
        {
            self.end(time, &mut line);
        }
    }

    fn add(&mut self, bytes: &[u8], time: u64, now: Instant) {
        self.since.get_or_insert((time, now));
        let room = LONGEST.saturating_sub(self.begun.len());
        self.begun.extend(bytes.iter().take(room));
        if bytes.len() > room && !self.full {
            self.full = true;
            self.cut += 1;
        }
    }

    fn end(&mut self, time: u64, line: &mut impl FnMut(String, u64)) {
        let time = self.since.take().map_or(time, |(time, _)| time);
        self.full = false;
        line(plain(&self.begun), time);
        self.begun.clear();
        if self.begun.capacity() > 4096 {
            self.begun = Vec::new();
        }
    }
}

/// The text without escape sequences (ECMA-48) and control characters; of what was written over, the last.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\r');
    let text = text.rsplit('\r').next().unwrap_or_default();
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\t' => out.push(c),
            '\u{1b}' => match chars.next() {
                // Ends with a letter or its like.
                Some('[') => drop(chars.by_ref().find(|c| ('@'..='~').contains(c))),
                // Ends with a bell, or with ESC and a backslash.
                Some(']') => {
                    while let Some(c) = chars.next() {
                        if c == '\u{7}' {
                            break;
                        }
                        if c == '\u{1b}' {
                            chars.next_if_eq(&'\\');
                            break;
                        }
                    }
                }
                Some('(' | ')') => drop(chars.next()),
                _ => {}
            },
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut all, now) = (Lines::default(), Vec::new(), Instant::now());
        pieces.iter().for_each(|piece| lines.take(piece, 1, now, |line, _| all.push(line)));
        lines.look(true, now, |line, _| all.push(line));
        all
    }

    #[test]
    fn pieces_are_put_together() {
        assert_eq!(lines(&[b"one\ntw", b"o", b"\n\nthree"]), ["one", "two", "", "three"]);
        assert_eq!(lines(&[]), Vec::<String>::new());
    }

    #[test]
    fn colours_and_progress_leave_text() {
        assert_eq!(lines(&[b"\x1b[32mINFO\x1b[0m:  ok\r\n"]), ["INFO:  ok"]);
        assert_eq!(lines(&[b"10%\r50%\r100%\n"]), ["100%"]);
        assert_eq!(lines(&[b"\x1b]0;title\x07a\x1b]8;;x\x1b\\b\x1b(Bc\x00\td\n"]), ["abc\td"]);
        assert_eq!(lines(&[b"\x1b["]), [""]);
        assert_eq!(lines(&[b"\xff\xfe\n"]), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn what_is_too_long_is_cut_and_counted() {
        let (mut lines, mut all, now) = (Lines::default(), Vec::new(), Instant::now());
        for _ in 0..10 {
            lines.take(&vec![b'x'; LONGEST / 4], 1, now, |line, _| all.push(line));
        }
        lines.take(b"\nnext\n", 2, now, |line, _| all.push(line));
        assert_eq!((all[0].len(), all[1].as_str(), lines.cut()), (LONGEST, "next", 1));
    }

    #[test]
    fn a_prompt_is_a_line_after_a_while() {
        let (mut lines, mut all, now) = (Lines::default(), Vec::new(), Instant::now());
        lines.take(b"name? ", 7, now, |_, _| panic!("not yet"));
        lines.look(false, now, |_, _| panic!("not yet"));
        lines.look(false, now + PATIENCE, |line, time| all.push((line, time)));
        assert_eq!(all, [("name? ".to_owned(), 7)]);
    }
}
