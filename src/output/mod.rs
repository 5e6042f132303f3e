//! What the program writes to its standard streams, as log records.
//!
//! Copiers hand over what they have copied (`launch/capture/`). Bytes become [`lines`], lines that belong together one
//! [`entry`](join), an entry a record ([`parse`], [`record`]). It is held a moment, because the program's SDK may tell
//! the same ([`twins`]). Everything is bounded; what is not told is counted, and never missing in the stream itself.

mod join;
mod lines;
mod parse;
mod record;
#[cfg(test)]
mod tests;
mod twins;

pub use twins::Twins;

use crate::export::Pipeline;
use crate::link::{Iostream, open_frame};
use crate::notice::{self, Level};
use crate::settings::Settings;
use crate::sys;
use join::{Entry, Joiner};
use lines::Lines;
use parse::Parsed;
use record::Resource;
use std::collections::VecDeque;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Longest message of a copier, in bytes.
const MESSAGE: usize = 80 << 10;

/// How often one looks what is complete.
const TICK: Duration = Duration::from_millis(200);

/// So long an entry waits for its twin: SDKs hand over once in a second.
const HELD: Duration = Duration::from_millis(2500);

/// The most that waits, in bytes; what is more is told without a wait.
const MOST_HELD: usize = 8 << 20;

/// The most entries in a second.
const MOST_A_SECOND: u32 = 10_000;

/// The most entries of one request.
const MOST_IN_REQUEST: usize = 1000;

/// Reads captured output, until it is told to finish.
pub struct Output {
    finish: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Output {
    /// `socket` is where copiers send to. What `twins` has seen is not told again. Needs the runtime's context.
    pub fn start(
        socket: RawFd,
        settings: &Settings,
        pipeline: Pipeline,
        twins: Arc<Twins>,
    ) -> io::Result<Output> {
        // Of messages, as datagrams are.
        let socket = std::os::unix::net::UnixDatagram::from(sys::adopt(socket)?);
        socket.set_nonblocking(true)?;
        let socket = UnixDatagram::from_std(socket)?;
        let (finish, finished) = oneshot::channel();
        let work = Work {
            resource: Resource::of(settings),
            pipeline,
            twins,
            streams: Iostream::ALL.map(Stream::new),
            held: VecDeque::new(),
            bytes: 0,
            second: (Instant::now(), 0),
            counts: Counts::default(),
            deserted: false,
        };
        let task = tokio::spawn(work.run(socket, finished));
        Ok(Output { finish, task })
    }

    /// Tells all that has been written. The program has ended.
    pub async fn finish(self) {
        let _ = self.finish.send(());
        let _ = self.task.await;
    }
}

/// One stream on its way to entries.
struct Stream {
    name: Iostream,
    lines: Lines,
    joiner: Joiner,
}

impl Stream {
    fn new(name: Iostream) -> Stream {
        Stream { name, lines: Lines::default(), joiner: Joiner::default() }
    }
}

/// An entry that waits.
struct Held {
    since: Instant,
    stream: Iostream,
    entry: Entry,
    parsed: Parsed,
}

/// What was not told.
#[derive(Debug, Default)]
struct Counts {
    /// By copiers, because we were behind, or there was no agent.
    behind: u64,
    /// More than [`MOST_A_SECOND`].
    flood: u64,
    /// The SDK has told it.
    twins: u64,
}

struct Work {
    resource: Resource,
    pipeline: Pipeline,
    twins: Arc<Twins>,
    streams: [Stream; 3],
    held: VecDeque<Held>,
    bytes: usize,
    /// A second, and the entries that came in it.
    second: (Instant, u32),
    counts: Counts,
    /// There are no copiers any more.
    deserted: bool,
}

impl Work {
    async fn run(mut self, socket: UnixDatagram, mut finished: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(TICK);
        let mut message = vec![0; MESSAGE];
        loop {
            tokio::select! {
                biased;
                _ = &mut finished => break,
                _ = tick.tick() => self.look(false),
                ready = socket.readable(), if !self.deserted => {
                    self.deserted |= ready.is_err();
                    // Others have their turn, too.
                    let _ = (0..64).take_while(|_| self.receive(&socket, &mut message)).count();
                    tokio::task::yield_now().await;
                }
            }
        }
        while self.receive(&socket, &mut message) {}
        self.look(true);
        self.say_counts();
    }

