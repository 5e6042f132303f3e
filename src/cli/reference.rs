//! `otel-run settings`: every setting as a Markdown table; the README's is this one.

use crate::settings::table::{self, Entry, Heading};
use std::fmt::Write;

/// The reference, one table under each heading.
pub fn markdown() -> String {
    let mut text = String::new();
    for heading in Heading::ALL {
        let _ = write!(text, "### {}\n\n", heading.name());
        text.push_str("| Flag | Variable | Value | Default | Read by | Meaning |\n| --- | --- | --- | --- | --- | --- |\n");
        for entry in table::entries().filter(|entry| entry.heading == heading) {
            text.push_str(&row(entry));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn row(entry: &Entry) -> String {
    let flag = entry.flag.map_or("variable only".to_owned(), |flag| format!("`--{flag}`"));
    let value = entry.kind.placeholder();
    let default = entry.default.unwrap_or("none");
    let (variable, reader, help) = (entry.variable, entry.consumer.name(), entry.help);
    let cells =
        [flag, format!("`{variable}`"), format!("`{value}`"), default.into(), reader.into(), help.into()];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_row() {
        let text = markdown();
        for entry in table::entries() {
            let row = text.lines().find(|line| line.contains(&format!("| `{}` |", entry.variable)));
            let row = row.unwrap_or_else(|| panic!("{} is missing", entry.variable));
            assert_eq!(row.replace("\\|", "").matches('|').count(), 7, "{row}");
        }
        assert!(text.contains(
            "| `--service_name` | `OTEL_SERVICE_NAME` | `NAME` | made from the command | both | \
             service.name of everything that is sent |\n"
        ));
    }

    #[test]
    fn the_readme_shows_it() {
        let readme = include_str!("../../README.md");
        let (_, rest) = readme.split_once("<!-- settings -->\n").expect("the table's place");
        let (shown, _) = rest.split_once("<!-- /settings -->").expect("the table's end");
        assert!(shown == markdown(), "put the output of `otel-run settings` into README.md");
    }
}
