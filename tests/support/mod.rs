//! Equipment that the tests share.

mod probe;
pub(crate) mod process;
mod skip;
pub(crate) mod terminal;
mod venv;

pub(crate) use probe::probe;
pub(crate) use skip::skip;
pub(crate) use venv::venv;
