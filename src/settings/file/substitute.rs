//! `${NAME}`, `${env:NAME}`, `${NAME:-default}` and `$$` (OpenTelemetry specification, "Environment variable
//! substitution"): once, in single values, and never in what came out of it.

use crate::environment::Environment;

/// What a text has become.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Substituted {
    pub(super) text: String,
    /// Variables that have no value, and no default.
    pub(super) missing: Vec<String>,
    /// At least one reference was replaced.
    pub(super) replaced: bool,
}

/// Replaces references; or the reference that cannot be read.
pub(super) fn substitute(text: &str, environment: &Environment) -> Result<Substituted, String> {
    let mut done = Substituted::default();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, tail) = rest.split_at(at);
        done.text.push_str(before);
        if let Some(after) = tail.strip_prefix("$$") {
            done.text.push('$');
            rest = after;
        } else if let Some(inner) = tail.strip_prefix("${") {
            let broken = || tail.chars().take(40).collect::<String>();
            let (reference, after) = inner.split_once('}').ok_or_else(broken)?;
            let (name, default) = read(reference).ok_or_else(broken)?;
            match (environment.get(name).and_then(|value| value.to_str()), default) {
                (Some(value), _) if !value.is_empty() => done.text.push_str(value),
                (_, Some(default)) => done.text.push_str(default),
                (Some(_), None) => {}
                (None, None) => done.missing.push(name.to_owned()),
            }
            done.replaced = true;
            rest = after;
        } else {
            done.text.push('$');
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    done.text.push_str(rest);
    Ok(done)
}

/// Name and default of what stands between the braces.
fn read(reference: &str) -> Option<(&str, Option<&str>)> {
    let reference = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (begins && goes_on && !default.is_some_and(|default| default.contains('\n'))).then_some((name, default))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        [("A", "1"), ("NESTED", "${A}"), ("EMPTY", "")]
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn references() {
        for (text, expected) in [
            ("plain $5 $", "plain $5 $"),
            ("${A}", "1"),
            ("x${A}y${env:A}", "x1y1"),
            ("${NESTED}", "${A}"),
            ("${GONE:-else}", "else"),
            ("${EMPTY:-else}", "else"),
            ("${A:-else}", "1"),
            ("[${GONE:-}]", "[]"),
            ("${GONE:-a:-b c}", "a:-b c"),
            ("$${A}", "${A}"),
            ("$$${A}", "$1"),
            ("$$$${A}", "$${A}"),
        ] {
            let done = substitute(text, &environment()).unwrap();
            assert_eq!(done.text, expected, "{text}");
            assert!(done.missing.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_empty_and_told() {
        let done = substitute("<${GONE}>", &environment()).unwrap();
        assert_eq!(done.text, "<>");
        assert_eq!(done.missing, ["GONE"]);
        assert!(substitute("${EMPTY}", &environment()).unwrap().missing.is_empty());
    }

    #[test]
    fn broken_references() {
        for text in ["${1A}", "${A", "${}", "${A-b}", "${file:/x}", "${A:b}", "${A ${B}}", "${GONE:-a\nb}"] {
            assert!(substitute(text, &environment()).is_err(), "{text}");
        }
    }
}
