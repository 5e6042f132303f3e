//! Where on this machine batches may be kept.

use super::folder::Folder;
use crate::environment::Environment;
use nix::unistd::geteuid;
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "otel-run";

/// Opens the first place that works. `said`: the one that the user chose, and no other then. Fails with the reasons.
pub(super) fn open(said: Option<&Path>, environment: &Environment) -> io::Result<Folder> {
    open_first(all(said, environment))
}

/// The same, but makes nothing: `None` when there is none yet.
pub(super) fn existing(said: Option<&Path>, environment: &Environment) -> Option<Folder> {
    let there = all(said, environment).into_iter().filter(|place| place.is_dir()).collect();
    open_first(there).ok()
}

fn all(said: Option<&Path>, environment: &Environment) -> Vec<PathBuf> {
    match said {
        Some(path) => vec![path.to_owned()],
        None => usual(environment, geteuid().is_root()),
    }
}

fn open_first(places: Vec<PathBuf>) -> io::Result<Folder> {
    let mut reasons = Vec::new();
    for place in places {
        match Folder::open(&place) {
            Ok(folder) => return Ok(folder),
            Err(error) => reasons.push(format!("{}: {error}", place.display())),
        }
    }
    Err(io::Error::other(if reasons.is_empty() {
        "there is no place for it".to_owned()
    } else {
        reasons.join("; ")
    }))
}

/// As services, users and the system name them (systemd.exec(5), XDG base directory specification).
fn usual(environment: &Environment, root: bool) -> Vec<PathBuf> {
    let absolute =
        |name: &str| environment.setting(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // systemd gives several with colons between them.
    let service = environment.setting("STATE_DIRECTORY").and_then(|list| list.split(':').next());
    let places = [
        service.map(PathBuf::from).filter(|path| path.is_absolute()),
        absolute("XDG_STATE_HOME"),
        absolute("HOME").map(|home| home.join(".local/state")),
        root.then(|| PathBuf::from("/var/lib")),
        absolute("XDG_RUNTIME_DIR"),
    ];
    places.into_iter().flatten().map(|place| place.join(NAME)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)], root: bool) -> Vec<String> {
        let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        usual(&environment, root).iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn the_usual_places_in_their_order() {
        let all = [
            ("XDG_RUNTIME_DIR", "/run/user/7"),
            ("HOME", "/home/me"),
            ("XDG_STATE_HOME", "/state"),
            ("STATE_DIRECTORY", "/var/lib/shop:/var/lib/other"),
        ];
        assert_eq!(
            places(&all, true),
            [
                "/var/lib/shop/otel-run",
                "/state/otel-run",
                "/home/me/.local/state/otel-run",
                "/var/lib/otel-run",
                "/run/user/7/otel-run"
            ]
        );
        assert_eq!(places(&[("HOME", "relative"), ("XDG_STATE_HOME", "")], false), Vec::<String>::new());
    }

    /// SPL-8: what the user chose, or nothing.
    #[test]
    fn the_first_that_works() {
        let folder = tempfile::TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("file"), "").expect("written");
        let state = folder.path().join("state");
        let broken = folder.path().join("file");
        let environment: Environment =
            [("XDG_STATE_HOME".into(), broken.clone().into()), ("HOME".into(), state.into())]
                .into_iter()
                .collect();
        open(None, &environment).expect("the second one");
        assert!(folder.path().join("state/.local/state/otel-run").is_dir());
        let error = open(Some(&broken), &environment).expect_err("a file");
        assert!(error.to_string().contains("file: "), "{error}");
    }
}
