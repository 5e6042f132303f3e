//! Node packages for tests, installed at first use and kept under `target/test-node`.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with `packages` (as `npm install` takes them) in its `node_modules`, made at most
/// once for each set of packages, however many tests ask for it at once.
pub(crate) fn node_packages(name: &str, packages: &[&str]) -> PathBuf {
    let folders = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-node");
    fs::create_dir_all(&folders).expect("a folder for Node packages");
    let mut hasher = DefaultHasher::new();
    packages.hash(&mut hasher);
    let folder = folders.join(format!("{name}-{:016x}", hasher.finish()));

    let lock = File::create(folder.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    // Written last: without it a run was cut in the middle, and the folder is made anew.
    let complete = folder.join("complete");
    if !complete.exists() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]);
        // A download that stalls is tried again after a minute, not after five.
        npm.args(["--fetch-timeout=60000", "--fetch-retries=5", "--fetch-retry-mintimeout=1000", "--prefix"]);
        let output = npm.arg(&folder).args(packages).env_remove("NODE_OPTIONS").output();
        let output = output.unwrap_or_else(|e| panic!("{npm:?}: {e} (the tests need Node.js with npm)"));
        assert!(output.status.success(), "{npm:?}: {}", String::from_utf8_lossy(&output.stderr));
        File::create(complete).expect("the mark of completeness");
    }
    folder
}
