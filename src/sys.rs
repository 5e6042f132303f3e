//! The only unsafe code: what the system offers and no library wraps for our use. Small
//! functions that are safe to call, each with the reason why.
#![expect(unsafe_code)]

pub mod process;
pub mod signal_set;
#[cfg(test)]
mod tests;

use nix::errno::Errno;
use nix::libc::{self, c_char, c_int, c_long, c_ulong, pid_t};
use process::{ExecFailure, Plan, Spawned, Stream};
use signal_set::Signals;
use std::ffi::{CStr, CString, OsString};
use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::{mem, ptr};

// --- the state at start -----------------------------------------------------------------

/// What this process was given by whoever started it.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub blocked: Signals,
    /// Of SIGPIPE and SIGCHLD, the two that this program changes for itself.
    pub ignored: Signals,
    /// Which of stdin, stdout and stderr were closed.
    pub closed: [bool; 3],
    /// More rights than the caller has: set-user-id, file capabilities.
    pub privileged: bool,
}

static BLOCKED: AtomicU64 = AtomicU64::new(0);
static IGNORED: AtomicU64 = AtomicU64::new(0);
static CLOSED: AtomicU8 = AtomicU8::new(0);
static PRIVILEGED: AtomicBool = AtomicBool::new(false);

/// The state at start, saved before `main`.
pub fn start() -> Start {
    let closed = CLOSED.load(Relaxed);
    Start {
        blocked: Signals(BLOCKED.load(Relaxed)),
        ignored: Signals(IGNORED.load(Relaxed)),
        closed: [0, 1, 2].map(|fd| closed & (1 << fd) != 0),
        privileged: PRIVILEGED.load(Relaxed),
    }
}

// The Rust runtime ignores SIGPIPE and opens /dev/null for closed standard streams before it
// calls `main`. The C library calls what stands in this section before that.
//
// SAFETY: `save` has the C calling convention, takes nothing (arguments that the C library may
// pass are ignored), cannot unwind, and uses nothing that the Rust runtime would have to set up.
#[used]
#[unsafe(link_section = ".init_array")]
static SAVE: extern "C" fn() = save;

extern "C" fn save() {
    BLOCKED.store(change_mask(libc::SIG_BLOCK, Signals(0)).0, Relaxed);
    let ignored = [libc::SIGPIPE, libc::SIGCHLD].into_iter().filter(|signal| is_ignored(*signal));
    IGNORED.store(ignored.fold(0, |set, signal| set | Signals::one(signal).0), Relaxed);
    // SAFETY: F_GETFD takes no pointer and changes nothing.
    let closed = (0..3).filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } == -1);
    CLOSED.store(closed.fold(0, |set, fd| set | 1 << fd), Relaxed);
    // SAFETY: plain calls without pointers.
    PRIVILEGED.store(unsafe { libc::getauxval(libc::AT_SECURE) } != 0, Relaxed);
}

/// The path by which this program was started, as the kernel noted it. May be relative.
pub fn executed_path() -> Option<PathBuf> {
    // SAFETY: no pointers go in; the value is 0 or the address of a string that the kernel put
    // on the stack of the first thread, where it stays until the process ends.
    let path = unsafe {
        let address = libc::getauxval(libc::AT_EXECFN) as *const c_char;
        if address.is_null() {
            return None;
        }
        CStr::from_ptr(address)
    };
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(path.to_bytes())))
}

/// Overwrites parts of our own arguments, as other processes see them: for each word, by its
/// number, what is to be hidden of it. To be called early, while there is one thread. What was
/// read from the arguments before keeps its value. Says whether anything was hidden.
pub fn hide_arguments(words: &[OsString], hidden: impl Fn(usize) -> Option<Range<usize>>) -> bool {
    // Without /proc nobody here sees them either.
    let (Ok(stat), Ok(seen)) =
        (std::fs::read_to_string("/proc/self/stat"), std::fs::read("/proc/self/cmdline"))
    else {
        return false;
    };
    // Fields 48 and 49 of proc_pid_stat(5); the third one follows the name in its brackets.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let mut fields = fields.split_ascii_whitespace().skip(45).map(str::parse::<usize>);
    let (Some(Ok(start)), Some(Ok(end))) = (fields.next(), fields.next()) else { return false };
    let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    if start == 0 || end.checked_sub(start) != Some(expected.len()) || seen != expected {
        return false;
    }
    let mut offset = 0;
    let mut any = false;
    for (number, word) in words.iter().enumerate() {
        if let Some(part) = hidden(number).filter(|part| part.start <= part.end && part.end <= word.len()) {
            for at in part {
                // SAFETY: the kernel says that these addresses are our arguments: memory of our
                // own stack, writable, and there until the process ends. What was just read
                // through /proc is what we expect there. The address is below `end`, since
                // `expected` is as long as they are. Nothing in this program keeps a reference
                // to them, and no other thread runs.
                unsafe { ((start + offset + at) as *mut u8).write_volatile(b'*') };
                any = true;
            }
        }
        offset += word.len() + 1;
    }
    any
}

