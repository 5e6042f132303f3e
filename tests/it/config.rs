//! Configuration files and files of variables, with the real program.

#[path = "config/bad.rs"]
mod bad;
#[path = "config/effective.rs"]
mod effective;
#[path = "config/insights.rs"]
mod insights;
#[path = "config/layers.rs"]
mod layers;

use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

/// otel-run with these arguments and variables, to its end.
fn otel_run(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = bare([OTEL_RUN]);
    command.args(arguments).envs(variables.iter().copied());
    Process::start(&mut command).finish()
}

/// A folder with one file that only its owner reads.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn of(name: &str, text: &str) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("a file");
        let place = Place { folder, file };
        place.mode(0o600);
        place
    }

    fn mode(&self, mode: u32) {
        std::fs::set_permissions(&self.file, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn path(&self) -> &str {
        self.file.to_str().expect("UTF-8")
    }

    /// Another file beside it.
    fn beside(&self, name: &str, text: &str) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).expect("a file");
        file.to_str().expect("UTF-8").to_owned()
    }
}
