//! Whatever the machine lacks, the program behaves as without us: the same lines, the same end, and at most a line of ours.

use super::home;
use crate::support::process::{Finished, OTEL_RUN, Process, bare, eventually};
use crate::support::skip;
use nix::sys::signal::Signal;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

const QUIETLY: [&str; 6] =
    ["--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter", "none"];
/// What each interpreter says in a shell: that it runs.
const ALL: &str = "python3 -c 'print(\"python\")'; node -p '\"node\"'; ruby -e 'puts \"ruby\"'; \
                   php -r 'echo \"php\\n\";'; exit 7";
const SAID: &str = "python\nnode\nruby\nphp\n";
const GEM: &str =
    "ruby/gems/opentelemetry-auto-instrumentation-0.1.0/lib/opentelemetry-auto-instrumentation.rb";

/// Nothing of the outside that changes an interpreter.
fn clean(command: &mut Command) -> &mut Command {
    for name in
        ["PYTHONPATH", "NODE_OPTIONS", "RUBYOPT", "PHP_INI_SCAN_DIR", "GEM_HOME", "TMPDIR", "XDG_RUNTIME_DIR"]
    {
        command.env_remove(name);
    }
    command
}

fn finish(command: &mut Command) -> Finished {
    Process::start(clean(command)).finish()
}

#[track_caller]
fn assert_as_bare(finished: &Finished) {
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), (SAID, ""), "{finished:?}");
    assert_eq!(finished.status.code(), Some(7));
}

/// Places where nothing may be executed are as good as any: the files are read.
#[test]
fn nothing_may_be_executed_where_the_shims_are() {
    if !bare(["unshare", "-rm", "true"]).output().is_ok_and(|output| output.status.success()) {
        return skip("unshare with user and mount namespaces");
    }
    let script = "mount -t tmpfs none /mnt && cp \"$0\" /mnt/otel-run
        for place in /run /tmp /dev/shm; do mount -t tmpfs -o noexec none $place; done
        exec /mnt/otel-run \"$@\"";
    let mut run = bare(["unshare", "-rm", "sh", "-c", script, OTEL_RUN]);
    // The folder of the tests may be among those that are covered.
    run.env_remove("OTEL_RUN_HOME").current_dir("/").args(QUIETLY);
    run.args(["--languages", "python,node,ruby,php", "--", "sh", "-c"]);
    let line = format!("test -n \"$PYTHONPATH$NODE_OPTIONS\" || exit 1; {ALL}");
    assert_as_bare(&finish(run.arg(line)));
}

/// SEC-12: whoever the program becomes can read what it is told to load.
#[test]
fn the_program_becomes_somebody_else() {
    if !nix::unistd::geteuid().is_root() {
        return skip("root, to become another user");
    }
    let home = home(GEM, "$gem = 1\n");
    let mut run = bare(["sh", "-c", "umask 077; exec \"$@\"", "sh", OTEL_RUN]);
    run.env("OTEL_RUN_HOME", home.path()).args(QUIETLY).args(["--languages", "python,node,ruby,php", "--"]);
    run.args(["setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c"]);
    let line = ALL.replace("puts \"ruby\"", "puts \"ruby\" if $gem");
    assert_as_bare(&finish(run.arg(line)));
}

/// What was named is gone when the interpreter starts. (Node.js and Ruby cannot be told to go on without it.)
#[test]
fn files_that_are_gone() {
    let home = home("php/conf.d/50-ours.ini", "user_agent = ours\n");
    let mut run = bare([OTEL_RUN]);
    run.env("OTEL_RUN_HOME", home.path()).args(QUIETLY).args(["--languages", "python,php", "--", "sh", "-c"]);
    let line = format!(
        "test -n \"$PYTHONPATH$PHP_INI_SCAN_DIR\" || exit 1; rm -r \"$OTEL_RUN_HOME\"; mkdir \"$OTEL_RUN_HOME\"; {ALL}"
    );
    assert_as_bare(&finish(run.arg(line)));
}

