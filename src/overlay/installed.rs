//! The distributions of a Python environment, read from the names of its metadata. The same rule
//! as in the shim's `overlay.py`, which a test compares.

use std::collections::BTreeMap;
use std::path::Path;

/// Entries of a folder that are looked at.
const MOST: usize = 50_000;

/// Name and version of each distribution in these folders. Of one name the first counts.
pub fn installed<P: AsRef<Path>>(folders: &[P]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for folder in folders {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        for (name, version) in names.iter().filter_map(|name| distribution(name)) {
            found.entry(name).or_insert(version);
        }
    }
    found
}

/// `Foo_Bar-1.0.dist-info`, `Foo.egg-info`, `Foo-1.0-py3.8.egg-info`.
fn distribution(entry: &str) -> Option<(String, String)> {
    let (stem, kind) = entry.rsplit_once('.')?;
    let (name, version) = match kind {
        "dist-info" => stem.rsplit_once('-')?,
        "egg-info" => {
            let mut parts = stem.split('-');
            (parts.next()?, parts.next().unwrap_or_default())
        }
        _ => return None,
    };
    // ~ is what pip leaves behind when it is interrupted.
    let usable = !name.is_empty() && !name.starts_with('~');
    usable.then(|| (normal_name(name), version.to_owned()))
}

/// The name by which distributions are compared.
pub fn normal_name(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_shim_sees_the_same() -> Result<(), Box<dyn std::error::Error>> {
        let (first, second) = (tempfile::tempdir()?, tempfile::tempdir()?);
        for name in [
            "Foo_Bar-1.0.dist-info",
            "zope.interface-7.2.dist-info",
            "odd-name-2.0rc1.dist-info",
            "PyYAML-6.0-py3.11.egg-info",
            "dev.egg-info",
            "~ip-23.dist-info",
            "nothing.dist-info",
            "foo_bar",
            ".dist-info",
        ] {
            std::fs::create_dir(first.path().join(name))?;
        }
        for name in ["foo.bar-2.0.dist-info", "torch-2.1+cu118.dist-info"] {
            std::fs::create_dir(second.path().join(name))?;
        }
        let folders = [first.path(), second.path(), Path::new("/absent")];
        let found: Vec<_> = installed(&folders).iter().map(|(n, v)| format!("{n}=={v}")).collect();
        let expected = [
            "dev==",
            "foo-bar==1.0",
            "odd-name==2.0rc1",
            "pyyaml==6.0",
            "torch==2.1+cu118",
            "zope-interface==7.2",
        ];
        assert_eq!(found, expected);
        let source = include_str!("../../shims/python/_otel_run/overlay.py");
        let script = format!("{source}\nprint(*installed(sys.argv[1:]), sep='\\n')");
        let output = Command::new("python3").args(["-I", "-B", "-c", &script]).args(folders).output()?;
        assert_eq!(String::from_utf8(output.stdout)?.lines().collect::<Vec<_>>(), expected);
        Ok(())
    }
}
