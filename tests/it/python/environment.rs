//! What the target finds in its environment and its interpreter, compared with a bare run.

use super::{file, launch, plain, within};
use crate::support::process::{OTEL_RUN, Process};
use crate::support::skip;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The environment of a command, by name.
fn environment(command: &mut Command) -> BTreeMap<String, String> {
    let finished = Process::start(command).finish();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    finished
        .stdout
        .split('\0')
        .filter_map(|pair| pair.split_once('='))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
}

/// Differences between a bare start of `env -0` and one under otel-run.
fn changes(flags: &str, program: &Path, set: &[(&str, &str)]) -> Vec<String> {
    let program = format!("{} -0", program.display());
    let with = |mut command: Command| environment(command.envs(set.iter().copied()));
    let bare = with(within(&plain(), program.split(' ')));
    let ours = with(launch(&plain(), flags, &program));
    let mut changes = Vec::new();
    for (name, value) in &ours {
        if bare.get(name) != Some(value) {
            changes.push(format!("+{name}={}", masked(name, value)));
        }
    }
    changes.extend(bare.keys().filter(|name| !ours.contains_key(*name)).map(|name| format!("-{name}")));
    changes.sort();
    changes
}

/// What differs from launch to launch.
fn masked(name: &str, value: &str) -> String {
    match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => {
            let port = value.strip_prefix("http://127.0.0.1:").and_then(|port| port.parse::<u16>().ok());
            port.map_or(value.to_owned(), |_| "LOOPBACK".to_owned())
        }
        "OTEL_EXPORTER_OTLP_HEADERS" => {
            let token = value.strip_prefix("x-otel-run-token=").unwrap_or_default();
            let hex = token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit());
            if hex { "TOKEN".to_owned() } else { value.to_owned() }
        }
        "PYTHONPATH" => match value.split_once(':') {
            Some((shim, rest)) if is_shim(shim) => format!("SHIM:{rest}"),
            None if is_shim(value) => "SHIM".to_owned(),
            _ => value.to_owned(),
        },
        "NODE_OPTIONS" => match value.strip_prefix("--require ") {
            Some(file) if file.ends_with("/otel-run.cjs") && Path::new(file).is_file() => "SHIM".to_owned(),
            _ => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

fn is_shim(directory: &str) -> bool {
    Path::new(directory).join("sitecustomize.py").is_file()
}

/// A copy of `env` under another name.
fn env_named(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join(name);
    std::fs::copy("/usr/bin/env", &program).expect("env");
    (folder, program)
}

const UPSTREAM: [(&str, &str); 6] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://backend.example.com"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=secret"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "900"),
    ("OTEL_PROPAGATORS", "b3"),
    ("PYTHONPATH", "/a::/b"),
];

