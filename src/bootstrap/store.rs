//! The folder of one language among the overlays: one bootstrap at a time, and what appears there
//! appears at once and whole.

use super::tell;
use crate::environment::Environment;
use crate::error::Error;
use crate::overlay;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another bootstrap is waited for: longer than it may take.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
const TICK: Duration = Duration::from_millis(200);
/// Drafts start with this; those that are found were left by a bootstrap that was killed.
const DRAFT: &str = ".draft-";
/// The largest overlay, in bytes and in files.
const LARGEST: u64 = 1 << 30;
const MOST_FILES: u64 = 200_000;

/// Locked until it is dropped.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    _lock: File,
}

/// Size of a folder.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) files: u64,
}

impl Store {
    pub(super) fn open(language: &str, environment: &Environment) -> Result<Store, Error> {
        let (Some(root), Some(folder)) = (overlay::root(environment), overlay::of(language, environment))
        else {
            return Err(Error::launcher("no place for the overlay: there is no home folder")
                .from("environment")
                .hint("set OTEL_RUN_HOME to a folder that you can write"));
        };
        let refused = |folder: &Path, why: &str| {
            Error::launcher(format!("no place for the overlay: {}: {why}", folder.display()))
                .from(origin(environment))
                .hint("set OTEL_RUN_HOME to a folder that you can write")
        };
        for folder in [&root, &folder] {
            make(folder).map_err(|error| refused(folder, &words(&error)))?;
            overlay::trusted(folder).map_err(|why| refused(folder, &why))?;
        }
        let lock = lock(&folder).map_err(|error| refused(&folder, &words(&error)))?;
        let store = Store { folder, _lock: lock };
        store.clear();
        Ok(store)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// An empty folder to work in.
    pub(super) fn draft(&self) -> Result<PathBuf, Error> {
        let draft = self.folder.join(format!("{DRAFT}{}", std::process::id()));
        make(&draft).map_err(|error| self.failed(&draft, &error))?;
        Ok(draft)
    }

    /// What was killed, or has failed, left its draft behind.
    fn clear(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(DRAFT) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Makes a draft the overlay `name`, readable for everybody, in the place of what was there.
    pub(super) fn publish(&self, draft: &Path, name: &str) -> Result<PathBuf, Error> {
        let size = for_everybody(draft).map_err(|error| self.failed(draft, &error))?;
        if size.bytes > LARGEST || size.files > MOST_FILES {
            let _ = fs::remove_dir_all(draft);
            return Err(Error::launcher(format!(
                "what was installed is too large: {} MB in {} files",
                size.bytes >> 20,
                size.files
            ))
            .from("the package index")
            .hint("is the index the right one?"));
        }
        let target = self.folder.join(name);
        let aside = self.folder.join(format!("{DRAFT}old-{}", std::process::id()));
        let there = fs::rename(&target, &aside).is_ok();
        let moved = fs::rename(draft, &target);
        if there {
            // A running program may still load from the old one: it is gone by its name only when
            // the new one is there.
            let _ = if moved.is_ok() { fs::remove_dir_all(&aside) } else { fs::rename(&aside, &target) };
        }
        moved.map_err(|error| self.failed(&target, &error))?;
        Ok(target)
    }

    /// Writes a file so that nobody sees half of it.
    pub(super) fn write(&self, file: &Path, content: &str) -> Result<(), Error> {
        let draft = self.folder.join(format!("{DRAFT}file-{}", std::process::id()));
        let written = file
            .parent()
            .map_or(Ok(()), make)
            .and_then(|()| fs::write(&draft, content))
            .and_then(|()| fs::set_permissions(&draft, Permissions::from_mode(0o644)))
            .and_then(|()| fs::rename(&draft, file));
        written.map_err(|error| self.failed(file, &error))
    }

    pub(super) fn failed(&self, what: &Path, error: &io::Error) -> Error {
        Error::launcher(format!("cannot write {}: {}", what.display(), words(error)))
            .from(format!("the overlay {}", self.folder.display()))
            .hint("is there room, and may you write there?")
    }
}

fn origin(environment: &Environment) -> &'static str {
    match ["OTEL_RUN_HOME", "XDG_CACHE_HOME"].into_iter().find(|name| environment.setting(name).is_some()) {
        Some("OTEL_RUN_HOME") => "OTEL_RUN_HOME",
        Some(_) => "XDG_CACHE_HOME",
        None => "the user's cache folder",
    }
}

/// The folder and those above it, readable for everybody whatever the umask: the server may run
/// as another user. Folders that are there stay as they are.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make(parent)?;
    }
    match DirBuilder::new().mode(0o755).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o755)),
    }
}

