//! The composition of the agent: receive → export, measure; started and stopped in an order
//! that can be read here.
//!
//! The agent is a second process of the same binary. It may crash or be killed: the
//! supervisor starts another one on the same sockets, and the target never notices.

use crate::account::Account;
use crate::launch::inject;
use crate::link::{self, Setup, ToAgent, ToSupervisor};
use crate::measure::Measure;
use crate::output::{Output, Twins};
use crate::process::enrich::Enrichment;
use crate::receive::Receiver;
use crate::resource::{self, Surroundings};
use crate::settings::Settings;
use crate::{clock, export, notice, sys};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// After this time the start is over, and with it most of the program text that it needed; the first
/// measurement has been taken.
const STARTED: Duration = Duration::from_secs(2);

/// Runs the agent until the target has gone and its telemetry is delivered, or time is up.
/// Fails when the supervisor says nothing that makes sense, or no runtime can be had.
pub fn main(mut link: UnixStream) -> io::Result<()> {
    let setup = match link::receive(&mut link)? {
        Some(ToAgent::Setup(setup)) => setup,
        other => return Err(io::Error::other(format!("the first message was {other:?}"))),
    };
    notice::configure(setup.settings.verbosity, setup.settings.quiet);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // For compression and look-ups of host names, started at first use: for each of three
        // signals one of both, so that a name server that hangs holds up nobody else.
        .max_blocking_threads(6)
        .build()?;
    let ended = runtime.block_on(serve(*setup, link));
    // A thread that hangs in a write to a blocked console must not keep us.
    runtime.shutdown_background();
    ended
}

async fn serve(setup: Setup, link: UnixStream) -> io::Result<()> {
    let Setup { settings, listeners, prometheus, output, token, restarts, shims } = setup;
    let _held = inject::hold(&shims);
    let listeners: Vec<TcpListener> =
        listeners.into_iter().map(sys::adopt_listener).collect::<Result<_, _>>()?;
    let prometheus = prometheus.map(sys::adopt_listener).transpose()?;
    link.set_nonblocking(true)?;
    let mut link = tokio::net::UnixStream::from_std(link)?;

    let account = Account::new();
    // What a series counted before this agent came, the one before it has told.
    let since = if restarts > 0 { clock::unix_nano() } else { 0 };
    let pipeline = export::start(&settings, prometheus, account.clone(), since);
    let pipeline = pipeline.with_enrichment(look_around(&settings));
    let twins = Arc::new(Twins::default());
    let captured = output.map(|socket| Output::start(socket, &settings, pipeline.clone(), twins.clone()));
    let captured = captured.transpose()?;
    // Only then is there anything that could be told twice.
    let pipeline = if captured.is_some() { pipeline.with_witness(twins) } else { pipeline };
    let receiver = Receiver::start(listeners, token, pipeline.clone())?;
    let mut measure = Measure::start(&settings, pipeline.clone());
    // Whether there is (still) a supervisor that hears it is told by the next message.
    let _ = link::send_async(&mut link, &ToSupervisor::Ready).await;
    if restarts > 0 {
        notice::warn("agent", "the agent was restarted; what it held in memory is lost");
    }

    tokio::spawn(async {
        tokio::time::sleep(STARTED).await;
        sys::forget_text();
    });

    let budget = orders(&mut link, &mut measure, settings.grace).await;
    let deadline = Instant::now() + budget;
    let drain = async {
        receiver.drain(deadline).await;
        if let Some(captured) = captured {
            captured.finish().await;
        }
        measure.finish().await;
        pipeline.drain(deadline).await;
    };
    tokio::select! {
        () = drain => {}
        () = cut(&mut link) => pipeline.drain(Instant::now()).await,
    }
    say_account(&account);
    Ok(())
}

/// Starts to find out where we are; what is at hand is known when this returns.
fn look_around(settings: &Settings) -> Arc<Enrichment> {
    let surroundings = Surroundings::here();
    let detectors = settings.detectors.clone();
    let said = settings.resource_attributes.clone();
    let mut found = resource::at_hand(&detectors, &surroundings);
    let enrichment = Arc::new(Enrichment::default());
    enrichment.set(found.encoded(&said), false);
    let told = enrichment.clone();
    tokio::spawn(async move {
        resource::ask(&detectors, &surroundings, &mut found).await;
        told.set(found.encoded(&said), true);
    });
    enrichment
}

/// Follows the supervisor until it is time to drain, and returns the budget for that.
async fn orders(link: &mut tokio::net::UnixStream, measure: &mut Measure, grace: Duration) -> Duration {
    let mut target = None;
    loop {
        match link::receive_async(link).await {
            Ok(Some(ToAgent::Started(started))) => {
                target = Some(Watched::new(started.pid));
                measure.started(started);
            }
            Ok(Some(ToAgent::Ended(ended))) => {
                target = None;
                measure.ended(ended);
            }
            Ok(Some(ToAgent::Drain { budget })) => return budget,
            Ok(Some(ToAgent::Cut)) => return Duration::ZERO,
            Ok(Some(ToAgent::Setup(_))) => {}
            // The supervisor was killed, or has become the target. That runs on, and we stay as long
            // as it does.
            Ok(None) | Err(_) => {
                if let Some(target) = target {
                    target.gone().await;
                }
                return grace;
            }
        }
    }
}

/// A process that is not our child. Its descriptor is taken as long as it is known to live, so
/// that another process with the same number is not taken for it.
struct Watched {
    pid: i32,
    /// `None` where the kernel has no descriptors for processes (before 5.3).
    descriptor: Option<OwnedFd>,
}

impl Watched {
    fn new(pid: i32) -> Watched {
        Watched { pid, descriptor: sys::process_descriptor(pid).ok() }
    }

    /// Waits until it has ended, whether somebody asks for its status or not.
    async fn gone(self) {
        if let Some(descriptor) = self.descriptor
            && let Some(ended) = readable(descriptor)
            && ended.await.is_ok()
        {
            return;
        }
        while kill(Pid::from_raw(self.pid), None) != Err(Errno::ESRCH) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Tells when a descriptor becomes readable: by a thread that sleeps until then. `None` where there can be none.
fn readable(descriptor: OwnedFd) -> Option<oneshot::Receiver<()>> {
    let (tell, told) = oneshot::channel();
    let wait = move || {
        let mut waiting = [PollFd::new(descriptor.as_fd(), PollFlags::POLLIN)];
        // Nothing interrupts: all signals are blocked.
        if poll(&mut waiting, PollTimeout::NONE).is_ok() {
            let _ = tell.send(());
        }
    };
    let thread = std::thread::Builder::new().name("target".into()).stack_size(64 * 1024);
    thread.spawn(wait).ok().map(|_| told)
}

/// Waits for the order to leave at once. A supervisor that is gone is no such order.
async fn cut(link: &mut tokio::net::UnixStream) {
    loop {
        match link::receive_async(link).await {
            Ok(Some(ToAgent::Cut)) => return,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

/// The account, when anything was lost or somebody wants to know.
fn say_account(account: &Account) {
    let level = if account.anything_lost() { notice::Level::Warning } else { notice::Level::Info };
    notice::report(level, &account.lines());
}
