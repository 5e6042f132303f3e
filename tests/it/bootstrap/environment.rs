//! The application's environment before and after.

use super::{application, bootstrap, done, file, home, within};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Every file below a folder: size, mode, time of change, and a hash of its content.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (u64, u32, i64, u64)> {
    let mut seen = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let meta = entry.metadata().expect("an entry");
            if meta.is_dir() {
                folders.push(entry.path());
            }
            let mut hash = DefaultHasher::new();
            if meta.is_file() {
                std::fs::read(entry.path()).expect("a file").hash(&mut hash);
            }
            seen.insert(entry.path(), (meta.size(), meta.mode(), meta.mtime(), hash.finish()));
        }
    }
    seen
}

/// The index is asked, the overlay is filled, and the application has not changed by a byte.
#[test]
fn nothing_of_the_application_changes() {
    let (venv, home) = (application(), home());
    let freeze =
        || done(&mut within(&venv, home.path(), ["python", "-B", "-m", "pip", "freeze", "--all"])).stdout;
    let before = (freeze(), snapshot(&venv), snapshot(&file("apps")));
    assert!(before.1.len() > 500);

    let finished = done(&mut bootstrap(&venv, home.path(), &["--", "uvicorn", "shop:app"]));
    let after = (freeze(), snapshot(&venv), snapshot(&file("apps")));
    assert_eq!(before.0, after.0);
    assert!(before.1 == after.1, "the environment has changed");
    assert!(before.2 == after.2, "the application has changed");

    let words: Vec<Vec<&str>> =
        finished.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    for expected in [
        "opentelemetry-sdk 1.45.1 every instrumentation stands on it",
        "opentelemetry-instrumentation-fastapi 0.66b1 fastapi 0.165.0 is installed (~=0.92 fits)",
        "opentelemetry-instrumentation-httpx 0.66b1 httpx 0.28.1 is installed (>=0.18.0 fits)",
    ] {
        let expected: Vec<_> = expected.split(' ').collect();
        assert!(words.contains(&expected), "{expected:?}: {}", finished.stdout);
    }
    assert!(finished.stdout.contains("fastapi stands on it"), "{}", finished.stdout);
    assert!(finished.stderr.contains("Collecting opentelemetry-sdk==1.45.1"), "{}", finished.stderr);

    // What the application has is not there a second time.
    let python = home.path().join("overlay/python");
    let overlay = super::names(&python).into_iter().find(|name| name != "environments").expect("an overlay");
    let brought = super::names(&python.join(overlay));
    assert!(brought.contains(&"opentelemetry_sdk-1.45.1.dist-info".to_owned()), "{brought:?}");
    for own in ["fastapi", "opentelemetry_api-1.45.1.dist-info", "typing_extensions.py", "bin"] {
        assert!(!brought.contains(&own.to_owned()), "{own}: {brought:?}");
    }
    let again = done(&mut bootstrap(&venv, home.path(), &["--", "uvicorn", "shop:app"]));
    assert!(again.stdout.contains("is there already"), "{}", again.stdout);
}

#[test]
fn a_dry_run_brings_nothing() {
    let (venv, home) = (application(), home());
    let finished = done(&mut bootstrap(&venv, home.path(), &["--dry-run", "--", "python", "shop.py"]));
    assert!(finished.stdout.contains("opentelemetry-instrumentation-fastapi 0.66b1"), "{}", finished.stdout);
    assert!(finished.stdout.contains("Would be installed by the interpreter's pip"), "{}", finished.stdout);
    assert_eq!((finished.stderr.as_str(), super::names(home.path())), ("", Vec::new()));
}
