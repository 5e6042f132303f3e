//! The gem by the machine's own `gem`, from a folder: one of that name, made here.

use super::{bootstrap, done, finish, home, within};
use crate::support::skip;
use std::path::Path;
use std::process::Command;

const GEM: &str = "opentelemetry-auto-instrumentation";

#[test]
fn a_gem_of_a_folder() {
    if !Command::new("gem").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return skip("Ruby with gem");
    }
    let (home, folder, nowhere) = (home(), tempfile::tempdir().expect("a folder"), Path::new("/nowhere"));
    let words = ["--offline", &folder.path().display().to_string(), "--", "ruby", "x.rb"];
    let finished = finish(&mut bootstrap(nowhere, home.path(), &words));
    assert_eq!(finished.status.code(), Some(125));
    assert!(finished.stderr.contains("no gem in "), "{}", finished.stderr);

    let specification = format!(
        "Gem::Specification.new {{ |s| s.name = '{GEM}'; s.version = '0.9.0'; s.summary = 'x'; s.authors = ['x']; \
         s.files = ['lib/{GEM}.rb'] }}"
    );
    std::fs::create_dir(folder.path().join("lib")).expect("a folder");
    std::fs::write(folder.path().join(format!("lib/{GEM}.rb")), "").expect("a file");
    std::fs::write(folder.path().join("x.gemspec"), specification).expect("a file");
    done(within(nowhere, home.path(), ["gem", "build", "--silent", "x.gemspec"]).current_dir(folder.path()));
    let finished = done(&mut bootstrap(nowhere, home.path(), &words));
    let line = finished.stdout.lines().find_map(|line| line.strip_prefix("Installed into "));
    let place = Path::new(line.expect("a folder"));
    assert!(place.starts_with(home.path().join("overlay/ruby")), "{}", place.display());
    assert!(place.join(format!("gems/{GEM}-0.9.0/lib/{GEM}.rb")).is_file(), "{}", finished.stdout);
    let again = done(&mut bootstrap(nowhere, home.path(), &words));
    assert!(again.stdout.contains("is there already"), "{}", again.stdout);
}
