//! otel-run: put it in front of any server command, and its telemetry goes where the
//! settings say.

pub mod account;
pub mod agent;
pub mod bootstrap;
pub mod cli;
pub mod clock;
pub mod environment;
pub mod error;
pub mod export;
pub mod launch;
pub mod link;
pub mod measure;
pub mod notice;
pub mod otlp;
pub mod output;
pub mod overlay;
mod plain;
pub mod process;
pub mod receive;
pub mod rehearse;
pub mod resource;
pub mod run;
pub mod settings;
pub mod spool;
pub mod sys;
