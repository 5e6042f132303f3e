//! Equipment that the tests share.

pub(crate) mod batches;
pub(crate) mod certificates;
pub(crate) mod golden;
mod maven;
mod node;
mod port;
mod probe;
pub(crate) mod process;
pub(crate) mod proxy;
// The program of its own uses the rest.
#[allow(dead_code, unused_imports)]
pub(crate) mod recorder;
pub(crate) mod servers;
pub(crate) mod sink;
mod skip;
pub(crate) mod terminal;
pub(crate) mod tokens;
mod venv;

pub(crate) use maven::java;
pub(crate) use node::node_packages;
pub(crate) use port::free_port;
pub(crate) use probe::probe;
pub(crate) use skip::skip;
pub(crate) use venv::{venv, venv_of, wheels};
