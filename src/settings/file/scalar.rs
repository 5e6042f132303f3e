//! A single value: with variables put in, and as the type that it is then.

use super::problems::Problems;
use super::substitute::substitute;
use super::tree::{Node, Value, is_null};
use crate::environment::Environment;

/// How single values are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) environment: &'a Environment,
    pub(super) problems: &'a Problems,
}

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) kind: ScalarKind,
    /// It came from the environment, at least in part.
    pub(super) replaced: bool,
}

/// The types of YAML's core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ScalarKind {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text,
}

impl Reading<'_> {
    /// The value with its variables. `None`: it is a list or a mapping, or broken, and a problem says so.
    pub(super) fn scalar(self, key: &str, node: &Node) -> Option<Scalar> {
        let Value::Scalar { text, plain } = &node.value else {
            let what = format!("{key} is {}, and must be a single value", node.what());
            self.problems.error(node.place, what, "");
            return None;
        };
        match substitute(text, self.environment) {
            Ok(done) => {
                for name in done.missing {
                    self.problems.missing(name, node.place);
                }
                let kind = if *plain { kind(&done.text) } else { ScalarKind::Text };
                Some(Scalar { text: done.text, kind, replaced: done.replaced })
            }
            Err(broken) => {
                let what = format!("{key}: {broken:?} is no reference to a variable");
                let hint = "write ${NAME}, ${NAME:-default}, or $$ for a dollar sign";
                self.problems.error(node.place, what, hint);
                None
            }
        }
    }

    /// The value as it stands there.
    pub(super) fn literal(self, key: &str, node: &Node) -> Option<Scalar> {
        let Value::Scalar { text, plain } = &node.value else {
            let what = format!("{key} is {}, and must be a single value", node.what());
            self.problems.error(node.place, what, "");
            return None;
        };
        let kind = if *plain { kind(text) } else { ScalarKind::Text };
        Some(Scalar { text: text.clone(), kind, replaced: false })
    }
}

/// The type of a plain text.
fn kind(text: &str) -> ScalarKind {
    match text {
        _ if is_null(text) => return ScalarKind::Null,
        "true" | "True" | "TRUE" => return ScalarKind::Bool(true),
        "false" | "False" | "FALSE" => return ScalarKind::Bool(false),
        ".inf" | ".Inf" | "+.inf" => return ScalarKind::Double(f64::INFINITY),
        "-.inf" => return ScalarKind::Double(f64::NEG_INFINITY),
        ".nan" | ".NaN" => return ScalarKind::Double(f64::NAN),
        _ => {}
    }
    let radix = |prefix: &str, radix| {
        text.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, radix).ok())
    };
    if let Some(int) = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| text.parse().ok()) {
        return ScalarKind::Int(int);
    }
    // Rust reads `inf`, `nan` and `infinity`, too, which are words here.
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let signs = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match text.parse() {
        Ok(double) if digits && signs => ScalarKind::Double(double),
        _ => ScalarKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        for (text, expected) in [
            ("", ScalarKind::Null),
            ("~", ScalarKind::Null),
            ("null", ScalarKind::Null),
            ("true", ScalarKind::Bool(true)),
            ("False", ScalarKind::Bool(false)),
            ("on", ScalarKind::Text),
            ("yes", ScalarKind::Text),
            ("12", ScalarKind::Int(12)),
            ("-7", ScalarKind::Int(-7)),
            ("0x1F", ScalarKind::Int(31)),
            ("0o17", ScalarKind::Int(15)),
            ("1.5", ScalarKind::Double(1.5)),
            ("1e3", ScalarKind::Double(1000.0)),
            ("inf", ScalarKind::Text),
            ("e", ScalarKind::Text),
            ("1.2.3", ScalarKind::Text),
        ] {
            assert_eq!(kind(text), expected, "{text:?}");
        }
    }
}
