//! What is changed on the way from the receiver to a destination.

pub mod sample;
