//! The README's table of frameworks is the one that is tested.

use super::table::{FRAMEWORKS, PACKAGES, SERVERS};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// `name` with the version that is installed for it, if it is a package of its own.
fn with_version(name: &str) -> String {
    let package = match name {
        "uWSGI" => "pyuwsgi",
        other => other,
    };
    let version = PACKAGES.iter().find_map(|pin| {
        let (pinned, version) = pin.split_once("==")?;
        pinned.eq_ignore_ascii_case(package).then_some(version)
    });
    version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
}

fn table() -> String {
    let mut table = String::from(
        "| framework | spans of requests | log records | exceptions | calls | queries | on |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for framework in FRAMEWORKS {
        let name = match framework.name.split_once(" (") {
            Some((name, rest)) => format!("{} ({rest}", with_version(name)),
            None => with_version(framework.name),
        };
        let span = framework.route.map_or_else(|| "`GET`".to_owned(), |route| format!("`GET {route}`"));
        let servers = framework.servers.join(", ");
        writeln!(table, "| {name} | {span} | yes | yes | yes | yes | {servers} |").expect("a string");
    }
    let mut versions: BTreeMap<String, ()> = BTreeMap::new();
    for server in SERVERS {
        versions.insert(with_version(server.name.split(" (").next().unwrap_or_default()), ());
    }
    let versions: Vec<_> =
        versions.into_keys().filter(|name| name.contains(' ') && !name.ends_with(" run")).collect();
    writeln!(table, "\nServers: {}.", versions.join(", ")).expect("a string");
    table
}

#[test]
fn says_what_is_tested() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).expect("the README");
    let (_, rest) = readme.split_once("<!-- frameworks -->\n").expect("the beginning of the table");
    let (said, _) = rest.split_once("<!-- /frameworks -->").expect("the end of the table");
    let tested = table();
    assert!(said == tested, "README.md must say, between the two marks:\n{tested}");
}
