//! The data as it flows: OTLP requests, kept as the bytes that came in.

pub(crate) mod append;
mod batch;
pub mod exponential;
pub mod json;
mod mend;
pub(crate) mod schema;
mod signal;
pub mod view;
pub mod wire;
pub(crate) mod write;

pub use batch::{Batch, Decoded, Malformed};
pub use signal::{PerSignal, Signal};
