//! What is changed on the way from the receiver to a destination, and what is derived from it.

mod commands;
pub mod complete;
pub mod edit;
pub mod enrich;
mod parts;
pub mod requests;
pub mod sample;
pub(crate) mod select;
mod sql;
mod text;
