//! A stand-in for Azure Monitor on this machine, to see what would be sent: prints each
//! envelope on a line of stdout, and what the schema has against it on stderr.
//!
//!     cargo run --example recorder -- [ADDRESS]        (default 127.0.0.1:0)
//!
//! The first line on stderr is the connection string to use.

// The tests use more of it.
#![allow(dead_code, unused_imports)]

#[path = "mod.rs"]
mod recorder;

use recorder::Recorder;
use std::io::{self, Write};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let recorder = Recorder::serve(&address, None)?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    writeln!(err, "APPLICATIONINSIGHTS_CONNECTION_STRING={}", recorder.connection_string())?;
    for known in 0.. {
        let post = recorder.next(known);
        if let Some(why) = &post.unreadable {
            writeln!(err, "{}: {why}", post.request.path)?;
        }
        for came in &post.envelopes {
            writeln!(out, "{}", came.value)?;
            if let Some(fault) = &came.fault {
                writeln!(err, "refused: {fault}")?;
            }
        }
        out.flush()?;
    }
    Ok(())
}