/// The variables of another vendor's agent: ours stays out, and says so once.
#[test]
fn another_vendors_agent() {
    let mut run = bare([OTEL_RUN]);
    run.args(QUIETLY).args([
        "--",
        "sh",
        "-c",
        "test -z \"$PYTHONPATH$NODE_OPTIONS\" || exit 1; echo $OTEL_RUN_ACTIVE; exit 7",
    ]);
    let finished = finish(run.env("NEW_RELIC_LICENSE_KEY", "x"));
    let said = "otel-run: NEW_RELIC_LICENSE_KEY is set: the program is left to New Relic (--languages NAMES insists)\n";
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("1\n", said));
    assert_eq!(finished.status.code(), Some(7));
}

/// Programs that `--only` does not name load nothing, however they are started.
#[test]
fn only_what_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["shop", "other"] {
        let script = folder.path().join(format!("{name}.py"));
        std::fs::write(script, "import sys\nprint('_otel_run.begin' in sys.modules)\n").expect("a script");
        let script = folder.path().join(format!("{name}.js"));
        // Our files are in no cache that a program sees; that something waits for its end, it may see.
        std::fs::write(script, "console.log(process.listenerCount('exit') > 0);\n").expect("a script");
    }
    let mut run = bare([
        OTEL_RUN,
        "--quiet",
        "--only",
        "shop*",
        "--traces_exporter",
        "console",
        "--metrics_exporter",
        "none",
    ]);
    run.args(["--logs_exporter", "none", "--", "sh", "-c", "for n in shop other; do node $n.js; done"])
        .current_dir(folder.path());
    let finished = finish(&mut run);
    assert_eq!(finished.stdout, "true\nfalse\n", "{finished:?}");
    let judged = "import sys; sys.path.insert(0, sys.argv[1]); import _otel_run.role as role
print([role.judge(['python3', name])[0] for name in ('shop.py', '/srv/shop.py', 'other.py')])";
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/shims/python");
    let mut python = bare(["python3", "-B", "-c", judged, shim]);
    let finished = finish(python.env("OTEL_RUN_ONLY", "shop*"));
    assert_eq!(finished.stdout, "['active', 'active', 'runner']\n", "{finished:?}");
}

/// STA-8.
#[test]
fn tools_start_untouched() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, word) in [
        ("keytool", ""),
        ("javac", ""),
        ("gradle", "bootRun"),
        ("mvn", "package"),
        ("npm", "ci"),
        ("yarn", "add"),
        ("bundle", "install"),
        ("dotnet", "build"),
    ] {
        let program = folder.path().join(name);
        std::fs::write(&program, "#!/bin/sh\nenv | grep -v ^_=\n").expect("a script");
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("permissions");
        let program = program.to_str().expect("UTF-8");
        let alone = finish(&mut bare([program, word]));
        let ours =
            finish(bare([OTEL_RUN]).args(QUIETLY).args(["--service_name", "shop", "--", program, word]));
        assert_eq!((&ours.stdout, ours.status), (&alone.stdout, alone.status), "{name}: {ours:?}");
    }
}

/// A service that cleans temporary folders by age leaves those alone that somebody has locked.
#[test]
fn the_files_are_held_as_long_as_the_program_runs() {
    let home = tempfile::tempdir().expect("a folder");
    let mut run = bare([OTEL_RUN]);
    run.args(["--languages", "python,node", "--", "cat"]).env("OTEL_RUN_HOME", home.path());
    let program = Process::start_with_stdin(clean(&mut run), Stdio::piped());
    let shims = || std::fs::read_dir(home.path().join("shims")).into_iter().flatten().flatten();
    let locked = || {
        let taken = |folder: std::fs::DirEntry| {
            let folder = std::fs::File::open(folder.path()).expect("a folder");
            folder.try_lock().is_err()
        };
        shims().map(taken).filter(|taken| *taken).count()
    };
    eventually("both shims are locked", || (locked() == 2).then_some(()));
    program.signal(Signal::SIGTERM);
    program.finish();
    assert_eq!((shims().count(), locked()), (2, 0));
}
