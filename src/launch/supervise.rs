//! The one owner of both children: waits, forwards signals, reaps, and keeps an agent running.
//! One thread, one loop, nothing that blocks but `poll`.

use super::agent::Agent;
use super::broadcast::Comparison;
use super::capture::Copiers;
use super::exit::Ending;
use super::signals::{Arrived, Route, Sender, Signals};
use super::spawn::Command;
use super::{instance, oom, terminal};
use crate::clock;
use crate::error::Error;
use crate::link::{Ended, Target};
use crate::notice;
use crate::sys::process::ExecFailure;
use crate::sys::{self, Waited};
use nix::libc::{self, pid_t};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// A signal this soon after the target's end belongs to what ended it (a service manager
/// signals one process after the other), and is no sign of impatience.
const SAME_STOP: Duration = Duration::from_millis(100);

/// What the agent gets to leave when somebody is impatient.
const CUT: Duration = Duration::from_millis(150);

/// The agent is to be done this long before it would be killed.
const MARGIN: Duration = Duration::from_millis(200);

/// A target that was found stopped is looked at again after this time: it may just be about to
/// be continued together with us.
const STOPPED: Duration = Duration::from_millis(30);

/// The running target, and the agent beside it.
pub struct Supervisor {
    signals: Signals,
    target: pid_t,
    started: Instant,
    started_unix_nano: u64,
    oom_kills: Option<u64>,
    /// Signals that may have been sent to everybody.
    comparison: Comparison,
    /// Since when the target is stopped.
    stopped: Option<Instant>,
    end: Option<End>,
    agent: Option<Agent>,
    /// Of the target's output, if it is captured.
    copiers: Copiers,
    /// Somebody wants us gone.
    impatient: bool,
    /// When an agent that was told to leave is killed.
    deadline: Option<Instant>,
}

/// The target's end.
#[derive(Clone)]
struct End {
    at: Instant,
    ending: Ending,
    details: Ended,
}

impl Supervisor {
    /// Starts the target and waits until it runs its program. Its output may go by `copiers`, who are kept at work.
    pub fn start(signals: Signals, mut command: Command, copiers: Copiers) -> Result<Supervisor, Error> {
        let mut supervisor = Supervisor {
            signals,
            target: 0,
            started: Instant::now(),
            started_unix_nano: 0,
            oom_kills: None,
            comparison: Comparison::default(),
            stopped: None,
            end: None,
            agent: None,
            copiers,
            impatient: false,
            deadline: None,
        };
        while let Err(failure) = supervisor.try_start(&command)? {
            command = command.instead(failure)?;
        }
        supervisor.oom_kills = oom::kills();
        Ok(supervisor)
    }

    fn try_start(&mut self, command: &Command) -> Result<Result<(), ExecFailure>, Error> {
        self.end = None;
        self.started = Instant::now();
        self.started_unix_nano = clock::unix_nano();
        let spawned = command.start()?;
        self.target = spawned.pid;
        // Signals are forwarded meanwhile: those that come before the exec take effect at it.
        while !self.turn(Some(spawned.report.as_fd()), None) {}
        let outcome = spawned.outcome();
        while outcome.is_err() && self.end.is_none() {
            self.turn(None, None);
        }
        Ok(outcome)
    }

    /// The running target, for the agent.
    pub fn target(&self, program: String) -> Target {
        Target {
            pid: self.target,
            program,
            instance: instance::id(),
            started_unix_nano: self.started_unix_nano,
        }
    }

    /// Keeps `agent` running from now on.
    pub fn keep(&mut self, agent: Agent) {
        self.agent = Some(agent);
    }

    /// Waits for the target.
    pub fn until_target_ends(&mut self) -> Ending {
        loop {
            if let Some(end) = &self.end {
                return end.ending;
            }
            self.turn(None, None);
        }
    }

