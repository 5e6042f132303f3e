//! `otel-run env`: the environment that a program would be given, as the difference to the
//! one that is there.

use super::{EnvFormat, EnvOptions, Launch};
use crate::environment::Environment;
use crate::launch::inject::{self, Endpoint};
use std::ffi::OsStr;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Stands for the token, which is new at each launch.
const TOKEN: &str = "00000000000000000000000000000000";

/// The text to print.
pub fn print(launch: &Launch, options: &EnvOptions) -> String {
    let plan = inject::plan(
        &launch.settings,
        &launch.command,
        &launch.environment,
        &launch.bare,
        Some(&Endpoint { address: address(launch), token: TOKEN.to_owned() }),
    );
    let changes = changes(&options.before, &plan.environment);
    match options.format {
        EnvFormat::Sh => format!("{}{}", note(launch), lines(&changes, sh)),
        EnvFormat::Dotenv => format!("{}{}", note(launch), lines(&changes, dotenv)),
        EnvFormat::Json => json(&changes),
    }
}

/// Where the program would send to; port 0 stands for one by the kernel.
pub(super) fn address(launch: &Launch) -> SocketAddr {
    let fixed = launch.settings.ingress.as_ref();
    fixed
        .and_then(|ingress| (ingress.host.as_str(), ingress.port).to_socket_addrs().ok()?.next())
        .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

fn note(launch: &Launch) -> &'static str {
    if launch.settings.sdk_disabled {
        ""
    } else if launch.settings.ingress.is_some() {
        "# The token in OTEL_EXPORTER_OTLP_HEADERS is new at each launch.\n"
    } else {
        "# Port and token of OTEL_EXPORTER_OTLP_* are new at each launch.\n"
    }
}

/// `None` removes the variable.
type Change<'a> = (&'a OsStr, Option<&'a OsStr>);

fn changes<'a>(before: &'a Environment, after: &'a Environment) -> Vec<Change<'a>> {
    let get = |environment: &'a Environment, name: &OsStr| {
        environment.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    };
    let set = after.iter().filter(|(name, value)| get(before, name) != Some(value));
    let gone = before.iter().filter(|(name, _)| get(after, name).is_none());
    let mut changes: Vec<Change<'a>> =
        set.map(|(name, value)| (name, Some(value))).chain(gone.map(|(name, _)| (name, None))).collect();
    changes.sort();
    changes.dedup();
    changes
}

fn lines(changes: &[Change<'_>], line: fn(&mut String, &str, Option<&OsStr>)) -> String {
    let mut text = String::new();
    for (name, value) in changes {
        match name.to_str().filter(|name| is_name(name)) {
            Some(name) => line(&mut text, name, *value),
            // No shell can set it.
            None => {
                let _ = writeln!(text, "# {name:?} cannot be written here");
            }
        }
    }
    text
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn sh(text: &mut String, name: &str, value: Option<&OsStr>) {
    let Some(value) = value else {
        let _ = writeln!(text, "unset {name}");
        return;
    };
    let _ = match value.to_str() {
        Some(value) => writeln!(text, "export {name}='{}'", value.replace('\'', "'\\''")),
        None => writeln!(text, "# {name} is not UTF-8"),
    };
}

fn dotenv(text: &mut String, name: &str, value: Option<&OsStr>) {
    let Some(value) = value else {
        let _ = writeln!(text, "# unset {name}");
        return;
    };
    let _ = match value.to_str() {
        // Readers differ in what they do within double quotes; plain values need none.
        Some(value) if value.chars().all(|c| c.is_ascii_alphanumeric() || "_-+./:=,@%".contains(c)) => {
            writeln!(text, "{name}={value}")
        }
        Some(value) => {
            let mut quoted = String::new();
            for c in value.chars() {
                match c {
                    '\\' | '"' | '$' | '`' => quoted.extend(['\\', c]),
                    '\n' => quoted.push_str("\\n"),
                    c => quoted.push(c),
                }
            }
            writeln!(text, "{name}=\"{quoted}\"")
        }
        None => writeln!(text, "# {name} is not UTF-8"),
    };
}

fn json(changes: &[Change<'_>]) -> String {
    let object: serde_json::Map<String, serde_json::Value> = changes
        .iter()
        .map(|(name, value)| {
            let lossy = |text: &OsStr| text.to_string_lossy().into_owned();
            (lossy(name), value.map_or(serde_json::Value::Null, |value| lossy(value).into()))
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn only_differences_and_quoted() {
        let before = environment(&[("SAME", "1"), ("GONE", "1"), ("NEW", "old")]);
        let mut after = environment(&[
            ("SAME", "1"),
            ("NEW", "it's $HOME"),
            ("PLAIN", "a/b:c"),
            ("LINES", "a\nb\"c"),
            ("no-name", "x"),
        ]);
        after.set("BYTES", OsString::from_vec(vec![0xff]));
        let changes = changes(&before, &after);
        assert_eq!(
            lines(&changes, sh),
            "# BYTES is not UTF-8\nunset GONE\nexport LINES='a\nb\"c'\nexport NEW='it'\\''s $HOME'\n\
             export PLAIN='a/b:c'\n# \"no-name\" cannot be written here\n"
        );
        assert_eq!(
            lines(&changes, dotenv),
            "# BYTES is not UTF-8\n# unset GONE\nLINES=\"a\\nb\\\"c\"\nNEW=\"it's \\$HOME\"\nPLAIN=a/b:c\n\
             # \"no-name\" cannot be written here\n"
        );
        let object: serde_json::Value = serde_json::from_str(&json(&changes)).unwrap();
        assert_eq!(object["GONE"], serde_json::Value::Null);
        assert_eq!(object["NEW"], "it's $HOME");
        assert!(object.get("SAME").is_none());
    }
}
