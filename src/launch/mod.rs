//! The process: inject, spawn, supervise, end as the target ended.

pub mod agent;
pub mod apart;
mod broadcast;
pub mod capture;
pub mod exit;
pub mod inject;
mod instance;
pub mod interpreter;
mod oom;
pub mod search;
pub mod signals;
pub mod spawn;
pub mod streams;
pub mod supervise;
mod terminal;
