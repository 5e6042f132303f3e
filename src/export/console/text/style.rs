//! Colours, where they are wanted.

use std::fmt::Display;

/// Whether to use the terminal's colours (ECMA-48, "SGR").
#[derive(Clone, Copy)]
pub(in crate::export::console) struct Style {
    pub(in crate::export::console) coloured: bool,
}

impl Style {
    fn paint(self, code: &str, text: impl Display) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    pub(super) fn bold(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    pub(super) fn dim(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    pub(super) fn red(self, text: impl Display) -> String {
        self.paint("31", text)
    }

    pub(super) fn green(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    pub(super) fn yellow(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    pub(super) fn magenta(self, text: impl Display) -> String {
        self.paint("35", text)
    }

    pub(super) fn cyan(self, text: impl Display) -> String {
        self.paint("36", text)
    }
}
