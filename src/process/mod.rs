//! What is changed on the way from the receiver to a destination, and what is derived from it.

pub mod complete;
pub mod enrich;
mod parts;
pub mod requests;
pub mod sample;
