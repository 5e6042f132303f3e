//! A folder that only we may enter, reached through its descriptor: no link that somebody puts in the way leads elsewhere.

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, openat, renameat2};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, fstat, mkdirat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

const DIRECTORY: Mode = Mode::from_bits_truncate(0o700);
const FILE: Mode = Mode::from_bits_truncate(0o600);
/// Write permission of group and others.
const OPEN: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder that others cannot change, nor any on the way to it; the last few of it are made when
    /// they are missing. Fails with the reason, in words.
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        let (existing, missing) = split(path);
        check_way(&existing)?;
        let mut folder = Folder::existing(AT_FDCWD, &existing.canonicalize()?)?;
        for name in missing.iter().rev() {
            folder = folder.below(name)?;
        }
        folder.check_ours()?;
        Ok(folder)
    }

    fn existing(at: impl AsFd, path: &Path) -> io::Result<Folder> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(Folder(openat(at, path, flags, Mode::empty())?))
    }

    /// The folder of this name, made if it is missing.
    pub(super) fn below(&self, name: impl AsRef<Path>) -> io::Result<Folder> {
        match mkdirat(&self.0, name.as_ref(), DIRECTORY) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.enter(name)
    }

    /// The folder of this name, if it is there and ours.
    pub(super) fn enter(&self, name: impl AsRef<Path>) -> io::Result<Folder> {
        let folder = Folder::existing(&self.0, name.as_ref())?;
        folder.check_ours()?;
        Ok(folder)
    }

    fn check_ours(&self) -> io::Result<()> {
        let stat = fstat(&self.0)?;
        if stat.st_uid != geteuid().as_raw() {
            return Err(io::Error::other("it belongs to another user"));
        }
        if stat.st_mode & OPEN != 0 {
            return Err(io::Error::other("others may write to it"));
        }
        Ok(())
    }

    /// Names of what is in it, at most `most`.
    pub(super) fn names(&self, most: usize) -> io::Result<Vec<String>> {
        // Another description, because reading moves its position.
        let again = Folder::existing(&self.0, Path::new("."))?;
        let mut names = Vec::new();
        let mut folder = nix::dir::Dir::from_fd(again.0)?;
        for entry in folder.iter() {
            // What is not UTF-8 is not ours.
            match entry?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(_) if names.len() >= most => break,
                Ok(name) => names.push(name.to_owned()),
            }
        }
        Ok(names)
    }

    /// Writes a new file, which is there as a whole or not at all. `last`: on the disk before this returns.
    pub(super) fn write(&self, unfinished: &str, name: &str, parts: &[&[u8]], last: bool) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut file = File::from(openat(&self.0, unfinished, flags, FILE)?);
        let written = parts
            .iter()
            .try_for_each(|part| file.write_all(part))
            .and_then(|()| if last { file.sync_data() } else { Ok(()) })
            .and_then(|()| {
                renameat2(&self.0, unfinished, &self.0, name, RenameFlags::RENAME_NOREPLACE)
                    .map_err(io::Error::from)
            });
        if let Err(error) = written {
            let _ = self.remove(unfinished);
            return Err(error);
        }
        if last { self.sync() } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        nix::unistd::fsync(&self.0).map_err(Into::into)
    }

    /// Reads a file of at most `most` bytes that is ours alone. Anything else that bears its name fails.
    pub(super) fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        // Not blocking, because opening a FIFO would wait.
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = openat(&self.0, name, flags, Mode::empty())?;
        let stat = fstat(&file)?;
        if !is_file(&stat) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file"));
        }
        if u64::try_from(stat.st_size).unwrap_or(u64::MAX) > most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too long"));
        }
        let mut content = Vec::new();
        File::from(file).take(most).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Bytes of a file; `None` when it is none, or not there.
    pub(super) fn size(&self, name: &str) -> Option<u64> {
        let stat = nix::sys::stat::fstatat(&self.0, name, nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
        is_file(&stat).then(|| u64::try_from(stat.st_size).unwrap_or(0))
    }

    pub(super) fn rename(&self, from: &str, to: &Folder, name: &str) -> io::Result<()> {
        renameat2(&self.0, from, &to.0, name, RenameFlags::RENAME_NOREPLACE).map_err(Into::into)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        unlinkat(&self.0, name, UnlinkatFlags::NoRemoveDir).map_err(Into::into)
    }

    /// Removes a folder that is empty.
    pub(super) fn remove_folder(&self, name: &str) -> io::Result<()> {
        unlinkat(&self.0, name, UnlinkatFlags::RemoveDir).map_err(Into::into)
    }

    /// A file that is locked as long as the result is kept; `None` when somebody else holds it.
    pub(super) fn lock(&self, name: &str) -> io::Result<Option<Lock>> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = File::from(openat(&self.0, name, flags, FILE)?);
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Held until it is dropped, or its process has gone.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

fn is_file(stat: &FileStat) -> bool {
    stat.st_mode & libc::S_IFMT == libc::S_IFREG
}

/// What of the path is there, and the names behind it, last one first.
fn split(path: &Path) -> (PathBuf, Vec<PathBuf>) {
    let mut existing = path;
    let mut missing = Vec::new();
    while std::fs::symlink_metadata(existing).is_err() {
        let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else { break };
        missing.push(PathBuf::from(name));
        existing = parent;
    }
    (existing.to_owned(), missing)
}

/// Whoever may rename a folder on the way can put another one in its place.
fn check_way(path: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other(format!("{} is a link", path.display())));
    }
    let us = geteuid().as_raw();
    for step in path.canonicalize()?.ancestors() {
        let stat = nix::sys::stat::stat(step)?;
        let safe = stat.st_mode & OPEN == 0 || stat.st_mode & STICKY != 0;
        if !safe {
            return Err(io::Error::other(format!("others may write to {}", step.display())));
        }
        if stat.st_uid != us && stat.st_uid != 0 {
            return Err(io::Error::other(format!("{} belongs to another user", step.display())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::TempDir;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    }

    /// SPL-8, SEC-11: only where nobody else can change anything.
    #[test]
    fn only_what_others_cannot_change() {
        let place = TempDir::new().expect("a folder");
        let path = |name: &str| place.path().join(name);
        let refusal = |path: &Path| Folder::open(path).map(drop).map_err(|e| e.to_string());

        assert_eq!(refusal(&path("new/and/deep")), Ok(()), "made");
        assert_eq!(fs::metadata(path("new")).expect("there").permissions().mode() & 0o777, 0o700);

        fs::create_dir(path("open")).expect("made");
        mode(&path("open"), 0o777);
        assert_eq!(refusal(&path("open")), Err(format!("others may write to {}", path("open").display())));
        assert_eq!(
            refusal(&path("open/below")),
            Err(format!("others may write to {}", path("open").display()))
        );
        mode(&path("open"), 0o1777);
        assert_eq!(
            refusal(&path("open")),
            Err("others may write to it".to_owned()),
            "sticky is no protection inside"
        );
        assert_eq!(refusal(&path("open/below")), Ok(()), "but of what is below");

        symlink(path("new"), path("link")).expect("a link");
        assert_eq!(refusal(&path("link")), Err(format!("{} is a link", path("link").display())));
        fs::write(path("file"), "x").expect("written");
        assert!(refusal(&path("file")).is_err() && refusal(&path("file/below")).is_err());
    }

    #[test]
    fn files_are_whole_or_not_there_and_never_links() {
        let place = TempDir::new().expect("a folder");
        let folder = Folder::open(&place.path().join("spool")).expect("ours");
        let path = place.path().join("spool");
        folder.write(".t1", "one", &[b"ab", b"c"], true).expect("written");
        assert_eq!(folder.read("one", 3).expect("read"), b"abc");
        assert_eq!(fs::metadata(path.join("one")).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(folder.read("one", 2).is_err(), "too long");

        assert!(folder.write(".t2", "one", &[b"x"], false).is_err(), "nothing is replaced");
        assert_eq!(folder.names(10).expect("names"), ["one"], "nor left unfinished");

        symlink("/etc/passwd", path.join("link")).expect("a link");
        symlink(path.join("elsewhere"), path.join(".t3")).expect("a link");
        assert!(folder.read("link", 1 << 20).is_err());
        assert_eq!(folder.size("link"), None);
        assert!(folder.write(".t3", "three", &[b"x"], false).is_err());
        assert!(!path.join("elsewhere").exists());
        nix::unistd::mkfifo(&path.join("fifo"), FILE).expect("a FIFO");
        assert!(folder.read("fifo", 10).is_err());
    }

    #[test]
    fn one_holds_the_lock() {
        let place = TempDir::new().expect("a folder");
        let folder = Folder::open(&place.path().join("spool")).expect("ours");
        let held = folder.lock("lock").expect("locked");
        assert!(held.is_some() && folder.lock("lock").expect("asked").is_none());
        drop(held);
        assert!(folder.lock("lock").expect("locked").is_some());
    }
}