/// STA-5 and SEC-8, at the target itself.
#[test]
fn the_documented_changes_and_no_others() {
    let (_folder, program) = env_named("server");
    let flags =
        "--metrics_exporter none --logs_exporter none --host_metrics off --service_name shop --grace 0";
    assert_eq!(
        changes(flags, &program, &UPSTREAM),
        [
            "+NODE_OPTIONS=SHIM",
            "+OTEL_BLRP_MAX_QUEUE_SIZE=8192",
            "+OTEL_BLRP_SCHEDULE_DELAY=1000",
            "+OTEL_BSP_MAX_QUEUE_SIZE=8192",
            "+OTEL_BSP_SCHEDULE_DELAY=1000",
            "+OTEL_EXPERIMENTAL_RESOURCE_DETECTORS=otel",
            "+OTEL_EXPORTER_OTLP_ENDPOINT=LOOPBACK",
            "+OTEL_EXPORTER_OTLP_HEADERS=TOKEN",
            "+OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "+OTEL_LOGS_EXPORTER=none",
            "+OTEL_METRICS_EXPORTER=none",
            "+OTEL_METRIC_EXPORT_INTERVAL=60000",
            "+OTEL_RUN_ACTIVE=1",
            concat!("+OTEL_RUN_VERSION=", env!("CARGO_PKG_VERSION")),
            "+OTEL_SEMCONV_STABILITY_OPT_IN=http,database",
            "+OTEL_SERVICE_NAME=shop",
            "+OTEL_TRACES_EXPORTER=otlp",
            "+PYTHONPATH=SHIM:/a::/b",
            "-OTEL_EXPORTER_OTLP_TIMEOUT",
            "-OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        ]
    );
}

/// STA-8.
#[test]
fn tools_start_untouched() {
    for name in ["pip", "pip3.12", "aws", "kubectl", "poetry"] {
        let (_folder, program) = env_named(name);
        let flags = "--service_name shop --exporter_otlp_headers api-key=flag";
        assert_eq!(changes(flags, &program, &UPSTREAM), [""; 0], "{name}");
    }
}

/// What a program can see of its interpreter, besides the environment.
const INTERPRETER: &str = "
import logging, signal, sys, threading, atexit, warnings
print(sys.path, sys.argv, sys.flags, sys.warnoptions, warnings.filters)
print(logging.root.handlers, logging.root.level, logging.getLogger('opentelemetry').handlers)
print([signal.getsignal(n) for n in sorted(signal.valid_signals())])
print(threading.active_count(), sys.excepthook, sys.unraisablehook, sys.meta_path, sys.path_hooks)
logging.warning('on stderr, as ever')
";

#[test]
fn a_tool_in_the_tree_sees_what_it_sees_bare() {
    for words in [["python", "-m", "pip", "list"], ["python", "-m", "pip", "--version"]] {
        let bare = Process::start(&mut within(&plain(), words)).finish();
        let line = format!("sh -c {}", words.join("_"));
        assert!(bare.status.success(), "{line}");
        let mut run = within(
            &plain(),
            [
                OTEL_RUN,
                "--traces_exporter",
                "otlp",
                "--metrics_exporter",
                "none",
                "--grace",
                "0",
                "--",
                "sh",
                "-c",
            ],
        );
        let ours = Process::start(run.arg(words.join(" ") + " && true")).finish();
        assert_eq!((&ours.stdout, ours.status), (&bare.stdout, bare.status), "{}", ours.stderr);
        assert!(!ours.stderr.contains("no opentelemetry"), "{}", ours.stderr);
    }
}

#[test]
fn an_interpreter_with_opentelemetry_is_otherwise_as_bare() {
    let bare = Process::start(&mut within(&super::web(), ["python", "-c", INTERPRETER])).finish();
    let mut run = within(&super::web(), [OTEL_RUN]);
    run.args(["--traces_exporter", "console", "--metrics_exporter", "none", "--logs_exporter", "none", "--"]);
    let ours = Process::start(run.args(["python", "-c", INTERPRETER])).finish();
    let without_threads = |text: &str| -> Vec<String> {
        // The SDK's threads are those of its batches, and our finder waits for libraries that no
        // instrumentation observes; everything else is the same.
        let text = text.replace("<class '_otel_run.builtin.hooks._Finder'>, ", "");
        text.lines().map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned()).collect()
    };
    assert_eq!(
        addresses_hidden(&without_threads(&ours.stdout)),
        addresses_hidden(&without_threads(&bare.stdout))
    );
    assert_eq!(ours.stderr, bare.stderr);
}

/// `<function f at 0x7f…>` without the address.
fn addresses_hidden(lines: &[String]) -> Vec<String> {
    let hidden = |line: &String| {
        line.split("0x").map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit())).collect()
    };
    lines.iter().map(hidden).collect()
}

fn can_unshare() -> bool {
    let output = Command::new("unshare").args(["-rm", "true"]).output();
    output.is_ok_and(|output| output.status.success())
}

