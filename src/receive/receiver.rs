//! The listening side: takes connections until the receiver is drained.

use super::connection;
use super::front::Front;
use super::guard::Guard;
use super::intake::Intake;
use super::limits::{Budget, CONNECTIONS, IN_FLIGHT};
use super::pulse::Pulse;
use super::traffic::Traffic;
use crate::export::Pipeline;
use crate::notice;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::VecDeque;
use std::io;
use std::net::TcpListener as StdListener;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// After so long without a byte nothing more is on its way.
const QUIET: Duration = Duration::from_millis(100);
/// How often draining looks whether bytes came in.
const LOOK: Duration = Duration::from_millis(10);
/// After an error of `accept`.
const PAUSE: Duration = Duration::from_millis(100);

/// Receives until it is drained or dropped.
pub struct Receiver {
    listeners: Vec<Arc<TcpListener>>,
    traffic: Arc<Traffic>,
    /// Dropping ends the listeners' tasks, and these end their connections.
    tasks: JoinSet<()>,
}

impl Receiver {
    /// Starts to take requests from `listeners` that carry `token`, into `pipeline`.
    pub fn start(listeners: Vec<StdListener>, token: String, pipeline: Pipeline) -> io::Result<Receiver> {
        let budget = Budget::new(IN_FLIGHT);
        let traffic = Arc::new(Traffic::default());
        let mut receiver = Receiver { listeners: Vec::new(), traffic, tasks: JoinSet::new() };
        for listener in listeners {
            listener.set_nonblocking(true)?;
            let guard = Guard::new(token.clone(), listener.local_addr()?);
            let listener = Arc::new(TcpListener::from_std(listener)?);
            let intake = Intake { guard, budget: budget.clone(), pipeline: pipeline.clone() };
            let front = Arc::new(Front { intake });
            receiver.tasks.spawn(listen(listener.clone(), front, receiver.traffic.clone()));
            receiver.listeners.push(listener);
        }
        Ok(receiver)
    }

    /// Takes what an ended target left in its sockets: returns when all connections are
    /// closed, or 100 ms after the last byte, or at `deadline`. Nothing is received afterwards.
    pub async fn drain(mut self, deadline: Instant) {
        let (mut bytes, mut since) = (self.traffic.bytes(), Instant::now());
        while Instant::now() < deadline && since.elapsed() < QUIET {
            // Connections that wait in the accept queue come before this task's next turn.
            tokio::task::yield_now().await;
            if self.traffic.open() == 0 && self.nobody_waits() {
                break;
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = self.traffic.closed() => {}
            }
            if bytes != self.traffic.bytes() {
                (bytes, since) = (self.traffic.bytes(), Instant::now());
            }
        }
        self.tasks.shutdown().await;
    }

    fn nobody_waits(&self) -> bool {
        let mut waiting: Vec<PollFd<'_>> =
            self.listeners.iter().map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN)).collect();
        matches!(poll(&mut waiting, PollTimeout::ZERO), Ok(0))
    }
}

/// Accepts until it is aborted. Nothing that `accept` says is a reason to stop.
async fn listen(listener: Arc<TcpListener>, front: Arc<Front>, traffic: Arc<Traffic>) {
    let mut connections = JoinSet::new();
    let mut strangers = Strangers::default();
    loop {
        if connections.len() >= CONNECTIONS {
            strangers.dismiss();
        }
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let pulse = Arc::new(Pulse::new());
                    let connection =
                        connection::serve(stream, front.clone(), pulse.clone(), traffic.enter());
                    strangers.remember(connections.spawn(connection), pulse);
                }
                // The one that waited has gone again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                // No descriptors or no memory: it may help to have one connection less.
                Err(error) => {
                    notice::warn("accept", &format!("the receiver cannot accept a connection: {error}"));
                    if strangers.dismiss() {
                        connections.join_next().await;
                    } else {
                        sleep(PAUSE).await;
                    }
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Connections that have not shown the token, in the order of their coming. So many as they
/// may be, they never keep out those that have it.
#[derive(Default)]
struct Strangers(VecDeque<(AbortHandle, Arc<Pulse>)>);

impl Strangers {
    fn remember(&mut self, task: AbortHandle, pulse: Arc<Pulse>) {
        if self.0.len() > CONNECTIONS {
            self.forget();
        }
        self.0.push_back((task, pulse));
    }

    fn forget(&mut self) {
        self.0.retain(|(task, pulse)| !task.is_finished() && !pulse.known());
    }

    /// Ends the oldest. `false`: there is none.
    fn dismiss(&mut self) -> bool {
        self.forget();
        let oldest = self.0.pop_front();
        oldest.inspect(|(task, _)| task.abort()).is_some()
    }
}
