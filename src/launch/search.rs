//! Where a command is looked for, and what to say when it cannot be run: as shells do it.

use crate::environment::Environment;
use crate::error::Error;
use nix::errno::Errno;
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The C library's own when `PATH` is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The files that `command` may mean, in the order in which they are tried. A name with a
/// slash is not searched; an empty element of `PATH` is the current directory.
pub fn candidates(command: &OsStr, environment: &Environment) -> Vec<PathBuf> {
    if command.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(command)];
    }
    if command.is_empty() {
        return Vec::new();
    }
    let path = environment.get("PATH").unwrap_or(OsStr::new(DEFAULT_PATH));
    let folders = path.as_bytes().split(|byte| *byte == b':');
    folders.map(|folder| Path::new(OsStr::from_bytes(folder)).join(command)).collect()
}

/// The file that would be run, if any can be.
pub fn find(command: &OsStr, environment: &Environment) -> Option<PathBuf> {
    candidates(command, environment).into_iter().find(|file| {
        std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    })
}

/// Whether a file that the kernel does not recognise is to be given to the shell, as `execvp`
/// does: a text without a first line `#!`.
pub fn is_script(file: &Path) -> bool {
    let head = head(file);
    let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    !head.starts_with(b"\x7fELF") && !first_line.contains(&0)
}

/// Words a failed `exec` of `file`.
pub fn explain(command: &OsStr, files: &[PathBuf], file: Option<&Path>, error: Errno) -> Error {
    if matches!(error, Errno::ENOENT | Errno::ENOTDIR) {
        let present = files.iter().find(|file| std::fs::metadata(file).is_ok_and(|meta| meta.is_file()));
        return match present {
            // It is there, so what is missing is the program that is to run it.
            Some(file) => match interpreter(file) {
                Some(interpreter) => Error::not_found(format!(
                    "cannot run {}: its interpreter {} was not found",
                    file.display(),
                    interpreter.escape_debug()
                )),
                None => Error::not_found(format!("cannot run {}: {}", file.display(), error.desc())),
            },
            None => not_found(command),
        };
    }
    let file = file.unwrap_or(Path::new(command));
    if file.is_dir() {
        return Error::not_executable(format!("cannot run {}: it is a directory", file.display()));
    }
    Error::not_executable(format!("cannot run {}: {}", file.display(), reason(error)))
}

/// Nothing of this name.
pub fn not_found(command: &OsStr) -> Error {
    let name = command.to_string_lossy();
    if name.contains('/') {
        return Error::not_found(format!("cannot run {name}: no such file"));
    }
    Error::not_found(format!("cannot run {name}: not found in PATH"))
}

fn reason(error: Errno) -> String {
    match error {
        Errno::EACCES => "permission denied".into(),
        Errno::ENOEXEC => "it is neither a program for this machine nor a script".into(),
        error => error.desc().to_lowercase(),
    }
}

/// What the first line or the program header names as the program that runs this file.
fn interpreter(file: &Path) -> Option<String> {
    let head = head(file);
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next()?;
        let words = String::from_utf8_lossy(line);
        return words.split([' ', '\t']).find(|word| !word.is_empty()).map(str::to_owned);
    }
    if head.starts_with(b"\x7fELF") {
        // The path of the dynamic loader stands near the beginning, between zeros.
        let paths = head.split(|byte| *byte == 0).filter(|part| part.starts_with(b"/"));
        let mut loaders = paths.filter_map(|part| std::str::from_utf8(part).ok());
        return loaders.find(|path| path.contains("/ld")).map(str::to_owned);
    }
    None
}

/// The first bytes of a file; empty when it cannot be read.
fn head(file: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = std::fs::File::open(file) {
        // What was read counts, also when the rest could not be.
        let _ = file.take(4096).read_to_end(&mut head);
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_path(path: &str) -> Environment {
        [("PATH".into(), path.into())].into_iter().collect()
    }

    #[test]
    fn a_name_with_a_slash_is_not_searched() {
        assert_eq!(candidates(OsStr::new("./a"), &with_path("/x:/y")), [Path::new("./a")]);
        assert_eq!(candidates(OsStr::new("a/b"), &with_path("/x")), [Path::new("a/b")]);
    }

    #[test]
    fn every_folder_in_order_and_empty_means_here() {
        let found = candidates(OsStr::new("a"), &with_path("/x::/y:"));
        assert_eq!(found, [Path::new("/x/a"), Path::new("a"), Path::new("/y/a"), Path::new("a")]);
    }

    #[test]
    fn without_path_the_system_folders() {
        let found = candidates(OsStr::new("a"), &Environment::default());
        assert_eq!(found, [Path::new("/bin/a"), Path::new("/usr/bin/a")]);
    }

    #[test]
    fn an_empty_command_is_nowhere() {
        assert!(candidates(OsStr::new(""), &with_path("/bin")).is_empty());
    }
}
