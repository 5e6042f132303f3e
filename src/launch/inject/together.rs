//! The files of the Node.js shim in one, which starts in half the time.

use super::unpack::File;
use std::fmt::Write as _;

/// The file that holds the others, and its place for them.
const HOLDER: &str = "together.cjs";
const MARK: &str = "const files = {};";
/// Those that are loaded by their path: at the start, and by threads of their own.
const APART: [&str; 5] =
    ["otel-run.cjs", "lib/api/imports.cjs", "lib/api/imports.mjs", "lib/last.cjs", "lib/main.cjs"];

/// The text of the holder with all the others in it.
pub(super) fn text(files: &[File]) -> String {
    let of = |file: &File| String::from_utf8_lossy(file.content).into_owned();
    let mut functions = String::from("const files = {\n");
    for file in files.iter().filter(|file| file.path.starts_with("lib/") && file.path.ends_with(".cjs")) {
        // Writing to a string cannot fail.
        let _ = write!(
            functions,
            "'{}': function (exports, require, module, __dirname) {{\n{}}},\n",
            file.path,
            of(file)
        );
    }
    functions.push_str("};");
    let holder = files.iter().find(|file| file.path == HOLDER).map(of).unwrap_or_default();
    holder.replacen(MARK, &functions, 1)
}

/// What is to be unpacked: the holder with this text, and what is loaded by its path.
pub(super) fn files(all: &[File], text: &'static str) -> Vec<File> {
    let apart = all.iter().filter(|file| APART.contains(&file.path)).copied();
    apart.chain([File { path: HOLDER, content: text.as_bytes() }]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_it_once() {
        let source = |path, content| File { path, content };
        let all = [
            source("otel-run.cjs", b"start" as &[u8]),
            source(HOLDER, b"before\nconst files = {};\nafter\n"),
            source("lib/a.cjs", b"one;\n"),
            source("lib/api/b.cjs", b"two;\n"),
            source("lib/main.cjs", b"three;\n"),
        ];
        let text = text(&all).leak();
        let function = "function (exports, require, module, __dirname)";
        assert_eq!(
            *text,
            format!(
                "before\nconst files = {{\n'lib/a.cjs': {function} {{\none;\n}},\n'lib/api/b.cjs': {function} {{\ntwo;\n}},\n\
                 'lib/main.cjs': {function} {{\nthree;\n}},\n}};\nafter\n"
            )
        );
        let paths: Vec<_> = files(&all, text).iter().map(|file| file.path).collect();
        assert_eq!(paths, ["otel-run.cjs", "lib/main.cjs", HOLDER]);
    }
}
