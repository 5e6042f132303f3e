//! Which Java will run, from the `release` file that every one has beside it. No program is started.

use super::words;
use crate::environment::Environment;
use crate::launch::search;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Far more than the file has.
const MOST: u64 = 16_384;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Jdk {
    pub(crate) home: PathBuf,
    /// 8, 17, 21; `None` when nothing says.
    pub(crate) version: Option<u32>,
}

impl Jdk {
    /// The one that the command starts: `java` itself, or for a script the one that scripts take.
    pub(crate) fn of(command: &[OsString], environment: &Environment) -> Option<Jdk> {
        let program = if let Some(java) = words::java(command) {
            search::find(command.get(java)?, environment)?
        } else {
            let home = environment.setting("JAVA_HOME").map(|home| Path::new(home).join("bin/java"));
            home.filter(|java| java.is_file()).or_else(|| search::find(OsStr::new("java"), environment))?
        };
        let home = std::fs::canonicalize(program).ok()?.parent()?.parent()?.to_owned();
        // The runtime of an old JDK is a folder in it.
        let version = version(&home).or_else(|| version(home.parent().filter(|_| home.ends_with("jre"))?));
        Some(Jdk { home, version })
    }
}

fn version(home: &Path) -> Option<u32> {
    let mut text = Vec::new();
    std::fs::File::open(home.join("release")).ok()?.take(MOST).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    major(text.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?.trim_matches('"'))
}

/// `17.0.15` is 17, `1.8.0_402` is 8, `24-ea` is 24.
fn major(version: &str) -> Option<u32> {
    let mut numbers = version.split(|letter: char| !letter.is_ascii_digit()).map(str::parse::<u32>);
    match numbers.next()?.ok()? {
        1 => numbers.next()?.ok(),
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("17.0.15", Some(17)),
            ("1.8.0_402", Some(8)),
            ("24-ea", Some(24)),
            ("21", Some(21)),
            ("x", None),
        ] {
            assert_eq!(major(text), expected, "{text}");
        }
    }

    /// A JDK of this version in a folder of its own.
    fn jdk(root: &Path, name: &str, release: &str, below: &str) -> std::io::Result<PathBuf> {
        let home = root.join(name);
        let java = home.join(below).join("bin/java");
        std::fs::create_dir_all(java.parent().unwrap_or(root))?;
        std::fs::write(&java, "")?;
        std::fs::set_permissions(&java, PermissionsExt::from_mode(0o755))?;
        std::fs::write(home.join("release"), format!("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"{release}\"\n"))?;
        Ok(java)
    }

    #[test]
    fn the_one_that_will_run() -> Result<(), Box<dyn std::error::Error>> {
        let root = tempfile::tempdir()?;
        let new = jdk(root.path(), "new", "21.0.3", "")?;
        let old = jdk(root.path(), "old", "1.8.0_402", "jre")?;
        let bin = root.path().join("bin");
        std::fs::create_dir(&bin)?;
        std::os::unix::fs::symlink(&new, bin.join("java"))?;
        let mut environment = Environment::default();
        environment.set("PATH", &bin);
        let of = |program: &OsStr, environment: &Environment| {
            Jdk::of(&[program.to_owned()], environment).and_then(|jdk| jdk.version)
        };
        assert_eq!(of(OsStr::new("java"), &environment), Some(21), "through the link");
        assert_eq!(of(old.as_os_str(), &environment), Some(8), "the release is beside jre/");
        environment.set("JAVA_HOME", root.path().join("old/jre"));
        assert_eq!(of(OsStr::new("java"), &environment), Some(21), "java does not ask for JAVA_HOME");
        assert_eq!(of(OsStr::new("catalina.sh"), &environment), Some(8), "scripts do");
        environment.set("JAVA_HOME", "/absent");
        assert_eq!(of(OsStr::new("catalina.sh"), &environment), Some(21));
        environment.set("PATH", "/absent");
        assert_eq!(Jdk::of(&["java".into()], &environment), None);
        Ok(())
    }
}
