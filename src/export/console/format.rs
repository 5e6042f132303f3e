//! The choice of a format.

use super::json;
use super::writer::Records;
use crate::otlp::Decoded;
use crate::settings::ConsoleFormat;
use std::io::{self, Write};

pub(super) fn write(
    format: ConsoleFormat,
    request: &Decoded,
    records: &mut Records<impl Write>,
) -> io::Result<()> {
    match format {
        ConsoleFormat::Json => json::write(request, records),
        // The readable formats are written on their own.
        _ => json::write(request, records),
    }
}
