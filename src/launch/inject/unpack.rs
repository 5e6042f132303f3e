//! Shim files on disk: one directory per content, the same for every launch of one version,
//! checked byte for byte at each start.
//!
//! Directories are 0755 and files 0644 whatever the umask, because the target may become
//! another user; the owner is root or us. No link is followed below the place that was
//! chosen, so nobody who may write next to it can lead us elsewhere. Files are replaced one
//! by one and each at once: programs that are running never see half of one.

use crate::environment::Environment;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, fchmod, fstat, mkdirat};
use nix::unistd::{Uid, UnlinkatFlags, geteuid, unlinkat};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file of a shim, embedded in the binary.
#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    /// Below the shim's directory.
    pub(super) path: &'static str,
    pub(super) content: &'static [u8],
}

const DIRECTORY: Mode = Mode::from_bits_truncate(0o755);
const FILE: Mode = Mode::from_bits_truncate(0o644);
/// Write permission of group and others.
const OPEN: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Who must be able to read the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Us; others do without.
    Us,
    /// Whoever the target may become: it does not start without them. Who is not root stays
    /// who they are.
    Everybody,
}

/// Places the files of the shim `shim` where the target can read them and returns the directory,
/// or the reasons why there is none.
pub(super) fn place(
    shim: &str,
    files: &[File],
    readers: Readers,
    environment: &Environment,
) -> Result<PathBuf, String> {
    place_or_installed(shim, files, files, readers, environment)
}

/// The same where the files are made of those that a package may have installed.
pub(super) fn place_or_installed(
    shim: &str,
    files: &[File],
    source: &[File],
    readers: Readers,
    environment: &Environment,
) -> Result<PathBuf, String> {
    place_in_first(places(environment), shim, files, source, readers)
}

fn place_in_first(
    places: Vec<Place>,
    shim: &str,
    files: &[File],
    source: &[File],
    readers: Readers,
) -> Result<PathBuf, String> {
    let name = address(files);
    let closed = |parent: &Path| match readers {
        Readers::Everybody if geteuid().is_root() => closed_to_others(parent),
        _ => None,
    };
    let mut reasons = String::new();
    for Place { parent, folder } in places {
        let placed = match closed(&parent) {
            Some(ancestor) => Err(format!("other users cannot enter {}", ancestor.display())),
            None => place_in(&parent, &folder, &name, files),
        };
        match placed {
            Ok(()) => return Ok(parent.join(folder).join(name)),
            Err(reason) => {
                let _ = write!(reasons, "{}{}: {reason}", separator(&reasons), parent.join(folder).display());
            }
        }
    }
    if let Some(directory) = installed(shim, source).filter(|directory| closed(directory).is_none()) {
        return Ok(directory);
    }
    Err(if reasons.is_empty() { "no directory for its files".to_owned() } else { reasons })
}

/// A folder on the way to this one that not everybody may enter.
fn closed_to_others(folder: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(folder).ok()?; // one that is missing has a reason of its own
    let closed = |step: &&Path| std::fs::metadata(step).is_ok_and(|m| m.permissions().mode() & 0o001 == 0);
    real.ancestors().find(closed).map(Path::to_owned)
}

fn separator(so_far: &str) -> &'static str {
    if so_far.is_empty() { "" } else { "; " }
}

/// The version, and a hash of all names and contents.
fn address(files: &[File]) -> String {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write_usize(file.path.len());
        hasher.write(file.path.as_bytes());
        hasher.write_usize(file.content.len());
        hasher.write(file.content);
    }
    format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
}

/// A directory that is there, and our folder in it.
struct Place {
    parent: PathBuf,
    folder: String,
}

