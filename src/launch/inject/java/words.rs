//! How `java` and the JVM read their options.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

/// Options of `java` whose value is the next word.
const WITH_VALUE: [&str; 14] = [
    "-cp",
    "-classpath",
    "--class-path",
    "-p",
    "--module-path",
    "--upgrade-module-path",
    "--add-modules",
    "--add-exports",
    "--add-opens",
    "--add-reads",
    "--limit-modules",
    "--patch-module",
    "--enable-native-access",
    "--source",
];
/// What `java` answers itself, without a program.
const QUESTIONS: [&str; 11] = [
    "-version",
    "--version",
    "-fullversion",
    "--full-version",
    "-h",
    "-help",
    "--help",
    "-?",
    "-X",
    "--help-extra",
    "--list-modules",
];
/// How much of a file of options is read.
const MOST: u64 = 65_536;

/// Where `java` stands in a command: 0 without a wrapper in front, `None` for scripts that call it.
pub(super) fn java(command: &[OsString]) -> Option<usize> {
    command.iter().position(|word| Path::new(word).file_name().is_some_and(|name| name == "java"))
}

/// Whether `java` is only asked about itself.
pub(in super::super) fn is_question(words: &[&str]) -> bool {
    options(words).iter().any(|word| QUESTIONS.contains(word))
}

/// The options of a `java` command, up to the program.
pub(super) fn options<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if !word.starts_with(['-', '@']) || matches!(*word, "-jar" | "-m" | "--module") {
            break;
        }
        found.push(*word);
        if WITH_VALUE.contains(word) {
            words.next();
        }
    }
    found
}

/// The text of a file of options, `@FILE`.
pub(super) fn of_file(word: &str) -> Option<String> {
    let path = Path::new(word.strip_prefix('@').filter(|path| !path.starts_with('@'))?);
    if !std::fs::metadata(path).ok()?.is_file() {
        return None; // opening a pipe would wait for its other end
    }
    let mut text = Vec::new();
    std::fs::File::open(path).ok()?.take(MOST).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// The options in a variable: split at blanks, but for those in quotes, which are taken away.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) if letter.is_ascii_whitespace() => words.push(std::mem::take(&mut word)),
            (None, _) => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Whether every quote is closed.
pub(super) fn balanced(text: &[u8]) -> bool {
    let mut quote = None;
    for byte in text {
        match quote {
            Some(open) if open == byte => quote = None,
            Some(_) => {}
            None if b"'\"".contains(byte) => quote = Some(byte),
            None => {}
        }
    }
    quote.is_none()
}
