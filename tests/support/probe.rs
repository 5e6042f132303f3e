//! The probe program, compiled once with the linker's C compiler.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Path of the compiled `probe.c`.
pub(crate) fn probe() -> &'static Path {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/probe.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probe");
        // Several test processes may do this at once: each makes its own and moves it into place.
        let mine = program.with_extension(std::process::id().to_string());
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let status = Command::new(&compiler).args(["-O1", "-Wall", "-o"]).args([&mine, &source]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{compiler:?} cannot compile {}",
            source.display()
        );
        std::fs::rename(&mine, &program).unwrap();
        program
    })
}
