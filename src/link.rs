//! What supervisor and agent say to each other: a few messages over one socket pair, each
//! a length (32 bits, big endian) and JSON.

use crate::settings::Settings;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest message: settings are a few KiB, with rules out of a long file a few MiB.
const MAX: usize = 16 << 20;

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

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    pub settings: Settings,
    /// Bound and listening sockets of the receiver, inherited by number.
    pub listeners: Vec<RawFd>,
    /// Bound and listening socket of the Prometheus endpoint.
    pub prometheus: Option<RawFd>,
    /// Socket by which captured output comes.
    pub output: Option<RawFd>,
    /// What every request to the receiver must carry.
    pub token: String,
    /// How often an agent was started before this one.
    pub restarts: u32,
    /// Directories that must stay as long as the target runs.
    pub shims: Vec<PathBuf>,
}

/// Which of the target's streams something was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Iostream {
    /// Both lead to one place.
    Both = 0,
    Stdout = 1,
    Stderr = 2,
}

impl Iostream {
    pub const ALL: [Iostream; 3] = [Iostream::Both, Iostream::Stdout, Iostream::Stderr];

    /// `log.iostream` of the conventions, where it is known.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Iostream::Both => None,
            Iostream::Stdout => Some("stdout"),
            Iostream::Stderr => Some("stderr"),
        }
    }
}

/// Bytes before the data in a message of captured output: the stream's number, three of nothing, the number of lines
/// that were dropped before it, and nanoseconds since 1970 (little endian).
pub const FRAME_HEAD: usize = 16;

pub fn frame_head(stream: u8, dropped: u32, time: u64) -> [u8; FRAME_HEAD] {
    let mut head = [0; FRAME_HEAD];
    let (first, rest) = head.split_at_mut(4);
    first.copy_from_slice(&[stream, 0, 0, 0]);
    let (middle, last) = rest.split_at_mut(4);
    middle.copy_from_slice(&dropped.to_le_bytes());
    last.copy_from_slice(&time.to_le_bytes());
    head
}

/// Stream, lines dropped before, time, and data of a message. `None`: it is none of ours.
pub fn open_frame(message: &[u8]) -> Option<(Iostream, u32, u64, &[u8])> {
    let (head, data) = message.split_first_chunk::<FRAME_HEAD>()?;
    let [stream, _, _, _, a, b, c, d, time @ ..] = *head;
    let stream = Iostream::ALL.into_iter().find(|known| *known as u8 == stream)?;
    Some((stream, u32::from_le_bytes([a, b, c, d]), u64::from_le_bytes(time), data))
}

/// The running target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    pub pid: i32,
    /// The command's first word, lossily as text. Not the arguments: they may hold secrets, and
    /// may be longer than any message.
    pub program: String,
    /// `service.instance.id` of what is measured: the same for every agent.
    pub instance: String,
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
    /// How often the kernel killed for lack of memory in our control group meanwhile; `None`
    /// where it does not say.
    pub oom_kills: Option<u64>,
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

/// Takes the first message off the bytes that have come so far; `None` when it is not complete.
pub fn take<T: DeserializeOwned>(bytes: &mut Vec<u8>) -> io::Result<Option<T>> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if length > MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "message too long"));
    }
    let Some(body) = rest.get(..length) else { return Ok(None) };
    let message = serde_json::from_slice(body);
    bytes.drain(..4 + length);
    Ok(Some(message?))
}

/// [`send`] for the agent's runtime.
pub async fn send_async(to: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    let mut frame = Vec::new();
    send(&mut frame, message)?;
    to.write_all(&frame).await
}

/// [`receive`] for the agent's runtime. Not safe to cancel in the middle of a message.
pub async fn receive_async<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<T>> {
    let length = match from.read_u32().await {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other? as usize,
    };
    if length > MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "message too long"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        send(&mut ours, &ToAgent::Cut).unwrap();
        drop(ours);
        assert!(matches!(receive(&mut theirs), Ok(Some(ToAgent::Cut))));
        assert!(matches!(receive::<ToAgent>(&mut theirs), Ok(None)));
    }

    #[test]
    fn pieces_are_put_together() {
        let mut whole = Vec::new();
        send(&mut whole, &ToSupervisor::Ready).unwrap();
        send(&mut whole, &ToSupervisor::Ready).unwrap();
        let (mut bytes, mut messages) = (Vec::new(), 0);
        for byte in whole {
            bytes.push(byte);
            if let Some(ToSupervisor::Ready) = take(&mut bytes).unwrap() {
                messages += 1;
            }
        }
        assert_eq!((messages, bytes.len()), (2, 0));
    }

    #[test]
    fn a_message_that_is_too_long_is_refused() {
        let mut bytes = vec![0xff; 8];
        assert_eq!(take::<ToSupervisor>(&mut bytes).unwrap_err().to_string(), "message too long");
        assert_eq!(
            receive::<ToSupervisor>(&mut [0xff; 8].as_slice()).unwrap_err().to_string(),
            "message too long"
        );
    }
}
