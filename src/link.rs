//! What supervisor and agent say to each other: a few messages over one socket pair, each
//! a length (32 bits, big endian) and JSON.

use crate::settings::Settings;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::time::Duration;

/// Longest message: settings are a few KiB.
const MAX: usize = 1 << 20;

/// From the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToAgent {
    /// First of all. Sent again to an agent that replaces a dead one.
    Setup(Box<Setup>),
    Started(Target),
    Ended(Ended),
    /// Deliver what there is and leave, within the budget.
    Drain {
        budget: Duration,
    },
    /// The user is impatient: leave now.
    Cut,
}

/// From the agent.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToSupervisor {
    Ready,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Setup {
    pub settings: Settings,
    /// Bound and listening sockets of the receiver, inherited by number.
    pub listeners: Vec<RawFd>,
    /// Bound and listening socket of the Prometheus endpoint.
    pub prometheus: Option<RawFd>,
    /// What every request to the receiver must carry.
    pub token: String,
    /// How often an agent was started before this one.
    pub restarts: u32,
}

/// The running target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    pub pid: i32,
    /// Program and arguments, lossily as text.
    pub command: Vec<String>,
    /// Wall clock, nanoseconds since 1970.
    pub started_unix_nano: u64,
}

/// How the target ended: `code` or `signal`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    pub pid: i32,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub core_dumped: bool,
    pub ended_unix_nano: u64,
    pub run_time: Duration,
    pub user_time: Duration,
    pub system_time: Duration,
    /// KiB, the largest of the target and its reaped children.
    pub max_rss_kib: i64,
    pub minor_faults: i64,
    pub major_faults: i64,
    pub voluntary_switches: i64,
    pub involuntary_switches: i64,
}

/// Writes one message.
pub fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend(body);
    to.write_all(&frame)
}

/// Reads one message; `None` when the other side has gone.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "message too long"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}
