//! Whether the JVM will be able to load a jar.

use super::super::agent_file;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How a zip file begins, and the record that ends it.
const BEGIN: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
/// Bytes of that record, and the most with a comment behind it.
const SHORTEST_END: usize = 22;
const LONGEST_END: u64 = 22 + 65_535;

/// `direct`: the program is `java` itself.
pub(super) fn check(jar: &Path, direct: bool) -> Result<(), String> {
    if jar.as_os_str().as_bytes().contains(&b'=') {
        return Err("a path with \"=\" cannot be given to the JVM".to_owned());
    }
    agent_file::check(jar, direct)?;
    if is_whole(jar).unwrap_or(false) { Ok(()) } else { Err("not a complete jar".to_owned()) }
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
