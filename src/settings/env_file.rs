//! `.env` files: variables for the program and for us, below those of the environment.

use super::file::read_text;
use super::origin::Layers;
use crate::error::Error;
use crate::plain::Plain;
use std::path::Path;

/// Names the files, divided by commas.
pub(super) const VARIABLE: &str = "OTEL_RUN_ENV_FILE";

/// One variable of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) file: String,
    pub(super) line: usize,
}

/// Reads all files that are named. Of a variable that comes twice the last value holds.
///
/// # Errors
/// With exit code 2, when a file cannot be read, or a line is no variable.
pub(super) fn read(layers: &Layers) -> Result<Vec<Line>, Error> {
    let mut lines: Vec<Line> = Vec::new();
    let names = layers.environment.setting(VARIABLE).unwrap_or_default();
    for file in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let text = read_text(Path::new(file)).map_err(|(why, hint)| {
            Error::usage(format!("cannot read the file of variables {}: {why}", Plain(file)))
                .from(layers.origin(VARIABLE))
                .hint(hint)
        })?;
        let read = parse(&text).map_err(|(line, what)| {
            Error::usage(format!("{}:{line}: {what}", Plain(file)))
                .from(layers.origin(VARIABLE))
                .hint("write NAME=value, NAME=\"value\" or # and a comment on each line")
        })?;
        for (line, name, value) in read {
            lines.retain(|known| known.name != name);
            lines.push(Line { name, value, file: file.to_owned(), line });
        }
    }
    Ok(lines)
}

type Variable = (usize, String, String);

/// Variables with their lines; or the line that is none, and why.
fn parse(text: &str) -> Result<Vec<Variable>, (usize, String)> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    let mut variables = Vec::new();
    while !rest.is_empty() {
        let (this, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = this.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            (rest, line) = (after, line + 1);
            continue;
        }
        let begin = this.trim_start();
        let begin = match begin.strip_prefix("export") {
            Some(more) if more.starts_with([' ', '\t']) => more.trim_start(),
            _ => begin,
        };
        let Some((name, value)) = begin.split_once('=') else {
            return Err((line, "there is no \"=\" in this line".to_owned()));
        };
        let name = name.trim_end();
        if !is_name(name) {
            return Err((line, "what stands before \"=\" is no name of a variable".to_owned()));
        }
        let start = rest.len() - after.len() - usize::from(this.len() < rest.len()) - value.len();
        let value = rest.get(start..).unwrap_or_default();
        let (value, used) = value_of(value).map_err(|why| (line, format!("{name}: {why}")))?;
        variables.push((line, name.to_owned(), value));
        let end = start + used;
        line += rest.get(..end).unwrap_or_default().matches('\n').count();
        rest = rest.get(end..).unwrap_or_default();
    }
    Ok(variables)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// The value at the begin of this text, and how many bytes it took, its line's end included.
fn value_of(text: &str) -> Result<(String, usize), &'static str> {
    let blanks = text.len() - text.trim_start_matches([' ', '\t']).len();
    let begin = text.get(blanks..).unwrap_or_default();
    let Some(quote) = begin.chars().next().filter(|quote| ['"', '\'', '`'].contains(quote)) else {
        let (line, _) = text.split_once('\n').unwrap_or((text, ""));
        let used = (line.len() + 1).min(text.len());
        let comment = line
            .match_indices('#')
            .find(|(at, _)| *at == 0 || line.get(..*at).is_some_and(|before| before.ends_with([' ', '\t'])));
        let value = comment.map_or(line, |(at, _)| line.get(..at).unwrap_or_default());
        return Ok((value.trim().to_owned(), used));
    };
    let mut value = String::new();
    let mut characters = begin.char_indices().skip(1);
    let end = loop {
        match characters.next() {
            None => return Err("the quote has no end"),
            Some((at, character)) if character == quote => break at + 1,
            Some((_, '\\')) if quote == '"' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other @ ('"' | '\\' | '$' | '`'))) => value.push(other),
                Some((_, other)) => value.extend(['\\', other]),
                None => return Err("the quote has no end"),
            },
            Some((_, character)) => value.push(character),
        }
    };
    let after = begin.get(end..).unwrap_or_default();
    let (line, _) = after.split_once('\n').unwrap_or((after, ""));
    let more = line.trim();
    if !more.is_empty() && !more.starts_with('#') {
        return Err("something stands behind the quote's end");
    }
    Ok((value, blanks + end + (line.len() + 1).min(after.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(usize, String, String)> {
        parse(text).unwrap()
    }

    #[test]
    fn lines() {
        for (text, value) in [
            ("A=1", "1"),
            ("A=1\r\n", "1"),
            ("  export A = b c ", "b c"),
            ("export\tA=x", "x"),
            ("A=", ""),
            ("A=a#b", "a#b"),
            ("A=a #b", "a"),
            ("A=#b", ""),
            ("A='a #b' # c", "a #b"),
            ("A=\"a\\nb\\\"c\\d\"", "a\nb\"c\\d"),
            ("A='a\\nb'", "a\\nb"),
            ("A=`it's \"so\"`", "it's \"so\""),
            ("A=\"x\ny\"\n", "x\ny"),
            ("A=InstrumentationKey=1;X=2", "InstrumentationKey=1;X=2"),
            ("\u{feff}A=1", "1"),
            ("A=\"é\" # é", "é"),
            ("A=$HOME ${HOME}", "$HOME ${HOME}"),
        ] {
            assert_eq!(pairs(text), [(1, "A".to_owned(), value.to_owned())], "{text:?}");
        }
    }

    #[test]
    fn several_lines_know_their_numbers() {
        let text = "# first\n\nA=\"x\ny\" \nB=2 # two\n\nC=3";
        let read: Vec<(usize, String)> =
            pairs(text).into_iter().map(|(line, name, _)| (line, name)).collect();
        assert_eq!(read, [(3, "A".to_owned()), (5, "B".to_owned()), (7, "C".to_owned())]);
    }

    #[test]
    fn what_is_no_variable() {
        for (text, line, why) in [
            ("A=1\nB\n", 2, "there is no \"=\" in this line"),
            ("=1", 1, "what stands before \"=\" is no name of a variable"),
            ("A B=1", 1, "what stands before \"=\" is no name of a variable"),
            ("1A=1", 1, "what stands before \"=\" is no name of a variable"),
            ("A=\"1", 1, "A: the quote has no end"),
            ("\nA='1' 2", 2, "A: something stands behind the quote's end"),
        ] {
            assert_eq!(parse(text), Err((line, why.to_owned())), "{text:?}");
        }
    }
}
