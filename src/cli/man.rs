//! `otel-run man`: the manual page, for `man -l -`.

use super::{grammar, help};
use crate::error::Error;
use clap_mangen::Man;

/// The page in roff.
pub(super) fn page() -> Result<String, Error> {
    let mut page = Vec::new();
    let failed = |e: std::io::Error| Error::launcher(format!("cannot write the manual page: {e}"));
    let man = Man::new(grammar::command());
    man.render_title(&mut page).map_err(failed)?;
    man.render_name_section(&mut page).map_err(failed)?;
    man.render_synopsis_section(&mut page).map_err(failed)?;
    man.render_options_section(&mut page).map_err(failed)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    // Sub-commands have no pages of their own; the examples keep their lines.
    page.push_str(".SH USE\n.nf\n");
    for line in help::LONG.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        // A dot or an apostrophe at the start of a line would be a request.
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        page.push_str(&format!("{guard}{line}\n"));
    }
    page.push_str(".fi\n");
    Ok(page)
}
