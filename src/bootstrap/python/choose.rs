//! Which packages an application is to be given, and why.

use super::release::Release;
use super::table::{ALWAYS, BASE, MORE_SPECIFIC, NOT_WANTED, PREFIX, ROWS, Row, Rows, SDK};
use pep440_rs::{Version, VersionSpecifiers};
use serde::Serialize;
use std::str::FromStr;

/// A package that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Chosen {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) because: String,
}

/// A library of the application for which nothing is brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct LeftOut {
    pub(super) library: String,
    pub(super) because: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Choice {
    pub(super) chosen: Vec<Chosen>,
    pub(super) left_out: Vec<LeftOut>,
}

pub(super) fn choose(installed: &Rows<'_>, release: Release) -> Choice {
    let mut choice = Choice::default();
    let because = "every instrumentation stands on it";
    choice.add(SDK.to_owned(), release.sdk(), because.to_owned());
    let of = release.instrumentation();
    choice.add(BASE.to_owned(), of.clone(), because.to_owned());
    for row in ROWS {
        let Some(version) = installed.get(row.library) else { continue };
        let covering = MORE_SPECIFIC.iter().find(|(specific, general)| {
            *general == row.library && ROWS.iter().any(|row| row.library == *specific && fits(row, installed))
        });
        match (covering, version) {
            (Some((specific, _)), _) => {
                choice.leave_out(
                    row.library,
                    version,
                    format!("{specific} stands on it, and is instrumented itself"),
                );
            }
            (None, None) => {
                choice.leave_out(row.library, version, "its version is none that can be compared".to_owned())
            }
            (None, Some(version)) if fits(row, installed) => {
                let (library, range) = (row.library, row.range);
                choice.instrumentation(
                    row.instrumentation,
                    &of,
                    format!("{library} {version} is installed ({range} fits)"),
                );
            }
            (None, Some(_)) => {
                choice.leave_out(
                    row.library,
                    version,
                    format!("{}{} takes {}", PREFIX, row.instrumentation, row.range),
                );
            }
        }
    }
    for (library, because) in NOT_WANTED {
        if let Some(version) = installed.get(library) {
            choice.leave_out(library, version, because.to_owned());
        }
    }
    for (instrumentation, because) in ALWAYS {
        choice.instrumentation(instrumentation, &of, because.to_owned());
    }
    choice
}

fn fits(row: &Row, installed: &Rows<'_>) -> bool {
    let version = installed.get(row.library).and_then(Option::as_ref);
    version.is_some_and(|version| {
        VersionSpecifiers::from_str(row.range).is_ok_and(|range| range.contains(version))
    })
}

impl Choice {
    /// What the installer is asked for.
    pub(super) fn requirements(&self) -> impl Iterator<Item = String> {
        self.chosen.iter().map(|chosen| format!("{}=={}", chosen.package, chosen.version))
    }

    /// What can be done without.
    pub(super) fn instrumentations(&self) -> Vec<&str> {
        let names = self.chosen.iter().map(|chosen| chosen.package.as_str());
        names.filter(|name| name.starts_with(PREFIX)).collect()
    }

    /// The same without one, which turned out not to be there.
    pub(super) fn without(mut self, package: &str, because: &str) -> Choice {
        self.chosen.retain(|chosen| chosen.package != package);
        self.left_out.push(LeftOut { library: package.to_owned(), because: because.to_owned() });
        self
    }

    fn instrumentation(&mut self, end: &str, version: &str, because: String) {
        self.add(format!("{PREFIX}{end}"), version.to_owned(), because);
    }

    fn add(&mut self, package: String, version: String, because: String) {
        // Two libraries may share one, such as psycopg2 and its binary.
        if !self.chosen.iter().any(|chosen| chosen.package == package) {
            self.chosen.push(Chosen { package, version, because });
        }
    }

    fn leave_out(&mut self, library: &str, version: &Option<Version>, because: String) {
        let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        self.left_out.push(LeftOut { library: format!("{library}{version}"), because });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(packages: &[(&'static str, &str)]) -> (Vec<String>, Vec<String>) {
        let installed =
            packages.iter().map(|(name, version)| (*name, Version::from_str(version).ok())).collect();
        let release = Release::choose(&installed, (3, 12), None).expect("a release");
        let choice = choose(&installed, release);
        let last = choice.chosen.len() - ALWAYS.len();
        let own = choice.chosen.get(2..last).unwrap_or_default();
        let chosen = own.iter().filter_map(|chosen| chosen.package.strip_prefix(PREFIX)).map(str::to_owned);
        let left_out = choice.left_out.iter().map(|left| format!("{}: {}", left.library, left.because));
        (chosen.collect(), left_out.collect())
    }

    #[test]
    fn the_most_specific_server_alone() {
        let (chosen, left_out) = of(&[("asgiref", "3.8.1"), ("fastapi", "0.165.0"), ("starlette", "1.10.0")]);
        assert_eq!(chosen, ["fastapi"]);
        assert_eq!(left_out[0], "starlette 1.10.0: fastapi stands on it, and is instrumented itself");
        assert!(left_out[1].starts_with("asgiref 3.8.1: "), "{left_out:?}");
        assert_eq!(of(&[("starlette", "0.50.0")]).0, ["starlette"]);
        // One that cannot be instrumented covers nothing.
        let (chosen, left_out) = of(&[("fastapi", "0.60.0"), ("starlette", "0.13.6")]);
        assert_eq!(chosen, ["starlette"]);
        assert_eq!(left_out, ["fastapi 0.60.0: opentelemetry-instrumentation-fastapi takes ~=0.92"]);
    }

    #[test]
    fn no_guesses() {
        let (chosen, left_out) = of(&[("pydantic", "2.14.4"), ("click", "8.1.7"), ("uvicorn", "0.54.0")]);
        assert_eq!((chosen.len(), left_out.len()), (0, 1), "{chosen:?} {left_out:?}");
    }

    #[test]
    fn ranges_are_those_of_pep_440() {
        for (library, version, fits) in [
            ("celery", "5.4.0", true),
            ("celery", "6.0", false),
            ("celery", "3.1.26.post2", false),
            ("requests", "2.99", true),
            ("requests", "3.0.0", false),
            ("sqlalchemy", "2.0.51", true),
            ("sqlalchemy", "2.1.0b1", false),
            ("sqlalchemy", "2.1.0", false),
            ("psycopg2-binary", "2.7.3", false),
            ("psycopg2-binary", "2.9.10", true),
            ("redis", "nonsense", false),
        ] {
            let (chosen, left_out) = of(&[(library, version)]);
            assert_eq!(
                (chosen.len(), left_out.len()),
                if fits { (1, 0) } else { (0, 1) },
                "{library} {version}"
            );
        }
        assert_eq!(of(&[("psycopg2", "2.9"), ("psycopg2-binary", "2.9")]).0, ["psycopg2"]);
        assert_eq!(of(&[("aiohttp", "3.12")]).0, ["aiohttp-server", "aiohttp-client"]);
    }

    #[test]
    fn the_table_is_in_order() {
        for row in ROWS {
            assert!(VersionSpecifiers::from_str(row.range).is_ok(), "{}", row.library);
            assert_eq!(crate::overlay::normal_name(row.library), row.library);
        }
    }
}
