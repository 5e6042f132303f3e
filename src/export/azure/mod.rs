//! Out to Azure Monitor (Application Insights), over its track API.
//!
//! [`map`] writes what came in as OTLP into envelopes; nothing is built in between. [`send`] takes
//! them there.

mod destination;
pub mod envelope;
pub mod hosts;
pub mod json;
pub mod live;
pub mod map;
pub mod probe;
pub mod send;
pub mod time;
pub mod watch;

pub(super) use destination::Destination;