/// A shell line under otel-run, where every place for the shim is read-only. `installed` lies
/// where a package would put it.
fn nowhere_to_write(installed: Option<&Path>, line: &str) -> Command {
    // The program first: its own folder may be among those that are covered.
    let script = "mount -t tmpfs none /mnt
        mkdir -p /mnt/bin /mnt/share/otel-run/shims
        cp \"$0\" /mnt/bin/otel-run
        if [ -n \"$INSTALLED\" ]; then cp -r \"$INSTALLED\"/* /mnt/share/otel-run/shims; fi
        for place in /run /tmp /dev/shm; do mount -t tmpfs -o ro none $place; done
        exec /mnt/bin/otel-run \"$@\"";
    let mut run = within(&plain(), ["unshare", "-rm", "sh", "-c", script, OTEL_RUN]);
    for name in ["TMPDIR", "XDG_RUNTIME_DIR", "OTEL_RUN_HOME", "NODE_OPTIONS"] {
        run.env_remove(name);
    }
    run.env("INSTALLED", installed.map(Path::as_os_str).unwrap_or_default());
    run.args(["--traces_exporter", "console", "--metrics_exporter", "none"]);
    run.args(["--logs_exporter", "none", "--", "sh", "-c", line]);
    run
}

/// STA-4: no directory for the shim can be written.
#[test]
fn no_place_for_the_shim() {
    if !can_unshare() {
        return skip("unshare with user and mount namespaces");
    }
    let finished = Process::start(&mut nowhere_to_write(None, "echo runs; exit 7")).finish();
    assert_eq!(
        (finished.stdout.as_str(), finished.status.code()),
        ("runs\n", Some(7)),
        "{}",
        finished.stderr
    );
    assert_eq!(
        finished.stderr,
        "otel-run: no Python and no Node.js instrumentation: /run/otel-run: Read-only file system; \
         /tmp/otel-run-0: Read-only file system; /dev/shm/otel-run-0: Read-only file system\n"
    );
}

/// A package has put the shim beside the program, and nothing else can be written.
#[test]
fn the_shim_that_a_package_installed() {
    if !can_unshare() {
        return skip("unshare with user and mount namespaces");
    }
    let shims = file("../../../shims");
    let finished =
        Process::start(&mut nowhere_to_write(Some(&shims), "echo $PYTHONPATH $NODE_OPTIONS")).finish();
    let expected = "/mnt/share/otel-run/shims/python --require /mnt/share/otel-run/shims/node/otel-run.cjs\n";
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), (expected, ""));
}

/// SEC-12: started as root, the target becomes another user and can still read the shim.
#[test]
fn a_target_that_becomes_another_user() {
    if !nix::unistd::geteuid().is_root() {
        return skip("root, to become another user");
    }
    let home = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("permissions");
    let mut run = within(&plain(), ["sh", "-c", "umask 077; exec \"$@\"", "sh", OTEL_RUN]);
    run.env("OTEL_RUN_HOME", home.path());
    run.args(["--traces_exporter", "console", "--metrics_exporter", "none", "--logs_exporter", "none", "--"]);
    run.args(["setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/python3", "-c"]);
    let finished = Process::start(run.arg("import sys; print('_otel_run' in sys.modules)")).finish();
    assert_eq!(finished.stdout, "True\n", "{}", finished.stderr);
}

#[test]
fn the_shim_of_the_repository_is_the_one_that_is_placed() {
    let home = tempfile::tempdir().expect("a folder");
    let mut run = launch(
        &plain(),
        "--traces_exporter console --metrics_exporter none --logs_exporter none",
        "python -c pass",
    );
    let finished =
        Process::start(run.env("OTEL_RUN_HOME", home.path()).env("PYTHONDONTWRITEBYTECODE", "1")).finish();
    assert!(finished.status.success());
    let shims = std::fs::read_dir(home.path().join("shims"))
        .expect("the folder")
        .next()
        .expect("a shim")
        .expect("an entry");
    let placed = std::fs::read(shims.path().join("sitecustomize.py")).expect("the shim");
    let source = file("../../../shims/python/sitecustomize.py");
    assert_eq!(placed, std::fs::read(source).expect("the source"));
}
