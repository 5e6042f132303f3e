//! Files of official agents: where they are, and whether the program will be able to load them. For most runtimes a file
//! that is named and cannot be loaded is fatal.

use crate::environment::Environment;
use crate::overlay;
use nix::unistd::{AccessFlags, access, geteuid};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The first place with an agent of this language: what `bootstrap` has fetched, what lies beside our program, and
/// the `usual` places of packages, images and operators. `fits` finds the agent in a folder.
pub(super) fn find(
    language: &str,
    usual: &[&str],
    environment: &Environment,
    fits: impl Fn(&Path) -> Option<PathBuf>,
) -> Option<PathBuf> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.parent()?.join("share/otel-run").join(language)));
    let places = overlay::of(language, environment).into_iter().chain(beside);
    places.chain(usual.iter().map(PathBuf::from)).find_map(|place| fits(&place))
}

/// Whether the program can read this file. `direct`: it stays the user that it is. What a script or a wrapper started by
/// root becomes nobody knows.
pub(super) fn check(file: &Path, direct: bool) -> Result<(), String> {
    let meta = std::fs::metadata(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    })?;
    if !meta.is_file() {
        return Err("not a file".to_owned());
    }
    access(file, AccessFlags::R_OK).map_err(|error| error.desc().to_lowercase())?;
    if geteuid().is_root() && !direct && !everybody_reads(file) {
        return Err("users other than root cannot read it, and the program may become one".to_owned());
    }
    Ok(())
}

fn everybody_reads(file: &Path) -> bool {
    let Ok(real) = std::fs::canonicalize(file) else { return false };
    let has =
        |path: &Path, bit| std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & bit != 0);
    has(&real, 0o004) && real.ancestors().skip(1).all(|folder| has(folder, 0o001))
}
