//! The process: inject, spawn, supervise, end as the target ended.

pub mod inject;
