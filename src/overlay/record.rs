//! Which overlay belongs to a Python environment, and for which packages it was made.

use super::installed;
use std::io::Read;
use std::path::{Path, PathBuf};

/// First line of a record; the shim reads no other.
const HEAD: &str = "otel-run overlay 1";
/// Longest record that is read.
const LONGEST: u64 = 1 << 20;
/// Records of one environment: an interpreter each.
const MOST: usize = 100;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The overlay, below the folder of its language.
    pub folder: String,
    /// Where distributions were looked for.
    pub paths: Vec<String>,
    /// `name==version`, sorted.
    pub packages: Vec<String>,
}

/// Why a record does not hold any more: what was added and what is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    pub added: Vec<String>,
    pub gone: Vec<String>,
}

impl Record {
    /// Where the record of an interpreter lies, below the folder of its language: the
    /// environment's own path, and what compiled files fit.
    pub fn place(python: &Path, prefix: &Path, identity: &str) -> PathBuf {
        environments(python, prefix).join(identity)
    }

    pub fn text(&self) -> String {
        let lines = [
            ("folder", std::slice::from_ref(&self.folder)),
            ("path", &self.paths),
            ("package", &self.packages),
        ];
        let lines =
            lines.iter().flat_map(|(key, values)| values.iter().map(move |value| format!("{key} {value}\n")));
        format!("{HEAD}\n{}", lines.collect::<String>())
    }

    pub fn parse(text: &str) -> Option<Record> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return None;
        }
        let mut record = Record::default();
        for (key, value) in lines.filter_map(|line| line.split_once(' ')) {
            match key {
                "folder" => record.folder = value.to_owned(),
                "path" => record.paths.push(value.to_owned()),
                "package" => record.packages.push(value.to_owned()),
                _ => {}
            }
        }
        (!record.folder.is_empty()).then_some(record)
    }

    /// Compares with what is installed now.
    pub fn check(&self) -> Result<(), Stale> {
        let now: Vec<String> =
            installed(&self.paths).iter().map(|(name, version)| format!("{name}=={version}")).collect();
        let without = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|each| !those.contains(each)).cloned().collect()
        };
        let stale = Stale { added: without(&now, &self.packages), gone: without(&self.packages, &now) };
        if stale.added.is_empty() && stale.gone.is_empty() { Ok(()) } else { Err(stale) }
    }
}

/// All records of an environment.
pub fn records(python: &Path, prefix: &Path) -> Vec<Record> {
    let entries = std::fs::read_dir(environments(python, prefix)).into_iter().flatten().flatten();
    let files = entries.take(MOST).map(|entry| entry.path()).filter(|path| path.is_file());
    files.filter_map(|path| Record::parse(&read(&path)?)).collect()
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

fn environments(python: &Path, prefix: &Path) -> PathBuf {
    python.join("environments").join(prefix.strip_prefix("/").unwrap_or(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_it_was_written() {
        let record = Record {
            folder: "abc".to_owned(),
            paths: vec!["/a b".to_owned()],
            packages: vec!["x==1".to_owned(), "y==".to_owned()],
        };
        assert_eq!(Record::parse(&record.text()), Some(record));
        assert_eq!(Record::parse("otel-run overlay 2\nfolder a\n"), None);
        assert_eq!(Record::parse(&format!("{HEAD}\n")), None);
        assert_eq!(
            Record::place(Path::new("/o/python"), Path::new("/srv/venv"), "cpython-312"),
            Path::new("/o/python/environments/srv/venv/cpython-312")
        );
    }

    #[test]
    fn what_has_changed_is_named() -> std::io::Result<()> {
        let site = tempfile::tempdir()?;
        let name = |name: &str| site.path().join(name);
        std::fs::create_dir(name("a-1.dist-info"))?;
        let paths = vec![site.path().display().to_string()];
        let record = Record { folder: "x".to_owned(), paths, packages: vec!["a==1".to_owned()] };
        assert_eq!(record.check(), Ok(()));
        std::fs::rename(name("a-1.dist-info"), name("a-2.dist-info"))?;
        let stale = Stale { added: vec!["a==2".to_owned()], gone: vec!["a==1".to_owned()] };
        assert_eq!(record.check(), Err(stale));
        Ok(())
    }
}