    /// Waits until all is in its place that the target has written. As long as nobody takes it, the target itself
    /// would have waited; who is impatient is heard. Whoever else still writes there is not waited for.
    pub fn until_output_is_copied(&mut self) {
        self.copiers.finish();
        while self.copiers.are_busy() && !self.impatient {
            self.turn(None, None);
        }
        self.copiers.leave();
    }

    /// Tells the agent of the target's end and gives it until `grace` after it to deliver what
    /// there is.
    pub fn until_agent_ends(&mut self, grace: Duration) {
        let (Some(agent), Some(end)) = (&mut self.agent, &self.end) else { return };
        let deadline = end.at + grace;
        self.deadline = Some(deadline);
        agent.ended(end.details.clone());
        agent.drain(deadline.checked_sub(MARGIN.min(grace / 4)).unwrap_or(deadline));
        while self.agent.as_ref().is_some_and(|agent| agent.pid().is_some()) {
            if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                notice::warn("grace", "the agent was stopped before it had delivered everything");
                if let Some(agent) = &mut self.agent {
                    agent.kill();
                }
                return;
            }
            self.turn(None, self.deadline);
        }
    }

    /// Waits for whatever comes next, at most until `until`, and handles it. Returns whether
    /// `other` became readable.
    fn turn(&mut self, other: Option<BorrowedFd>, until: Option<Instant>) -> bool {
        let stopped = self.stopped.map(|since| since + STOPPED);
        let until = [until, stopped, self.comparison.next()].into_iter().flatten().min();
        let link = self.agent.as_ref().and_then(|agent| Some((agent.link()?, agent.wants_to_write())));
        let mut waiting = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        waiting.extend(other.map(|other| PollFd::new(other, PollFlags::POLLIN)));
        waiting.extend(link.map(|(link, writes)| {
            let events = if writes { PollFlags::POLLIN | PollFlags::POLLOUT } else { PollFlags::POLLIN };
            PollFd::new(link, events)
        }));
        let reports = self.agent.as_ref().and_then(|agent| agent.reports());
        waiting.extend(reports.map(|reports| PollFd::new(reports.as_fd(), PollFlags::POLLIN)));
        waiting.extend(self.copiers.controls().map(|control| PollFd::new(control, PollFlags::POLLIN)));
        // A failure is an interruption: nothing is ready.
        let ready = poll(&mut waiting, timeout(until)).is_ok_and(|ready| ready > 0);
        let other_ready = ready && other.is_some() && waiting.get(1).is_some_and(|fd| fd.any() == Some(true));

        if let Some(agent) = &mut self.agent {
            agent.exchange();
        }
        while let Some(arrived) = self.signals.next() {
            self.handle(arrived);
        }
        self.compare();
        self.stop_like_the_target();
        other_ready
    }

    fn handle(&mut self, arrived: Arrived) {
        // The key press that changed our size has told the target, before its terminal had the new one.
        if arrived.number == libc::SIGWINCH && self.copiers.resize() && arrived.sender == Sender::Kernel {
            arrived.forward(self.target);
        }
        match self.signals.route(arrived) {
            Route::Reap => self.reap(),
            Route::Forward => self.forward(arrived),
            Route::ForwardAndStop => {
                self.signals.arm(arrived.number);
                self.forward(arrived);
                self.stop(arrived.number);
            }
            Route::Stop => {
                self.signals.arm(arrived.number);
                self.stop(arrived.number);
            }
            Route::Ignore => self.hurry(arrived),
        }
    }

    fn forward(&mut self, arrived: Arrived) {
        // These are harmless twice, and cannot wait.
        let urgent = matches!(arrived.number, libc::SIGCONT | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU);
        let witness = self.agent.as_ref().is_some_and(|agent| agent.pid().is_some());
        match arrived.sender {
            _ if self.end.is_some() => self.hurry(arrived),
            // A target that signals its whole group has had its own.
            Sender::Process(sender) if sender == self.target => {}
            Sender::Process(_) if witness && !urgent => self.comparison.arrived(arrived, Instant::now()),
            _ => arrived.forward(self.target),
        }
    }

    /// Forwards what turned out to have been sent to us alone.
    fn compare(&mut self) {
        let now = Instant::now();
        for report in self.agent.iter_mut().flat_map(|agent| agent.reported()) {
            self.comparison.reported(report, now);
        }
        while let Some(arrived) = self.comparison.due(now) {
            if self.end.is_none() {
                arrived.forward(self.target);
            }
        }
    }

    /// Somebody wants us gone while the agent still delivers.
    fn hurry(&mut self, arrived: Arrived) {
        let asks = matches!(arrived.number, libc::SIGINT | libc::SIGTERM | libc::SIGQUIT | libc::SIGHUP);
        let later = self.end.as_ref().is_some_and(|end| end.at.elapsed() > SAME_STOP);
        self.impatient |= asks && later;
        if let (true, true, Some(agent)) = (asks, later, &mut self.agent) {
            let cut = Instant::now() + CUT;
            self.deadline = Some(self.deadline.map_or(cut, |deadline| deadline.min(cut)));
            agent.cut();
        }
    }

    /// Stops us as the pending `signal` stops a process that does nothing about it, until we
    /// are continued.
    fn stop(&mut self, signal: libc::c_int) {
        self.signals.let_act(signal);
        self.stopped = None;
    }

    /// A target that stopped by itself (an editor at `Ctrl-Z` in raw mode) expects its job to be
    /// stopped, and a shell that waits for the job sees only us.
    fn stop_like_the_target(&mut self) {
        if self.stopped.is_some_and(|since| since.elapsed() >= STOPPED) {
            self.stopped = None;
            if terminal::in_foreground() {
                self.signals.arm(libc::SIGSTOP);
            }
        }
    }

    fn reap(&mut self) {
        while let Some(waited) = sys::wait_any() {
            let ending = Ending::of(waited.status);
            if waited.pid == self.target && self.end.is_none() {
                self.stopped = libc::WIFSTOPPED(waited.status).then(Instant::now);
                if let Some(ending) = ending {
                    self.end = Some(self.describe(ending, &waited));
                }
            } else if ending.is_some() && self.copiers.died(waited.pid, waited.status) {
                // Seen to.
            } else if let (Some(agent), Some(_)) = (&mut self.agent, ending)
                && agent.pid() == Some(waited.pid)
            {
                agent.died(waited.status);
            }
            // Others are orphans that came to us as process 1, or children of the program that
            // was replaced by us: reaped, and that is all.
        }
    }

    fn describe(&self, ending: Ending, waited: &Waited) -> End {
        let usage = &waited.usage;
        let (code, signal) = match ending {
            Ending::Code(code) => (Some(i32::from(code)), None),
            Ending::Signal(signal) => (None, Some(signal)),
        };
        let details = Ended {
            pid: waited.pid,
            code,
            signal,
            core_dumped: libc::WCOREDUMP(waited.status) && signal.is_some(),
            ended_unix_nano: clock::unix_nano(),
            run_time: self.started.elapsed(),
            user_time: duration(usage.ru_utime),
            system_time: duration(usage.ru_stime),
            max_rss_kib: usage.ru_maxrss,
            minor_faults: usage.ru_minflt,
            major_faults: usage.ru_majflt,
            voluntary_switches: usage.ru_nvcsw,
            involuntary_switches: usage.ru_nivcsw,
            oom_kills: oom::kills().zip(self.oom_kills).map(|(now, before)| now.saturating_sub(before)),
        };
        End { at: Instant::now(), ending, details }
    }
}

/// Rounded up, so that a wait does not end just before its time.
fn timeout(until: Option<Instant>) -> PollTimeout {
    let Some(until) = until else { return PollTimeout::NONE };
    let left = until.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
    PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
}

fn duration(time: libc::timeval) -> Duration {
    let micros = time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_usec);
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