    /// Takes the next message. `false`: there is none.
    fn receive(&mut self, socket: &UnixDatagram, message: &mut [u8]) -> bool {
        let length = match socket.try_recv(message) {
            Ok(length @ 1..) => length,
            // Nobody sends any more.
            Ok(_) => {
                self.deserted = true;
                return false;
            }
            Err(_) => return false,
        };
        let Some((name, dropped, time, data)) = message.get(..length).and_then(open_frame) else {
            return true;
        };
        self.counts.behind += u64::from(dropped);
        let mut entries = Vec::new();
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.name == name) {
            let now = Instant::now();
            let joiner = &mut stream.joiner;
            stream.lines.take(data, time, now, |line, time| joiner.take(line, time, now, &mut entries));
        }
        entries.into_iter().for_each(|entry| self.hold(name, entry));
        true
    }

    /// What is complete by now is held, and what was held long enough is told.
    fn look(&mut self, all: bool) {
        let now = Instant::now();
        for at in 0..self.streams.len() {
            let mut entries = Vec::new();
            let Some(Stream { name, lines, joiner }) = self.streams.get_mut(at) else { continue };
            let name = *name;
            lines.look(all, now, |line, time| joiner.take(line, time, now, &mut entries));
            joiner.look(all, now, &mut entries);
            entries.into_iter().for_each(|entry| self.hold(name, entry));
        }
        while self.tell(all) {}
    }

    fn hold(&mut self, stream: Iostream, entry: Entry) {
        let now = Instant::now();
        if now.duration_since(self.second.0) >= Duration::from_secs(1) {
            self.second = (now, 0);
        }
        self.second.1 += 1;
        if self.second.1 > MOST_A_SECOND {
            self.counts.flood += entry.lines;
            return;
        }
        self.bytes += entry.text.len();
        let parsed = parse::parse(&entry.text, entry.time);
        self.held.push_back(Held { since: now, stream, entry, parsed });
        if self.bytes > MOST_HELD {
            self.tell(false);
        }
    }

    /// Tells the oldest entries that are due, or all, in one request. `false`: there was none.
    fn tell(&mut self, all: bool) -> bool {
        let now = Instant::now();
        let (mut records, mut taken) = (Vec::new(), 0);
        while taken < MOST_IN_REQUEST
            && let Some(held) =
                self.held.pop_front_if(|held| all || held.since + HELD <= now || self.bytes > MOST_HELD)
        {
            taken += 1;
            self.bytes = self.bytes.saturating_sub(held.entry.text.len());
            if self.twins.take(&held.parsed, &held.entry.text) {
                self.counts.twins += 1;
            } else {
                records.push(held);
            }
        }
        let records = records.iter().map(|held| (held.stream, &held.entry, &held.parsed));
        if let Some(batch) = record::batch(&self.resource, records) {
            // Nobody would send it again.
            self.pipeline.accept_or_drop(&batch);
        }
        taken > 0
    }

    fn say_counts(&self) {
        let Counts { behind, flood, twins } = self.counts;
        let cut: u64 = self.streams.iter().map(|stream| stream.lines.cut()).sum();
        for (count, level, what) in [
            (behind, Level::Warning, "lines were not told, because the agent was behind or away"),
            (flood, Level::Warning, "lines were not told, because too many came at once"),
            (cut, Level::Info, "lines were too long, and told in part"),
            (twins, Level::Info, "entries were not told, because the program's SDK has told them"),
        ] {
            if count > 0 {
                notice::say(level, "output", &format!("captured output: {count} {what}"));
            }
        }
    }
}
