//! Equipment that the tests share.

mod venv;

pub(crate) use venv::venv;
