//! The choice of a format.

use super::json;
use super::lines;
use super::output::Output;
use super::records::Records;
use super::text::{self, Style};
use crate::environment::Environment;
use crate::otlp::{Batch, Decoded};
use crate::settings::ConsoleFormat;
use std::io::{self, Write};

/// How requests are written.
#[derive(Clone, Copy)]
pub(super) struct Format {
    format: ConsoleFormat,
    pub(super) style: Style,
}

impl Format {
    /// Colours are for terminals, and only where nobody objects (`NO_COLOR`, `TERM=dumb`).
    pub(super) fn new(format: ConsoleFormat, output: &Output, environment: &Environment) -> Self {
        let unwanted =
            environment.setting("NO_COLOR").is_some() || environment.setting("TERM") == Some("dumb");
        Format { format, style: Style { coloured: output.is_terminal() && !unwanted } }
    }

    /// Returns the number of items that could not be read.
    pub(super) fn write(self, batch: &Batch, records: &mut Records<impl Write>) -> io::Result<u64> {
        if self.format == ConsoleFormat::Otlp {
            return lines::write(batch, records);
        }
        match batch.decoded() {
            Ok(decoded) => self.write_decoded(decoded, records).map(|()| 0),
            Err(_) => Ok(batch.items()),
        }
    }

    pub(super) fn write_decoded(
        self,
        request: &Decoded,
        records: &mut Records<impl Write>,
    ) -> io::Result<()> {
        match self.format {
            // Needs nothing decoded.
            ConsoleFormat::Otlp => Ok(()),
            ConsoleFormat::Json => json::write(request, records),
            ConsoleFormat::Basic => text::basic::write(request, records),
            ConsoleFormat::Normal => text::normal::write(request, records),
            ConsoleFormat::Detailed => text::detailed::write(request, records),
            ConsoleFormat::Pretty => text::pretty::write(request, self.style, records),
        }
    }
}