// --- signals ------------------------------------------------------------------------------

/// Changes the calling thread's mask (`SIG_BLOCK`, `SIG_UNBLOCK`, `SIG_SETMASK`) and returns
/// what it was. The system call itself, because the C library hides 32 and 33.
pub fn change_mask(how: c_int, set: Signals) -> Signals {
    let mut old = Signals(0);
    // SAFETY: both pointers are to 64 bits that live through the call, and the size says so.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, how as c_long, &set.0, &mut old.0, mem::size_of::<u64>());
    }
    old
}

/// Signals that wait for this thread or process.
pub fn pending() -> Signals {
    let mut set = Signals(0);
    // SAFETY: the pointer is to 64 bits that live through the call, and the size says so.
    unsafe {
        libc::syscall(libc::SYS_rt_sigpending, &mut set.0, mem::size_of::<u64>());
    }
    set
}

fn is_ignored(signal: c_int) -> bool {
    let mut action = mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: reads the present action into a struct of the right type; all zero is a valid one.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Sets the action of `signal` to the default or to ignoring it. Async-signal-safe.
pub fn set_ignored(signal: c_int, ignored: bool) {
    // SAFETY: all zero is a valid sigaction; neither SIG_DFL nor SIG_IGN is code that could run.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = if ignored { libc::SIG_IGN } else { libc::SIG_DFL };
        libc::sigaction(signal, &action, ptr::null_mut());
    }
}

/// Sends any signal, real-time ones included, with its value if it had one.
pub fn send_signal(pid: pid_t, signal: c_int, value: Option<u64>) -> nix::Result<()> {
    unsafe extern "C" {
        fn sigqueue(pid: pid_t, signal: c_int, value: libc::sigval) -> c_int;
    }
    // SAFETY: plain values; the pointer in `sigval` is only a number that is passed on.
    let result = unsafe {
        match value {
            Some(value) => sigqueue(pid, signal, libc::sigval { sival_ptr: value as *mut libc::c_void }),
            None => libc::kill(pid, signal),
        }
    };
    Errno::result(result).map(drop)
}

// --- processes ----------------------------------------------------------------------------

/// A child that changed its state.
pub struct Waited {
    pub pid: pid_t,
    /// As `wait` returns it; see `WIFEXITED` and its friends.
    pub status: c_int,
    /// Of the child and of those of its children that it waited for.
    pub usage: libc::rusage,
}

/// The next child that ended, stopped or was continued, if any did. Never blocks.
pub fn wait_any() -> Option<Waited> {
    let mut status = 0;
    let mut usage = mem::MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to values of the right type that live through the call;
        // all zero is a valid rusage.
        let (pid, usage) = unsafe {
            let pid = libc::wait4(
                -1,
                &mut status,
                libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED,
                usage.as_mut_ptr(),
            );
            (pid, usage.assume_init())
        };
        match pid {
            -1 if Errno::last() == Errno::EINTR => {}
            ..=0 => return None,
            pid => return Some(Waited { pid, status, usage }),
        }
    }
}

