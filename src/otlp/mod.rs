//! The data as it flows: OTLP requests, kept as the bytes that came in.

mod batch;
pub mod exponential;
pub mod json;
mod schema;
mod signal;
pub mod wire;

pub use batch::{Batch, Decoded, Malformed};
pub use signal::{PerSignal, Signal};
