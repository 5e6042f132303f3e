//! Telemetry once more, without a program: what `--record` has written goes to its destinations (`otel-run replay`), or
//! through the rules alone, to see what they do (`otel-run try`).

mod documents;
mod input;
mod lines;
mod numbered;
mod replay;
mod trial;

pub use replay::replay;
pub use trial::{TryOptions, attempt};
