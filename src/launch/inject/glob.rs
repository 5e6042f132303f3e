//! `--skip` and `--only`: names with `*` and `?`.

use std::ffi::OsString;
use std::path::Path;

/// The first pattern that fits the command as typed or its last component.
pub(super) fn first_match<'a>(patterns: &'a [String], command: &[OsString]) -> Option<&'a str> {
    let program = command.first()?;
    let typed = program.to_string_lossy();
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    let fits = |pattern: &&String| {
        matches(pattern.as_bytes(), typed.as_bytes()) || matches(pattern.as_bytes(), name.as_bytes())
    };
    patterns.iter().find(fits).map(String::as_str)
}

/// Whether any word of the command fits one of the patterns, as typed or by its last component.
pub(super) fn any_fits(patterns: &[String], command: &[OsString]) -> bool {
    command.iter().any(|word| first_match(patterns, std::slice::from_ref(word)).is_some())
}

/// `*` is any number of bytes, `?` is one. Linear in both: a later star makes the earlier
/// ones' choice final.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || Some(byte) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("celery", "celery", true),
            ("celery", "celeryd", false),
            ("*/bin/celery*", "/opt/x/bin/celeryd", true),
            ("*a*b", "xaybzb", true),
            ("*a*b", "xaybz", false),
            ("python3.?", "python3.9", true),
            ("python3.?", "python3.11", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn as_typed_or_by_name() {
        let skip = vec!["worker".to_owned(), "/opt/*".to_owned()];
        assert_eq!(first_match(&skip, &["/usr/bin/worker".into()]), Some("worker"));
        assert_eq!(first_match(&skip, &["/opt/a/b".into()]), Some("/opt/*"));
        assert_eq!(first_match(&skip, &["server".into()]), None);
        assert!(any_fits(&skip, &["java".into(), "-jar".into(), "/opt/a.jar".into()]));
        assert!(!any_fits(&skip, &["java".into(), "-jar".into(), "a.jar".into()]));
    }
}
