//! Tests that need what this machine does not have.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

/// Says that the test that calls this does nothing here, with the number of those that did so.
/// Not by a macro, whose output would be held back because the test passes.
pub(crate) fn skip(needs: &str) {
    static SKIPPED: AtomicU32 = AtomicU32::new(0);
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: needs {needs} ({count} skipped so far)");
}
