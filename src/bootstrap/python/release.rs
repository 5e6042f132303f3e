//! One release of everything: the SDK and the instrumentations come out together, and fit each other
//! alone.

use super::table::Rows;
use pep440_rs::Version;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// The newest release that was tried with the shim, for each Python that begins to need it.
const TRIED: [((u64, u64), (u64, u64)); 4] =
    [((3, 10), (45, 1)), ((3, 9), (41, 1)), ((3, 8), (33, 1)), ((3, 7), (22, 0))];
/// The oldest one that was tried: 1.21.
const OLDEST: u64 = 21;
/// 1.45.1 of the SDK is 0.66b1 of the instrumentations.
const APART: u64 = 21;

/// `1.minor.patch` of API and SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release {
    minor: u64,
    patch: u64,
}

impl Release {
    /// That of the application's own API, else of the packages in the folder that is to serve, else the
    /// newest that was tried. The error says which version of what stands in the way.
    pub(super) fn choose(
        installed: &Rows<'_>,
        python: (u64, u64),
        folder: Option<&Path>,
    ) -> Result<Release, String> {
        for package in ["opentelemetry-api", "opentelemetry-sdk"] {
            let Some(version) = installed.get(package) else { continue };
            let text = version.as_ref().map(ToString::to_string).unwrap_or_default();
            let release = version.as_ref().and_then(Release::of).filter(|release| release.minor >= OLDEST);
            return release
                .ok_or_else(|| format!("{package} {text}, where 1.{OLDEST} or a later release is needed"));
        }
        let tried = TRIED
            .into_iter()
            .find(|(from, _)| python >= *from)
            .map(|(_, (minor, patch))| Release { minor, patch });
        let tried = tried.ok_or("Python older than 3.7")?;
        Ok(folder.and_then(newest_in).unwrap_or(tried))
    }

    fn of(version: &Version) -> Option<Release> {
        match version.release() {
            [1, minor, patch] if !version.any_prerelease() => Some(Release { minor: *minor, patch: *patch }),
            [1, minor] => Some(Release { minor: *minor, patch: 0 }),
            _ => None,
        }
    }

    pub(super) fn sdk(self) -> String {
        format!("1.{}.{}", self.minor, self.patch)
    }

    pub(super) fn instrumentation(self) -> String {
        format!("0.{}b{}", self.minor + APART, self.patch)
    }
}

/// The newest SDK among the wheels of a folder.
fn newest_in(folder: &Path) -> Option<Release> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let versions = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let version = name.strip_prefix("opentelemetry_sdk-")?;
        let version = version
            .split_once("-py")
            .map_or_else(|| version.strip_suffix(".tar.gz"), |(version, _)| Some(version))?;
        Release::of(&Version::from_str(version).ok()?)
    });
    versions.max()
}

/// The instrumentation that a message of an installer is about, if all that is wrong is that it is
/// not published for this release.
pub(super) fn unpublished<'a>(lines: &[String], instrumentations: &[&'a str]) -> Option<&'a str> {
    let about = lines.iter().filter(|line| {
        line.contains("Could not find a version that satisfies")
            || line.contains("no version of ")
            || line.contains("was not found in")
    });
    let words = about.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    let words: BTreeMap<&str, ()> = words.map(|word| (word, ())).collect();
    instrumentations.iter().find(|name| words.contains_key(**name)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(packages: &[(&'static str, &str)], python: (u64, u64)) -> Result<(String, String), String> {
        let installed =
            packages.iter().map(|(name, version)| (*name, Version::from_str(version).ok())).collect();
        Release::choose(&installed, python, None).map(|release| (release.sdk(), release.instrumentation()))
    }

    #[test]
    fn that_of_the_application_first() {
        let pair = |sdk: &str, other: &str| Ok((sdk.to_owned(), other.to_owned()));
        assert_eq!(choose(&[("opentelemetry-api", "1.45.2")], (3, 11)), pair("1.45.2", "0.66b2"));
        assert_eq!(choose(&[("opentelemetry-sdk", "1.30.0")], (3, 11)), pair("1.30.0", "0.51b0"));
        assert_eq!(choose(&[], (3, 14)), pair("1.45.1", "0.66b1"));
        assert_eq!(choose(&[], (3, 8)), pair("1.33.1", "0.54b1"));
        assert_eq!(choose(&[], (3, 7)), pair("1.22.0", "0.43b0"));
        for old in ["1.12.0", "0.17b0", "2.0.0", "x"] {
            let why = choose(&[("opentelemetry-api", old)], (3, 11)).expect_err(old);
            assert!(why.starts_with("opentelemetry-api "), "{why}");
        }
    }

    #[test]
    fn what_the_folder_has() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        assert_eq!(newest_in(folder.path()), None);
        for name in
            ["opentelemetry_sdk-1.9.0-py3-none-any.whl", "opentelemetry_sdk-1.40.0.tar.gz", "other-2-py3.whl"]
        {
            std::fs::write(folder.path().join(name), "")?;
        }
        assert_eq!(newest_in(folder.path()).map(Release::sdk), Some("1.40.0".to_owned()));
        Ok(())
    }

    #[test]
    fn the_one_that_is_missing() {
        let names = ["opentelemetry-instrumentation-urllib", "opentelemetry-instrumentation-sqlite3"];
        let of = |line: &str| unpublished(&["Collecting x".to_owned(), line.to_owned()], &names);
        let pip = "ERROR: Could not find a version that satisfies the requirement opentelemetry-instrumentation-dbapi==0.66b2 \
                   (from opentelemetry-instrumentation-sqlite3) (from versions: 0.66b1)";
        assert_eq!(of(pip), Some(names[1]));
        let uv =
            "Because there is no version of opentelemetry-instrumentation-urllib==0.66b2 and you require it";
        assert_eq!(of(uv), Some(names[0]));
        assert_eq!(
            of("ERROR: Could not find a version that satisfies the requirement opentelemetry-sdk==9"),
            None
        );
        assert_eq!(of("opentelemetry-instrumentation-urllib 1 depends on x"), None);
    }
}
