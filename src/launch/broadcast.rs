//! A signal that was sent to every process of a job or a service (`kill -TERM -GROUP`, a
//! service manager that stops a service) has reached the target already, and must not be
//! forwarded. The agent is the witness: it reports the signals that it gets, and one that comes
//! to both of us from the same sender was meant for all.
//!
//! The witness has another name than we have, so that `pkill otel-run` reaches us alone and is
//! forwarded.

use super::signals::{Arrived, Sender, Signals};
use nix::libc::c_int;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long a signal waits for the witness, and a report for its signal.
const WAIT: Duration = Duration::from_millis(50);

/// More than this many are not compared any more, but forwarded.
const MAX: usize = 64;

/// What came to us, and what came to the agent, until they are compared.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    ours: Vec<(Arrived, Instant)>,
    theirs: Vec<(Report, Instant)>,
}

/// A signal that the agent got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    number: c_int,
    sender: Sender,
}

impl Comparison {
    /// A signal came to us: it is held until it is due or explained.
    pub(super) fn arrived(&mut self, arrived: Arrived, now: Instant) {
        self.theirs.retain(|(_, at)| now.duration_since(*at) < WAIT);
        let same = |(report, _): &(Report, Instant)| *report == Report::of(arrived);
        match self.theirs.iter().position(same) {
            Some(index) => drop(self.theirs.remove(index)),
            None => self.ours.push((arrived, now)),
        }
    }

    /// A signal came to the agent.
    pub(super) fn reported(&mut self, report: Report, now: Instant) {
        match self.ours.iter().position(|(arrived, _)| Report::of(*arrived) == report) {
            Some(index) => drop(self.ours.remove(index)),
            None if self.theirs.len() < MAX => self.theirs.push((report, now)),
            None => {}
        }
    }

    /// The next signal that was for us alone.
    pub(super) fn due(&mut self, now: Instant) -> Option<Arrived> {
        let (_, at) = self.ours.first()?;
        (now.duration_since(*at) >= WAIT || self.ours.len() > MAX).then(|| self.ours.remove(0).0)
    }

    /// When to ask again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.ours.first().map(|(_, at)| *at + WAIT)
    }
}

impl Report {
    const SIZE: usize = 8;

    fn of(arrived: Arrived) -> Report {
        Report { number: arrived.number, sender: arrived.sender }
    }

    fn to_bytes(self) -> [u8; Self::SIZE] {
        let sender = match self.sender {
            Sender::Kernel => -1,
            Sender::Process(pid) => pid,
        };
        let [a, b, c, d] = self.number.to_ne_bytes();
        let [e, f, g, h] = sender.to_ne_bytes();
        [a, b, c, d, e, f, g, h]
    }

    fn from_bytes([a, b, c, d, e, f, g, h]: [u8; Self::SIZE]) -> Report {
        let sender = match i32::from_ne_bytes([e, f, g, h]) {
            -1 => Sender::Kernel,
            pid => Sender::Process(pid),
        };
        Report { number: c_int::from_ne_bytes([a, b, c, d]), sender }
    }
}

/// Reads what the agent reported and has not been read yet. An error when it has gone.
pub(super) fn read(mut from: impl Read) -> io::Result<Vec<Report>> {
    // Reports are written whole, so whole ones are read.
    let mut bytes = [0; Report::SIZE * MAX];
    match from.read(&mut bytes) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(read) => {
            let (reports, _) = bytes.get(..read).unwrap_or_default().as_chunks();
            Ok(reports.iter().copied().map(Report::from_bytes).collect())
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// The witness: reports every signal of this process until nobody listens. Signals must be
/// blocked; the thread that runs this sleeps between them.
pub(super) fn report(mut to: impl Write) {
    let Ok(signals) = Signals::block() else { return };
    loop {
        while let Some(arrived) = signals.next() {
            if to.write_all(&Report::of(arrived).to_bytes()).is_err() {
                return;
            }
        }
        let mut waiting = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        // An interruption is no failure: there is nothing to read then.
        let _ = poll(&mut waiting, PollTimeout::NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::libc;

    const SENDER: Sender = Sender::Process(7);

    fn report(number: c_int) -> Report {
        Report { number, sender: SENDER }
    }

    fn after(now: Instant, milliseconds: u64) -> Instant {
        now + Duration::from_millis(milliseconds)
    }

    #[test]
    fn what_came_to_both_is_not_forwarded_whoever_came_first() {
        let now = Instant::now();
        let mut comparison = Comparison::default();
        comparison.arrived(Arrived::new(libc::SIGTERM, SENDER), now);
        comparison.reported(report(libc::SIGTERM), after(now, 40));
        assert_eq!(comparison.due(after(now, 100)), None);

        comparison.reported(report(libc::SIGUSR1), after(now, 200));
        comparison.arrived(Arrived::new(libc::SIGUSR1, SENDER), after(now, 240));
        assert_eq!(comparison.next(), None);
    }

    #[test]
    fn what_came_to_us_alone_is_forwarded_in_its_order() {
        let now = Instant::now();
        let mut comparison = Comparison::default();
        let first = Arrived::new(libc::SIGTERM, SENDER);
        let second = Arrived::new(libc::SIGINT, SENDER);
        comparison.arrived(first, now);
        comparison.arrived(second, after(now, 10));
        assert_eq!(comparison.next(), Some(now + WAIT));
        assert_eq!(comparison.due(after(now, 49)), None);
        assert_eq!(comparison.due(after(now, 50)), Some(first));
        assert_eq!(comparison.due(after(now, 50)), None);
        assert_eq!(comparison.due(after(now, 60)), Some(second));
    }

    #[test]
    fn another_sender_or_an_old_report_explains_nothing() {
        let now = Instant::now();
        let mut comparison = Comparison::default();
        comparison.reported(report(libc::SIGTERM), now);
        let late = Arrived::new(libc::SIGTERM, SENDER);
        comparison.arrived(late, after(now, 60));
        let other = Arrived::new(libc::SIGINT, Sender::Process(8));
        comparison.arrived(other, after(now, 60));
        comparison.reported(report(libc::SIGINT), after(now, 61));
        assert_eq!(comparison.due(after(now, 110)), Some(late));
        assert_eq!(comparison.due(after(now, 110)), Some(other));
    }

    #[test]
    fn a_flood_is_bounded() {
        let now = Instant::now();
        let mut comparison = Comparison::default();
        for _ in 0..10 * MAX {
            comparison.reported(report(libc::SIGUSR1), now);
            comparison.arrived(Arrived::new(libc::SIGUSR2, SENDER), now);
            while comparison.due(now).is_some() {}
        }
        assert!(comparison.ours.len() <= MAX && comparison.theirs.len() <= MAX);
    }

    #[test]
    fn reports_arrive_as_they_were_sent() {
        let reports = [report(15), Report { number: 64, sender: Sender::Kernel }];
        let bytes: Vec<u8> = reports.iter().flat_map(|report| report.to_bytes()).collect();
        assert_eq!(read(bytes.as_slice()).unwrap(), reports);
        assert!(read([].as_slice()).is_err());
    }
}
