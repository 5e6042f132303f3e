//! Whether the JVM will be able to load a jar.

use nix::unistd::{AccessFlags, access, geteuid};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// How a zip file begins, and the record that ends it.
const BEGIN: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
/// Bytes of that record, and the most with a comment behind it.
const SHORTEST_END: usize = 22;
const LONGEST_END: u64 = 22 + 65_535;

/// `direct`: the program is `java` itself, which stays the user that it is. What a script or a wrapper
/// started by root becomes nobody knows.
pub(super) fn check(jar: &Path, direct: bool) -> Result<(), String> {
    if jar.as_os_str().as_bytes().contains(&b'=') {
        return Err("a path with \"=\" cannot be given to the JVM".to_owned());
    }
    let meta = std::fs::metadata(jar).map_err(|error| super::super::words_of(&error))?;
    if !meta.is_file() {
        return Err("not a file".to_owned());
    }
    access(jar, AccessFlags::R_OK).map_err(|error| error.desc().to_lowercase())?;
    if !is_whole(jar).unwrap_or(false) {
        return Err("not a complete jar".to_owned());
    }
    if geteuid().is_root() && !direct && !everybody_reads(jar) {
        return Err("users other than root cannot read it, and the program may become one".to_owned());
    }
    Ok(())
}

/// A download that was cut has no end.
fn is_whole(jar: &Path) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(jar)?;
    let mut begin = [0; BEGIN.len()];
    file.read_exact(&mut begin)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LONGEST_END)))?;
    let mut end = Vec::new();
    file.take(LONGEST_END).read_to_end(&mut end)?;
    Ok(begin == BEGIN && end.windows(SHORTEST_END).any(|bytes| bytes.starts_with(END)))
}

fn everybody_reads(file: &Path) -> bool {
    let Ok(real) = std::fs::canonicalize(file) else { return false };
    let has =
        |path: &Path, bit| std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & bit != 0);
    has(&real, 0o004) && real.ancestors().skip(1).all(|folder| has(folder, 0o001))
}
