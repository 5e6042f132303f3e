//! The readable formats. Text that comes from outside is escaped in all of them: no
//! telemetry can move the cursor, change colours or begin a line.

pub(super) mod basic;
pub(super) mod detailed;
pub(super) mod normal;
mod point;
pub(super) mod pretty;
mod style;
#[cfg(test)]
mod tests;
mod value;

pub(super) use style::Style;
