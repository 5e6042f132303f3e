//! The command behaves as it would without us: state at start, signals and terminal, exit,
//! standard streams. What is expected is not typed in but taken from the same command, bare.
//!
//! The promises have names: STA (start), SIG (signals), EXT (exit), IO (streams).

#[path = "transparency/exec.rs"]
mod exec;
#[path = "transparency/exits.rs"]
mod exits;
#[path = "transparency/faults.rs"]
mod faults;
#[path = "transparency/keyboard.rs"]
mod keyboard;
#[path = "transparency/signals.rs"]
mod signals;
#[path = "transparency/start.rs"]
mod start;
#[path = "transparency/state.rs"]
mod state;
#[path = "transparency/streams.rs"]
mod streams;