/// A descriptor that becomes readable when process `pid` has ended. Needs Linux 5.3.
pub fn process_descriptor(pid: pid_t) -> io::Result<OwnedFd> {
    // SAFETY: plain numbers.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, c_long::from(pid), 0 as c_long) };
    let number = RawFd::try_from(Errno::result(number)?).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made it, for us alone and with the close-on-exec flag.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Forks and executes `plan`.
pub fn spawn(plan: &Plan) -> io::Result<Spawned> {
    let (report, reporter) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    with_words(plan, |words| {
        // SAFETY: no pointers, no effect.
        let parent = unsafe { libc::getpid() };
        // SAFETY: the child calls `become_program`, `write` and `_exit` and nothing else, which is
        // async-signal-safe, so it does not matter what other threads held when the process was
        // copied.
        match Errno::result(unsafe { libc::fork() })? {
            // SAFETY: all pointers are into vectors of this call, copied with it.
            0 => unsafe {
                let failure = become_program(plan, words, parent);
                let failure = [failure.error as u32, failure.file as u32];
                libc::write(reporter.as_raw_fd(), failure.as_ptr().cast(), mem::size_of_val(&failure));
                libc::_exit(127)
            },
            pid => Ok(Spawned { pid, report }),
        }
    })
}

/// Executes `plan` in this process, which must have one thread. Returns only when that fails.
pub fn execute(plan: &Plan) -> ExecFailure {
    // SAFETY: all pointers are into vectors of this call. What is changed of this process is what
    // the plan says, and no memory.
    with_words(plan, |words| unsafe { become_program(plan, words, libc::getppid()) })
}

/// A plan as `execve` takes it.
struct Words<'a> {
    /// These two end with null and point to strings that end with zero.
    arguments: *const *const c_char,
    environment: *const *const c_char,
    /// In memory of this process, each with 11 bytes of room at the offset.
    own_pid: &'a [(*mut u8, usize)],
}

fn with_words<T>(plan: &Plan, then: impl FnOnce(&Words) -> T) -> T {
    let mut room: Vec<Vec<u8>> = plan.own_pid.iter().map(|name| with_room_for_a_pid(name)).collect();
    let own_pid: Vec<(*mut u8, usize)> =
        room.iter_mut().zip(&plan.own_pid).map(|(e, name)| (e.as_mut_ptr(), name.as_bytes().len())).collect();
    let own_pid_entries = own_pid.iter().map(|(entry, _)| entry.cast_const().cast());
    let environment: Vec<*const c_char> = own_pid_entries.chain(pointers(&plan.environment)).collect();
    let arguments = pointers(&plan.arguments);
    then(&Words { arguments: arguments.as_ptr(), environment: environment.as_ptr(), own_pid: &own_pid })
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect()
}

/// `NAME=` and zeros for ten digits and the end.
fn with_room_for_a_pid(name: &CStr) -> Vec<u8> {
    name.to_bytes().iter().copied().chain([0; 11]).collect()
}

/// Makes this process what the plan says, and executes. Returns only when that fails.
///
/// # Safety
/// The words are what they are said to be. Async-signal-safe.
unsafe fn become_program(plan: &Plan, words: &Words, parent: pid_t) -> ExecFailure {
    // SAFETY: system calls with plain numbers or with pointers into memory of this process, as
    // promised above; nothing is allocated and nothing can panic.
    unsafe {
        for (entry, offset) in words.own_pid {
            write_decimal(entry.add(*offset), libc::getpid());
        }
        if let Some(limit) = &plan.core_limit {
            libc::setrlimit(libc::RLIMIT_CORE, limit);
        }
        for signal in [libc::SIGPIPE, libc::SIGCHLD] {
            set_ignored(signal, plan.ignored.contains(signal));
        }
        for fd in &plan.inherit {
            libc::fcntl(*fd, libc::F_SETFD, 0);
        }
        for (fd, stream) in (0..).zip(plan.streams) {
            match stream {
                Stream::Same => {}
                Stream::Closed => drop(libc::close(fd)),
                Stream::Of(other) => drop(libc::dup2(other, fd)),
            }
        }
        if let Some(signal) = plan.death_signal {
            libc::prctl(libc::PR_SET_PDEATHSIG, signal as c_ulong);
            if libc::getppid() != parent {
                libc::kill(libc::getpid(), signal);
            }
        }
        change_mask(libc::SIG_SETMASK, plan.blocked);

        let mut failure = ExecFailure { error: Errno::ENOENT, file: 0 };
        for (index, file) in plan.files.iter().enumerate() {
            libc::execve(file.as_ptr(), words.arguments, words.environment);
            match Errno::last() {
                // Not here: the next folder may have it. A refusal is remembered.
                Errno::ENOENT | Errno::ENOTDIR | Errno::ESTALE | Errno::ENODEV | Errno::ETIMEDOUT => {}
                Errno::EACCES => failure = ExecFailure { error: Errno::EACCES, file: index },
                error => {
                    failure = ExecFailure { error, file: index };
                    break;
                }
            }
        }
        failure
    }
}