fn lock(folder: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(folder.join(".lock"))?;
    let deadline = Instant::now() + PATIENCE;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                if !said {
                    tell("another bootstrap is at work: waiting for its end");
                    said = true;
                }
                std::thread::sleep(TICK);
            }
            Err(fs::TryLockError::WouldBlock) => {
                return Err(io::Error::other("another bootstrap does not come to an end"));
            }
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Gives everybody what the owner may do, but for writing. Links stay as they are.
fn for_everybody(folder: &Path) -> io::Result<Size> {
    let mut size = Size::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            size.files += 1;
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.is_file() {
                size.bytes += meta.len();
                let mode = if meta.permissions().mode() & 0o100 != 0 { 0o755 } else { 0o644 };
                if meta.permissions().mode() & 0o7777 != mode {
                    fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
                }
            }
        }
    }
    Ok(size)
}

/// An error of the system without its number.
pub(super) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(home: &Path) -> Result<Store, Error> {
        Store::open("python", &[("OTEL_RUN_HOME".into(), home.into())].into_iter().collect())
    }

    #[test]
    fn what_is_published_is_whole_and_for_everybody() -> Result<(), Box<dyn std::error::Error>> {
        let home = tempfile::tempdir()?;
        let store = store(home.path())?;
        for content in ["one", "two"] {
            let draft = store.draft()?;
            fs::create_dir(draft.join("p"))?;
            fs::write(draft.join("p/file"), content)?;
            fs::set_permissions(draft.join("p"), Permissions::from_mode(0o700))?;
            let published = store.publish(&draft, "name")?;
            assert_eq!(fs::read_to_string(published.join("p/file"))?, content);
            assert_eq!(fs::metadata(published.join("p"))?.permissions().mode() & 0o777, 0o755);
        }
        store.write(&store.folder().join("a/b/record"), "text")?;
        let mut names: Vec<_> =
            fs::read_dir(store.folder())?.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, [".lock", "a", "name"], "drafts are left");
        Ok(())
    }

    #[test]
    fn leftovers_are_cleared_and_strange_places_refused() -> Result<(), Box<dyn std::error::Error>> {
        let home = tempfile::tempdir()?;
        let draft = store(home.path())?.draft()?;
        drop(store(home.path())?);
        assert!(!draft.exists());
        fs::set_permissions(home.path().join("overlay"), Permissions::from_mode(0o777))?;
        let error = store(home.path()).expect_err("open to all");
        assert!(error.what.ends_with("/overlay: can be written by others"), "{error}");
        assert_eq!(error.from.as_deref(), Some("OTEL_RUN_HOME"));
        let error = store(Path::new("/dev/null")).expect_err("no folder");
        assert!(error.what.starts_with("no place for the overlay: /dev/null"), "{error}");
        Ok(())
    }

    #[test]
    fn one_at_a_time() -> Result<(), Box<dyn std::error::Error>> {
        let home = tempfile::tempdir()?;
        let first = store(home.path())?;
        let second = std::thread::scope(|scope| {
            let second = scope.spawn(|| store(home.path()));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!second.is_finished());
            drop(first);
            second.join()
        });
        second.map_err(|_| "a panic")??;
        Ok(())
    }
}
