//! Traces that real programs have written, and what they must not be able to do to us.

use super::*;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// What was read of a trace, in lines.
fn told(text: &str) -> String {
    let mut told = String::new();
    for (place, thrown) in parse(text).iter().enumerate() {
        let outer = thrown.outer.map_or(String::new(), |outer| format!(" of {outer}"));
        let (kind, message) = thrown.split();
        writeln!(told, "{place}{outer}: {kind} | {}", message.replace('\n', "\\n")).unwrap();
        for (level, frame) in thrown.frames.levels() {
            let line = frame.line.map_or(String::new(), |line| line.to_string());
            writeln!(told, "  {level} {} | {} | {} | {line}", frame.method, frame.assembly, frame.file)
                .unwrap();
        }
    }
    told
}

/// Each `.txt` with what is read of it in `.frames`; REWRITE_STACKS=1 writes the latter anew, to be
/// looked at before they are kept.
#[test]
fn real_traces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stacks");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = path.with_extension("frames");
        if std::env::var_os("REWRITE_STACKS").is_some() {
            std::fs::write(&expected, told(&text)).unwrap();
        }
        assert_eq!(told(&text), std::fs::read_to_string(&expected).unwrap(), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 40, "{seen} traces in {}", folder.display());
}

/// Numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// What the formats are made of.
const PIECES: [&str; 64] = [
    "\n",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "    ",
    "|",
    "| ",
    "+-",
    "+-+-",
    "---- 1 ----",
    "-----",
    "é",
    "🙂",
    "\u{0}",
    ":",
    ": ",
    "12",
    "999999999999999999999",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "/",
    "\\",
    ".",
    "@",
    "<",
    "a",
    "Error",
    "Error: no",
    "at ",
    "async ",
    "in ",
    "  File \"",
    "\", line ",
    ", in f",
    "Traceback (most recent call last):",
    "  + Exception Group Traceback (most recent call last):",
    "The above exception was the direct cause of the following exception:",
    "  [Previous line repeated 18446744073709551615 more times]",
    "Caused by: ",
    "Suppressed: ",
    "... 3 more",
    "A.b(A.java:1)",
    "[cause]: ",
    "[errors]: [",
    " (file:///a.js:1:2)",
    "eval at x (",
    " ---> ",
    "   --- End of inner exception stack trace ---",
    "<---",
    "A.B(C c) in /d.cs:line 1",
    "goroutine 1 [running]:",
    "panic(",
    "\t/a.go:1 +0x1",
    "#0 /a.php(1): f()",
    "a.rb:1:in `f': no (E)",
];

fn holds(text: &str) {
    let thrown = parse(text);
    for (place, one) in thrown.iter().enumerate() {
        assert!(one.outer.is_none_or(|outer| outer < place), "{place} of {:?} in {text:?}", one.outer);
        assert!(place == 0 || one.outer.is_some(), "{place} of nothing in {text:?}");
        let levels: Vec<u64> = one.frames.levels().map(|(level, _)| level).collect();
        assert!(levels.len() <= 100 && levels.is_sorted(), "{levels:?} in {text:?}");
        one.split();
    }
}

#[test]
fn garbage_is_read_without_harm() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        let text: String = (0..numbers.below(40)).map(|_| PIECES[numbers.below(PIECES.len())]).collect();
        holds(&text);
    }
}

#[test]
fn traces_that_are_torn_are_read_without_harm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stacks");
    let mut numbers = Numbers(7);
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for _ in 0..40 {
            let (from, to) = (numbers.below(text.len() + 1), numbers.below(text.len() + 1));
            holds(end(&text, from));
            holds(start(&text, to));
            holds(&format!("{}{}", start(&text, to), end(&text, from)));
        }
    }
}

/// A walk that looked at each line again for each line would take minutes.
#[test]
fn long_texts_take_time_in_proportion() {
    let began = Instant::now();
    for piece in PIECES {
        for line in [format!("{piece}\n"), format!("  at a ({piece}:1:2)\n{piece}")] {
            for head in ["", "Traceback (most recent call last):\n"] {
                parse(&format!("{head}{}", line.repeat(LONGEST / line.len())));
            }
        }
    }
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}

#[test]
fn of_long_texts_the_end_that_matters_is_read() {
    let frame = "  File \"a.py\", line 1, in f\n    f()\n";
    let python = format!("Traceback (most recent call last):\n{}ValueError: no\n", frame.repeat(20_000));
    let thrown = parse(&python);
    assert_eq!(thrown[0].split(), ("ValueError", "no"));
    assert_eq!(thrown[0].frames.levels().count(), 100);
    let java = format!("E: no\n{}", "\tat a.B.c(B.java:1)\n".repeat(30_000));
    let thrown = parse(&java);
    assert_eq!(thrown[0].split(), ("E", "no"));
    assert_eq!(thrown[0].frames.levels().count(), 100);
}