/// Writes a positive number and a zero byte.
///
/// # Safety
/// There is room for 11 bytes at `to`.
unsafe fn write_decimal(to: *mut u8, number: pid_t) {
    let mut power = 1_000_000_000;
    let mut written = 0;
    while power > 0 {
        let digit = (number / power % 10) as u8;
        if written > 0 || digit > 0 || power == 1 {
            // SAFETY: at most ten digits are written.
            unsafe { to.add(written).write(b'0' + digit) };
            written += 1;
        }
        power /= 10;
    }
    // SAFETY: the eleventh byte at most.
    unsafe { to.add(written).write(0) };
}

// --- descriptors --------------------------------------------------------------------------

/// Takes over a descriptor that was inherited by number. Each can be taken once, and none of
/// the standard streams.
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    static TAKEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());
    let mut taken = TAKEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if fd <= libc::STDERR_FILENO || taken.contains(&fd) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: no pointers. Fails when the descriptor is not open.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    taken.push(fd);
    // SAFETY: open, and nobody else in this process has taken it. That no other part owns it
    // is the promise of whoever handed over the number: our own supervisor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// [`adopt`] for a listening socket.
pub fn adopt_listener(fd: RawFd) -> io::Result<TcpListener> {
    adopt(fd).map(TcpListener::from)
}

/// The size of a terminal; `None` when it is none.
pub fn window_size(terminal: BorrowedFd) -> Option<libc::winsize> {
    let mut size = mem::MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: the pointer is to a value of the right type that lives through the call; all zero is a valid one.
    unsafe {
        let got = libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, size.as_mut_ptr());
        (got == 0).then(|| size.assume_init())
    }
}

/// Changes the size of a terminal, and says whether that went well.
pub fn set_window_size(terminal: BorrowedFd, size: &libc::winsize) -> bool {
    // SAFETY: the pointer is to a value of the right type that lives through the call.
    unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, size as *const libc::winsize) == 0 }
}

/// From now on a terminal's master tells of new modes in between what is written (tty_ioctl(4), "Packet mode").
pub fn set_packet_mode(master: BorrowedFd) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: the pointer is to a value of the right type that lives through the call.
    Errno::result(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCPKT, &on as *const c_int) })?;
    Ok(())
}

/// Closes what we inherited beyond the standard streams: it is the target's. Our own
/// descriptors are told apart by the close-on-exec flag, with which no descriptor is inherited.
pub fn close_inherited() {
    let listed = std::fs::read_dir("/proc/self/fd").map(|entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter_map(|name| name.parse().ok()).collect::<Vec<RawFd>>()
    });
    // Without /proc: as far as anybody is likely to have gone.
    for fd in listed.unwrap_or_else(|_| (0..4096).collect()) {
        // SAFETY: no pointers. Everything that this program or its libraries opened has the
        // flag, so what is closed here has no owner.
        unsafe {
            if fd > libc::STDERR_FILENO && libc::fcntl(fd, libc::F_GETFD) == 0 {
                libc::close(fd);
            }
        }
    }
}

// --- memory -------------------------------------------------------------------------------

/// Takes program text that is in memory out of this process's own: most of it was needed once, for
/// the start. What is needed again comes back from the page cache when it is touched.
pub fn forget_text() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    for map in maps.lines() {
        let mut words = map.split_ascii_whitespace();
        let (Some(range), Some("r-xp")) = (words.next(), words.next()) else { continue };
        let ends =
            range.split_once('-').map(|(a, b)| (usize::from_str_radix(a, 16), usize::from_str_radix(b, 16)));
        // Only what a file holds, and not what the kernel made ([vdso]).
        if let (Some((Ok(start), Ok(end))), Some(file)) = (ends, words.nth(3))
            && file.starts_with('/')
        {
            // SAFETY: the kernel says that this is text of a file, mapped privately and not
            // writable: nobody has changed it, and it is read from the file again when needed.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
        }
    }
}

// --- random numbers -----------------------------------------------------------------------

/// Random bytes fit for secrets. The system call itself: the usual library looks the C library's
/// function up at run time, which a static binary cannot, and then wants `/dev/urandom`, which an
/// empty root folder does not have.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        // SAFETY: the pointer and the length are those of a slice that lives through the call.
        let got = unsafe { libc::syscall(libc::SYS_getrandom, rest.as_mut_ptr(), rest.len(), 0) };
        match Errno::result(got) {
            Ok(got) => filled += usize::try_from(got).unwrap_or(0),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}
