//! Who has a port, as far as we may see it.

use procfs::net::TcpState;
use procfs::process::{self, FDTarget, Process};
use std::fmt;

/// A process that listens on a port.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pid: i32,
    name: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.pid, self.name)
    }
}

/// The first process that is found to listen on TCP port `port`, on any address.
pub(super) fn of(port: u16) -> Option<Owner> {
    let v4 = procfs::net::tcp().unwrap_or_default();
    let v6 = procfs::net::tcp6().unwrap_or_default();
    let listens = |entry: &procfs::net::TcpNetEntry| {
        entry.state == TcpState::Listen && entry.local_address.port() == port
    };
    let inodes: Vec<u64> = v4.into_iter().chain(v6).filter(listens).map(|entry| entry.inode).collect();
    let has_it = |process: &Process| {
        let mut descriptors = process.fd().into_iter().flatten().flatten();
        descriptors.any(|fd| matches!(fd.target, FDTarget::Socket(inode) if inodes.contains(&inode)))
    };
    let process = process::all_processes().ok()?.flatten().find(has_it)?;
    // Programs choose their names.
    let name = process.stat().ok()?.comm.escape_default().to_string();
    Some(Owner { pid: process.pid, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn finds_ourselves() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(of(port).unwrap().pid, std::process::id().cast_signed());
        drop(listener);
        assert_eq!(of(port), None);
    }
}