fn places(environment: &Environment) -> Vec<Place> {
    let user = geteuid();
    let own = format!("otel-run-{user}");
    let mut places = Vec::new();
    let mut add = |parent: &Path, folder: &str| {
        // A colon would cut the path in two; a relative one means something else elsewhere.
        if parent.is_absolute() && !parent.as_os_str().as_bytes().contains(&b':') {
            places.push(Place { parent: parent.to_owned(), folder: folder.to_owned() });
        }
    };
    if let Some(home) = environment.setting("OTEL_RUN_HOME") {
        add(Path::new(home), "shims");
    }
    if user.is_root() {
        add(Path::new("/run"), "otel-run");
    }
    if let Some(runtime) = environment.setting("XDG_RUNTIME_DIR").filter(|_| !user.is_root()) {
        add(Path::new(runtime), "otel-run");
    }
    add(Path::new(environment.setting("TMPDIR").unwrap_or("/tmp")), &own);
    if environment.setting("TMPDIR").is_some() {
        add(Path::new("/tmp"), &own);
    }
    add(Path::new("/dev/shm"), &own);
    places
}

/// Files that a package installed beside the program.
fn installed(shim: &str, files: &[File]) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let directory = program.parent()?.parent()?.join("share/otel-run/shims").join(shim);
    let same =
        |file: &File| std::fs::read(directory.join(file.path)).is_ok_and(|there| there == file.content);
    (!directory.as_os_str().as_bytes().contains(&b':') && files.iter().all(same)).then_some(directory)
}

fn place_in(parent: &Path, folder: &str, name: &str, files: &[File]) -> Result<(), String> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_PATH | OFlag::O_CLOEXEC;
    let parent = openat(AT_FDCWD, parent, flags, Mode::empty()).map_err(|e| e.desc().to_owned())?;
    check_parent(&parent)?;
    let base = own_directory(parent.as_fd(), folder)?;
    let directory = own_directory(base.as_fd(), name)?;
    for file in files {
        match file.path.rsplit_once('/') {
            None => put(directory.as_fd(), file.path, file.content)?,
            Some((within, last)) => {
                let mut folder = directory.try_clone().map_err(|e| e.to_string())?;
                for step in within.split('/') {
                    folder = own_directory(folder.as_fd(), step)?;
                }
                put(folder.as_fd(), last, file.content)?;
            }
        }
    }
    Ok(())
}

/// Others may write beside our folder only if they cannot rename or remove it.
fn check_parent(parent: &OwnedFd) -> Result<(), String> {
    let stat = fstat(parent).map_err(|e| e.desc().to_owned())?;
    if !trusted(&stat) {
        return Err("belongs to another user".to_owned());
    }
    if stat.st_mode & OPEN != 0 && stat.st_mode & STICKY == 0 {
        return Err("others may rename what is in it".to_owned());
    }
    Ok(())
}

fn trusted(stat: &FileStat) -> bool {
    let owner = Uid::from_raw(stat.st_uid);
    owner.is_root() || owner == geteuid()
}

