//! Which Python runs a command, told from names and first lines; nothing is started.

use super::search;
use crate::environment::Environment;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How much of a file is read. The kernel takes 256 bytes of a first line; the second is of use
/// where that is too short.
const HEAD: u64 = 1024;

/// The first bytes of a file.
pub fn head(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(file)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// What follows `#!`, without blanks at its ends.
pub fn first_line(head: &[u8]) -> Option<String> {
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Some(String::from_utf8_lossy(line).trim().to_owned())
}

/// The interpreter of a script that begins with `head`, or the interpreter itself, if it is a Python.
pub fn python(file: &Path, head: &[u8], environment: &Environment) -> Option<PathBuf> {
    let Some(line) = first_line(head) else {
        return is_python(file).then(|| file.to_owned());
    };
    let mut words = line.split_whitespace();
    let mut program = PathBuf::from(words.next()?);
    if program.file_name() == Some(OsStr::new("env")) {
        let name = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
        program = search::find(OsStr::new(name), environment)?;
    } else if let Some(long) = exec_line(head) {
        program = long;
    }
    is_python(&program).then_some(program)
}

/// What pip writes when the interpreter's path is too long for a first line:
/// `'''exec' "/long/path/python3" "$0" "$@"`.
fn exec_line(head: &[u8]) -> Option<PathBuf> {
    let line = head.split(|byte| *byte == b'\n').nth(1)?;
    let text = std::str::from_utf8(line.strip_prefix(b"'''exec' ")?).ok()?;
    let path = match text.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => text.split(' ').next()?,
    };
    Some(PathBuf::from(path))
}

/// `python`, `python3.12`, `pypy3`.
pub fn is_python(file: &Path) -> bool {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    name.starts_with("python") || name.starts_with("pypy")
}

/// The virtual environment that an interpreter belongs to (PEP 405).
pub fn venv(interpreter: &Path) -> Option<PathBuf> {
    let folder = interpreter.parent()?.parent()?;
    folder.join("pyvenv.cfg").is_file().then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_of_scripts() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let own = folder.path().join("python3");
        std::fs::write(&own, "")?;
        std::fs::set_permissions(&own, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let mut path = Environment::default();
        path.set("PATH", folder.path());
        let of = |head: &str| python(Path::new("/srv/run"), head.as_bytes(), &path);
        assert_eq!(of("#!/usr/bin/python3 -I\nimport x"), Some("/usr/bin/python3".into()));
        assert_eq!(of("#!/usr/bin/env -S python3 -u"), Some(own));
        assert_eq!(of("#!/usr/bin/env python9"), None);
        assert_eq!(
            of("#!/bin/sh\n'''exec' \"/a b/bin/python3\" \"$0\" \"$@\"\n"),
            Some("/a b/bin/python3".into())
        );
        assert_eq!(of("#!/bin/sh\n'''exec' /a/pypy3 \"$0\"\n"), Some("/a/pypy3".into()));
        assert_eq!(of("#!/bin/sh\necho"), None);
        assert_eq!(of("#!"), None);
        assert_eq!(python(Path::new("/a/python3.12"), b"\x7fELF", &path), Some("/a/python3.12".into()));
        assert_eq!(python(Path::new("/a/nginx"), b"\x7fELF", &path), None);
        Ok(())
    }
}
