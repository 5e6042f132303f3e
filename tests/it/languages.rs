//! Languages whose telemetry comes from their official agents, and programs that are left alone.

#[path = "languages/interpreters.rs"]
mod interpreters;
#[path = "languages/java.rs"]
mod java;
#[path = "languages/never.rs"]
mod never;

use std::os::unix::fs::PermissionsExt;

/// A folder for `OTEL_RUN_HOME` with this file in its overlay.
fn home(file: &str, content: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
    let file = home.path().join("overlay").join(file);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, content).expect("a file");
    home
}