/// Opens our directory, making it first where it is missing.
fn own_directory(parent: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, String> {
    match mkdirat(parent, name, DIRECTORY) {
        Ok(()) | Err(Errno::EEXIST) => {}
        // It may be there, in a place where we cannot write.
        Err(Errno::EROFS | Errno::EACCES) if opened(parent, name).is_ok() => {}
        Err(e) => return Err(e.desc().to_owned()),
    }
    let directory = opened(parent, name).map_err(|e| e.desc().to_owned())?;
    let stat = fstat(&directory).map_err(|e| e.desc().to_owned())?;
    if !trusted(&stat) {
        return Err(format!("{name} belongs to another user"));
    }
    if stat.st_mode & 0o7777 != DIRECTORY.bits() {
        if Uid::from_raw(stat.st_uid) != geteuid() {
            return Err(format!("{name} has the wrong permissions"));
        }
        // The umask took some away, or somebody was too generous.
        fchmod(&directory, DIRECTORY).map_err(|e| e.desc().to_owned())?;
    }
    Ok(directory)
}

fn opened(parent: BorrowedFd<'_>, name: &str) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// Leaves a file as it is if it is right, and replaces it at once otherwise.
fn put(directory: BorrowedFd<'_>, name: &str, content: &[u8]) -> Result<(), String> {
    if is_right(directory, name, content) {
        return Ok(());
    }
    let random: [u8; 8] = crate::sys::random().map_err(|e| e.to_string())?;
    let temporary = format!(".{name}.{:016x}", u64::from_ne_bytes(random));
    let written = write(directory, &temporary, content).and_then(|()| {
        renameat(directory, temporary.as_str(), directory, name).map_err(|e| e.desc().to_owned())
    });
    if written.is_err() {
        let _ = unlinkat(directory, temporary.as_str(), UnlinkatFlags::NoRemoveDir);
    }
    written
}

fn is_right(directory: BorrowedFd<'_>, name: &str, content: &[u8]) -> bool {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let Ok(fd) = openat(directory, name, flags, Mode::empty()) else { return false };
    let regular = libc_regular() | FILE.bits();
    let Ok(stat) = fstat(&fd) else { return false };
    let size = usize::try_from(stat.st_size).unwrap_or_default();
    if stat.st_mode != regular || !trusted(&stat) || size != content.len() {
        return false;
    }
    let mut there = Vec::with_capacity(size);
    std::fs::File::from(fd).take(content.len() as u64 + 1).read_to_end(&mut there).is_ok() && there == content
}

fn libc_regular() -> u32 {
    nix::sys::stat::SFlag::S_IFREG.bits()
}

fn write(directory: BorrowedFd<'_>, name: &str, content: &[u8]) -> Result<(), String> {
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let fd =
        openat(directory, name, flags, Mode::from_bits_truncate(0o600)).map_err(|e| e.desc().to_owned())?;
    let mut file = std::fs::File::from(fd);
    file.write_all(content).map_err(|e| e.to_string())?;
    fchmod(&file, FILE).map_err(|e| e.desc().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    const FILES: &[File] =
        &[File { path: "a.py", content: b"first" }, File { path: "p/q/b.py", content: b"second" }];

    fn home() -> std::io::Result<(tempfile::TempDir, Environment)> {
        let directory = tempfile::tempdir()?;
        let mut environment = Environment::default();
        environment.set("OTEL_RUN_HOME", directory.path());
        Ok((directory, environment))
    }

    fn contents(directory: &Path) -> Vec<Vec<u8>> {
        FILES.iter().map(|file| std::fs::read(directory.join(file.path)).unwrap_or_default()).collect()
    }

    #[test]
    fn the_same_directory_every_time_and_the_right_modes() -> Result<(), Box<dyn std::error::Error>> {
        let (home, environment) = home()?;
        let first = place("x", FILES, Readers::Us, &environment)?;
        assert!(first.starts_with(home.path()));
        assert_eq!(contents(&first), [b"first".to_vec(), b"second".to_vec()]);
        let made = std::fs::metadata(first.join("a.py"))?.ino();
        assert_eq!(place("x", FILES, Readers::Us, &environment)?, first);
        assert_eq!(std::fs::metadata(first.join("a.py"))?.ino(), made, "written again for nothing");
        for (path, mode) in [("", 0o755), ("p", 0o755), ("p/q", 0o755), ("a.py", 0o644), ("p/q/b.py", 0o644)]
        {
            assert_eq!(std::fs::metadata(first.join(path))?.mode() & 0o7777, mode, "{path}");
        }
        Ok(())
    }

    #[test]
    fn what_was_changed_is_put_right() -> Result<(), Box<dyn std::error::Error>> {
        let (_home, environment) = home()?;
        let directory = place("x", FILES, Readers::Us, &environment)?;
        std::fs::write(directory.join("a.py"), "evil!")?;
        std::fs::set_permissions(directory.join("p"), PermissionsExt::from_mode(0o777))?;
        std::fs::remove_file(directory.join("p/q/b.py"))?;
        symlink("/etc/passwd", directory.join("p/q/b.py"))?;
        place("x", FILES, Readers::Us, &environment)?;
        assert_eq!(contents(&directory), [b"first".to_vec(), b"second".to_vec()]);
        assert_eq!(std::fs::metadata(directory.join("p"))?.mode() & 0o7777, 0o755);
        Ok(())
    }

    #[test]
    fn a_link_in_the_place_of_our_folder_is_not_followed() -> Result<(), Box<dyn std::error::Error>> {
        let (home, _) = home()?;
        let elsewhere = tempfile::tempdir()?;
        symlink(elsewhere.path(), home.path().join("shims"))?;
        assert_eq!(place_in(home.path(), "shims", "x", FILES), Err("Not a directory".to_owned()));
        assert_eq!(std::fs::read_dir(elsewhere.path())?.count(), 0);
        Ok(())
    }

    /// SEC-11: somebody swaps our folders for links all the time, and nothing of ours ever lands
    /// where the links lead.
    #[test]
    fn links_that_come_and_go_are_never_followed() -> Result<(), Box<dyn std::error::Error>> {
        let (home, environment) = home()?;
        let elsewhere = tempfile::tempdir()?;
        let directory = place("x", FILES, Readers::Us, &environment)?;
        let stop = std::sync::atomic::AtomicBool::new(false);
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        std::thread::scope(|scope| {
            for folder in [home.path().join("shims"), directory.join("p")] {
                let (stop, elsewhere) = (&stop, elsewhere.path());
                scope.spawn(move || {
                    let aside = folder.with_extension("aside");
                    while !stop.load(relaxed) {
                        let _ = std::fs::rename(&folder, &aside);
                        let _ = symlink(elsewhere, &folder);
                        std::thread::yield_now();
                        let _ = std::fs::remove_file(&folder);
                        let _ = std::fs::rename(&aside, &folder);
                    }
                });
            }
            for _ in 0..2000 {
                let _ = place_in(home.path(), "shims", "x", FILES);
                let _ = place_in(home.path(), "shims", &address(FILES), FILES);
            }
            stop.store(true, relaxed);
        });
        assert_eq!(std::fs::read_dir(elsewhere.path())?.count(), 0);
        Ok(())
    }

    #[test]
    fn a_directory_that_others_can_change_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let open = tempfile::tempdir()?;
        std::fs::set_permissions(open.path(), PermissionsExt::from_mode(0o777))?;
        assert_eq!(
            place_in(open.path(), "shims", "x", FILES),
            Err("others may rename what is in it".to_owned())
        );
        std::fs::set_permissions(open.path(), PermissionsExt::from_mode(0o1777))?;
        assert_eq!(place_in(open.path(), "shims", "x", FILES), Ok(()));
        assert_eq!(
            place_in(&open.path().join("absent"), "shims", "x", FILES),
            Err("No such file or directory".to_owned())
        );
        Ok(())
    }

    /// STA-4.
    #[test]
    fn every_place_that_was_tried_is_named() {
        let places =
            ["/absent", "/dev/null"].map(|parent| Place { parent: parent.into(), folder: "x".to_owned() });
        assert_eq!(
            place_in_first(places.into(), "x", FILES, FILES, Readers::Us),
            Err("/absent/x: No such file or directory; /dev/null/x: Not a directory".to_owned())
        );
    }

    #[test]
    fn many_starts_at_once() -> Result<(), Box<dyn std::error::Error>> {
        let (home, environment) = home()?;
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..50).map(|_| scope.spawn(|| place("x", FILES, Readers::Us, &environment))).collect();
            threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        for result in results {
            let directory = result.map_err(|_| "a thread panicked")??;
            assert_eq!(contents(&directory), [b"first".to_vec(), b"second".to_vec()]);
            let names = std::fs::read_dir(&directory)?.count();
            assert_eq!(names, 2, "a temporary file is left in {}", home.path().display());
        }
        Ok(())
    }
}
