//! The files of shims are needed as long as the target runs: every worker that starts later reads
//! them, and a Node.js that does not find them does not start. Services that clean temporary
//! folders by age (systemd-tmpfiles) leave a directory alone while somebody holds a lock on it.

use nix::fcntl::{Flock, FlockArg};
use std::fs::File;
use std::path::PathBuf;

/// Holds the directories until the locks are dropped. What cannot be locked is not held: it is
/// no temporary folder then, or nothing to be done about.
pub fn hold(directories: &[PathBuf]) -> Vec<Flock<File>> {
    let lock = |directory: &PathBuf| {
        let file = File::open(directory).ok()?;
        Flock::lock(file, FlockArg::LockSharedNonblock).ok()
    };
    directories.iter().filter_map(lock).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_can_have_it_for_himself_meanwhile() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let absent = directory.path().join("absent");
        let exclusively = || {
            Flock::lock(File::open(directory.path()).expect("it is there"), FlockArg::LockExclusiveNonblock)
        };
        let held = hold(&[directory.path().to_owned(), absent.clone()]);
        let beside = hold(&[directory.path().to_owned()]);
        assert_eq!((held.len(), beside.len()), (1, 1));
        drop(held);
        assert!(exclusively().is_err());
        drop(beside);
        assert!(exclusively().is_ok());
        Ok(())
    }
}
