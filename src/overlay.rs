//! Where `otel-run bootstrap` keeps what it has fetched, and where a start finds it: a folder of our own, outside
//! the application.
//!
//! `$OTEL_RUN_HOME/overlay` or `$XDG_CACHE_HOME/otel-run` if that is set; for root `/var/cache/otel-run`, which programs
//! that become another user can read; else `~/.cache/otel-run`. Below it a folder for each language.

use crate::environment::Environment;
use std::path::{Path, PathBuf};

/// The folder of all overlays, whether it is there or not. `None` without any home.
pub fn root(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| environment.setting(name).map(Path::new).filter(|path| path.is_absolute());
    if let Some(home) = absolute("OTEL_RUN_HOME") {
        return Some(home.join("overlay"));
    }
    if let Some(cache) = absolute("XDG_CACHE_HOME") {
        return Some(cache.join("otel-run"));
    }
    if nix::unistd::geteuid().is_root() {
        return Some(PathBuf::from("/var/cache/otel-run"));
    }
    Some(absolute("HOME")?.join(".cache/otel-run"))
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
            let root = nix::unistd::geteuid().is_root();
            if root { Some("/var/cache/otel-run".into()) } else { own.map(PathBuf::from) }
        };
        assert_eq!(
            root(&with(&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")])),
            without(Some("/h/.cache/otel-run"))
        );
        assert_eq!(root(&with(&[("OTEL_RUN_HOME", "here")])), without(None));
    }
}
