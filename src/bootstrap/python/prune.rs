//! An installer fills a folder with everything that is needed. What the application has already is
//! taken out again: its own would win anyway, and a second copy is only a trap.

use crate::overlay::normal_name;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Removes the distributions of these names, and the folder of programs. Returns the names of
/// those that were removed.
pub(super) fn prune(folder: &Path, names: &BTreeSet<&str>) -> io::Result<Vec<String>> {
    let (mut goes, mut stays, mut removed) = (Vec::new(), BTreeSet::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".dist-info")) else { continue };
        let distribution = normal_name(stem.rsplit_once('-').map_or(stem, |(name, _)| name));
        let files = files(folder, Path::new(&name))?;
        if names.contains(distribution.as_str()) {
            goes.extend(files);
            goes.push(Path::new(&name).join("RECORD"));
            removed.push(distribution);
        } else {
            stays.extend(files);
        }
    }
    for file in goes.iter().filter(|file| !stays.contains(*file)) {
        remove(folder, file)?;
    }
    match fs::remove_dir_all(folder.join("bin")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    removed.sort();
    Ok(removed)
}

/// The files of a distribution (PEP 376), as far as they lie in the folder.
fn files(folder: &Path, info: &Path) -> io::Result<Vec<PathBuf>> {
    let record = fs::read_to_string(folder.join(info).join("RECORD"))?;
    let paths = record.lines().filter_map(|line| {
        // path,hash,size; a path with a comma stands in quotes.
        let path = match line.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => line.split(',').next()?,
        };
        let path = Path::new(path);
        path.components().all(|part| matches!(part, Component::Normal(_))).then(|| path.to_owned())
    });
    Ok(paths.collect())
}

/// Removes a file, what Python has compiled of it, and the folders that it leaves empty.
fn remove(folder: &Path, file: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(file)) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(error);
        }
        _ => {}
    }
    let (parent, stem) = (file.parent().unwrap_or(Path::new("")), file.file_stem().unwrap_or_default());
    if file.extension().is_some_and(|extension| extension == "py") {
        let compiled = folder.join(parent).join("__pycache__");
        let start = format!("{}.", stem.to_string_lossy());
        for entry in fs::read_dir(&compiled).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                fs::remove_file(entry.path())?;
            }
        }
        let _ = fs::remove_dir(compiled);
    }
    let empty = parent.ancestors().take_while(|path| !path.as_os_str().is_empty());
    // Fails where something is left, which is what is wanted.
    for path in empty {
        if fs::remove_dir(folder.join(path)).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, files: &[(&str, &str)]) -> io::Result<()> {
        for (path, content) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, content)?;
        }
        Ok(())
    }

    #[test]
    fn one_goes_and_the_other_stays_whole() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let outside = tempfile::NamedTempFile::new()?;
        let record = format!(
            "shared/__init__.py,,\nshared/a.py,sha256=x,1\n\"shared/c,d.py\",,\na-1.dist-info/METADATA,,\na-1.dist-info/RECORD,,\n../bin/a,,\n{},,\n",
            outside.path().display()
        );
        write(
            folder.path(),
            &[
                ("shared/__init__.py", ""),
                ("shared/a.py", ""),
                ("shared/c,d.py", ""),
                ("shared/__pycache__/a.cpython-312.pyc", ""),
                ("shared/b.py", ""),
                ("a-1.dist-info/METADATA", ""),
                ("a-1.dist-info/RECORD", &record),
                ("B_b-2.dist-info/RECORD", "shared/__init__.py,,\nshared/b.py,,\n"),
                ("bin/a", ""),
            ],
        )?;
        assert_eq!(prune(folder.path(), &["a", "other"].into())?, ["a"]);
        let mut left: Vec<_> = Vec::new();
        for sub in ["", "shared"] {
            left.extend(fs::read_dir(folder.path().join(sub))?.flatten().map(|entry| entry.file_name()));
        }
        left.sort();
        assert_eq!(left, ["B_b-2.dist-info", "__init__.py", "b.py", "shared"]);
        assert!(outside.path().exists());
        assert_eq!(prune(folder.path(), &["b-b"].into())?, ["b-b"]);
        assert_eq!(fs::read_dir(folder.path())?.count(), 0);
        Ok(())
    }
}
