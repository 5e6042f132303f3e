//! Lines that belong together: the trace of an exception, and what it belongs to.

use std::time::Duration;
use tokio::time::Instant;

/// So long the next line of an entry is waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// The most lines and bytes of one entry.
const MOST_LINES: u64 = 500;
const LONGEST: usize = 64 << 10;

/// One or more lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) lines: u64,
    /// When its first line came, nanoseconds since 1970.
    pub(super) time: u64,
}

/// What has begun, and so what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A line; indented ones may follow.
    Plain,
    /// A line that tells of an error: a trace may follow.
    Trouble,
    /// Within a traceback of Python.
    Traceback,
    /// Behind the exception of one: another may follow.
    Exception,
    /// A panic of Go, which is told in paragraphs.
    Panic,
}

#[derive(Debug, Default)]
pub(super) struct Joiner(Option<Open>);

#[derive(Debug)]
struct Open {
    entry: Entry,
    kind: Kind,
    since: Instant,
    /// Empty lines that belong to it if something follows.
    empty: u64,
}

const TRACEBACK: &str = "Traceback (most recent call last):";

impl Joiner {
    /// Takes a line; what it does not belong to is complete.
    pub(super) fn take(&mut self, line: String, time: u64, now: Instant, complete: &mut Vec<Entry>) {
        if let Some(open) = &mut self.0
            && open.since + PATIENCE > now
            && open.entry.lines < MOST_LINES
            && open.entry.text.len() + line.len() < LONGEST
            && let Some(kind) = follows(open.kind, &line)
        {
            open.since = now;
            open.kind = kind;
            if line.is_empty() {
                open.empty += 1;
                return;
            }
            for _ in 0..std::mem::take(&mut open.empty) {
                open.entry.text.push('\n');
                open.entry.lines += 1;
            }
            open.entry.text.push('\n');
            open.entry.text.push_str(&line);
            open.entry.lines += 1;
            return;
        }
        complete.extend(self.0.take().map(|open| open.entry));
        if line.trim().is_empty() {
            return;
        }
        let kind = begins(&line);
        self.0 = Some(Open { entry: Entry { text: line, lines: 1, time }, kind, since: now, empty: 0 });
    }

    /// What nothing more is expected of is complete.
    pub(super) fn look(&mut self, all: bool, now: Instant, complete: &mut Vec<Entry>) {
        if self.0.as_ref().is_some_and(|open| all || open.since + PATIENCE <= now) {
            complete.extend(self.0.take().map(|open| open.entry));
        }
    }
}

fn begins(line: &str) -> Kind {
    if line.starts_with(TRACEBACK) {
        Kind::Traceback
    } else if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
        Kind::Panic
    } else if super::parse::is_trouble(line) {
        Kind::Trouble
    } else {
        Kind::Plain
    }
}

/// What the entry is when this line belongs to it.
fn follows(kind: Kind, line: &str) -> Option<Kind> {
    let indented = line.starts_with([' ', '\t']) && !line.trim().is_empty();
    match kind {
        Kind::Traceback if indented => Some(Kind::Traceback),
        // The exception itself; of several lines if its message is.
        Kind::Traceback => Some(if line.is_empty() { Kind::Traceback } else { Kind::Exception }),
        Kind::Exception => {
            let another = line.starts_with("During handling of the above exception")
                || line.starts_with("The above exception was the direct cause");
            if line.starts_with(TRACEBACK) {
                Some(Kind::Traceback)
            } else {
                (line.is_empty() || another || indented).then_some(Kind::Exception)
            }
        }
        Kind::Panic => {
            let frame = line.ends_with(')') && line.contains('(');
            let known = ["goroutine ", "created by ", "[signal ", "exit status ", "runtime: "];
            (line.is_empty() || indented || frame || known.iter().any(|start| line.starts_with(start)))
                .then_some(Kind::Panic)
        }
        Kind::Trouble if line.starts_with(TRACEBACK) => Some(Kind::Traceback),
        // The exception of Java behind the line that logs it: `java.lang.IllegalStateException: …`.
        Kind::Trouble if is_exception(line) => Some(Kind::Trouble),
        Kind::Trouble | Kind::Plain => {
            let cause = ["Caused by: ", "Suppressed: "].iter().any(|start| line.starts_with(start));
            (indented || cause).then_some(kind)
        }
    }
}

/// `package.Name: message`, as the JVM writes it.
fn is_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    name.contains('.')
        && ["Exception", "Error", "Throwable"].iter().any(|end| name.ends_with(end))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> Vec<String> {
        let (mut joiner, mut all, now) = (Joiner::default(), Vec::new(), Instant::now());
        text.lines().for_each(|line| joiner.take(line.to_owned(), 1, now, &mut all));
        joiner.look(true, now, &mut all);
        all.into_iter().map(|entry| entry.text).collect()
    }

    #[track_caller]
    fn assert_parts(parts: &[&str]) {
        assert_eq!(joined(&parts.join("\n")), parts);
    }

    #[test]
    fn python() {
        let chained = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\n    ^^^\nKeyError: 'x'\n\n\
                       During handling of the above exception, another exception occurred:\n\n\
                       Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\nValueError: out of stock";
        assert_parts(&["before", chained, "after"]);
        let logged = format!("ERROR:    Exception in ASGI application\n{chained}");
        assert_parts(&["INFO:     Started", &logged, "INFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK"]);
    }

    #[test]
    fn java_node_and_go() {
        let java = "2026-11-28T18:00:00.123Z ERROR 1 --- [main] c.e.Shop : failed\njava.lang.IllegalStateException: no\n\
                    \tat c.e.Shop.run(Shop.java:7)\nCaused by: java.io.IOException: disk\n\tat c.e.Disk.read(Disk.java:9)\n\t... 3 more";
        assert_parts(&["first", java, "last"]);
        let uncaught = "Exception in thread \"main\" java.lang.RuntimeException: no\n\tat A.main(A.java:3)";
        assert_parts(&[uncaught, "last"]);
        let node = "Error: boom\n    at f (/srv/a.js:1:7)\n    at node:internal/main:1:2";
        assert_parts(&["listening", node, "bye"]);
        let go = "panic: no\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/srv/main.go:7 +0x1d\nmain.main()\n\t/srv/main.go:3 +0x9\nexit status 2";
        assert_parts(&["start", go]);
    }

    #[test]
    fn time_and_size_are_bounded() {
        let (mut joiner, mut all, now) = (Joiner::default(), Vec::new(), Instant::now());
        joiner.take("one".to_owned(), 1, now, &mut all);
        joiner.take("  late".to_owned(), 1, now + PATIENCE, &mut all);
        assert_eq!(all.len(), 1);
        for _ in 0..2 * MOST_LINES {
            joiner.take("  more".to_owned(), 1, now + PATIENCE, &mut all);
        }
        assert_eq!((all.len(), all[1].lines), (3, MOST_LINES));
        joiner.look(false, now + PATIENCE, &mut all);
        assert_eq!(all.len(), 3);
        joiner.look(false, now + 3 * PATIENCE, &mut all);
        assert_eq!(all.len(), 4);
    }
}
