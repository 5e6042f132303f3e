//! Programs that do what few do: under the built-in shim they do it as without it.

use super::builtin_client::{run_with, versions};

#[test]
fn odd_programs() {
    for interpreter in versions() {
        let (stdout, spans) = run_with(&interpreter, "odd_programs.py", &[]);
        let of = |scope: &str| spans.iter().filter(|span| span.scope == scope).count();
        assert_eq!(of("otel_run.wsgi"), 2, "{interpreter}: {stdout} {spans:#?}");
        assert_eq!(of("otel_run.sqlite3"), 2, "{interpreter}: {stdout} {spans:#?}");
    }
}
