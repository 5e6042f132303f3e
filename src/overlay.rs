//! Where `otel-run bootstrap` keeps what it has fetched, and where a start finds it: a folder of our own, outside
//! the application.
//!
//! `$OTEL_RUN_HOME/overlay` or `$XDG_CACHE_HOME/otel-run` if that is set; for root `/var/cache/otel-run`, which programs
//! that become another user can read; else `~/.cache/otel-run`. Below it a folder for each language.

mod installed;
mod record;

pub use installed::{installed, normal_name};
pub use record::{Record, Stale, records};

use crate::environment::Environment;
use nix::unistd::{Uid, geteuid};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Tells the shims where [`root`] is.
pub const VARIABLE: &str = "OTEL_RUN_OVERLAY";
/// Write permission of group and others.
const OPEN: u32 = 0o022;

/// The folder of all overlays, whether it is there or not. `None` without any home.
pub fn root(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| environment.setting(name).map(Path::new).filter(|path| path.is_absolute());
    if let Some(home) = absolute("OTEL_RUN_HOME") {
        return Some(home.join("overlay"));
    }
    if let Some(cache) = absolute("XDG_CACHE_HOME") {
        return Some(cache.join("otel-run"));
    }
    if geteuid().is_root() {
        return Some(PathBuf::from("/var/cache/otel-run"));
    }
    Some(absolute("HOME")?.join(".cache/otel-run"))
}

/// The folder of all overlays if it is there and nobody else can have put anything into it.
pub fn usable(environment: &Environment) -> Option<PathBuf> {
    root(environment).filter(|root| trusted(root).is_ok())
}

/// Whether a folder is root's or ours, no link, and closed to others for writing; else why not.
pub fn trusted(folder: &Path) -> Result<(), String> {
    let meta = std::fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    if !meta.is_dir() {
        return Err("is not a folder".to_owned());
    }
    if meta.uid() != 0 && Uid::from_raw(meta.uid()) != geteuid() {
        return Err("belongs to another user".to_owned());
    }
    if meta.mode() & OPEN != 0 {
        return Err("can be written by others".to_owned());
    }
    Ok(())
}

/// The folder of one language: `python`, `node`, `java`, `dotnet`, `ruby` or `php`.
pub fn of(language: &str, environment: &Environment) -> Option<PathBuf> {
    Some(root(environment)?.join(language))
}

/// The official Java agent.
pub fn java_agent(environment: &Environment) -> Option<PathBuf> {
    Some(of("java", environment)?.join("opentelemetry-javaagent.jar"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn what_is_set_wins() {
        let home = with(&[("OTEL_RUN_HOME", "/srv/otel"), ("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]);
        assert_eq!(root(&home), Some("/srv/otel/overlay".into()));
        assert_eq!(java_agent(&home), Some("/srv/otel/overlay/java/opentelemetry-javaagent.jar".into()));
        assert_eq!(root(&with(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")])), Some("/c/otel-run".into()));
        let without = |own: Option<&str>| {
            let root = geteuid().is_root();
            if root { Some("/var/cache/otel-run".into()) } else { own.map(PathBuf::from) }
        };
        assert_eq!(
            root(&with(&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")])),
            without(Some("/h/.cache/otel-run"))
        );
        assert_eq!(root(&with(&[("OTEL_RUN_HOME", "here")])), without(None));
    }

    #[test]
    fn only_what_nobody_else_can_write_is_used() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let environment = with(&[("OTEL_RUN_HOME", &home.path().display().to_string())]);
        let overlay = home.path().join("overlay");
        assert_eq!(usable(&environment), None);
        std::fs::create_dir(&overlay)?;
        let mode =
            |mode| std::fs::set_permissions(&overlay, std::os::unix::fs::PermissionsExt::from_mode(mode));
        mode(0o755)?;
        assert_eq!(usable(&environment), Some(overlay.clone()));
        mode(0o777)?;
        assert_eq!(trusted(&overlay), Err("can be written by others".to_owned()));
        std::fs::remove_dir(&overlay)?;
        std::os::unix::fs::symlink("/tmp", &overlay)?;
        assert_eq!(trusted(&overlay), Err("is not a folder".to_owned()));
        Ok(())
    }
}
