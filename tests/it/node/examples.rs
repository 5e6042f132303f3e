//! The examples' own scripts, with a binary and packages that are there already.

use super::plain;
use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use std::fs;
use std::path::Path;

/// Runs an example to its end, in a folder above which its packages are.
fn run(name: &str) -> Finished {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let copies = plain().join("examples-of-the-repository");
    let folder = copies.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    for entry in fs::read_dir(examples.join(name)).expect("the example") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_file() {
            fs::copy(entry.path(), folder.join(entry.file_name())).expect("a copy");
        }
    }
    let common = copies.join(format!(".{name}"));
    fs::copy(examples.join("common.sh"), &common).expect("a copy");
    fs::rename(common, copies.join("common.sh")).expect("a name"); // others may read it right now
    let mut command = bare(["bash".as_ref(), folder.join("run.sh").as_os_str()]);
    command.env_remove("NODE_OPTIONS").env("READY_MODULES", "yes");
    command.env("READY_BIN", Path::new(OTEL_RUN).parent().expect("a folder"));
    let finished = Process::start(&mut command).finish();
    assert!(finished.status.success(), "{name}: {finished:#?}");
    assert!(finished.stderr.contains("== ended with status "), "{name}: {finished:#?}");
    finished
}

/// The one line of the console in which all these words stand.
fn line<'a>(finished: &'a Finished, words: &[&str]) -> &'a str {
    let found: Vec<_> =
        finished.stdout.lines().filter(|line| words.iter().all(|word| line.contains(word))).collect();
    assert_eq!(found.len(), 1, "{words:?}: {found:#?} of {}\n{}", finished.stdout, finished.stderr);
    found[0]
}

fn trace(line: &str) -> &str {
    line.split(" trace=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{line}"))
}

/// Spans under their route, and a log record in the trace of the request that it is about: the last
/// one, after which the server is stopped at once.
fn shows(name: &str, status: &str, said: &str) {
    let finished = run(name);
    for path in ["url.path=/items/1 ", "url.path=/items/2 "] {
        line(&finished, &["SPAN", "server GET /items/:item ", "http.response.status_code=200", path]);
    }
    let missing = line(&finished, &["SPAN", "server GET /items/:item ", status]);
    assert_eq!(trace(line(&finished, &["WARN ", said])), trace(missing));
    assert!(finished.stdout.contains("METRIC http.server.request.duration "), "{}", finished.stdout);
}

#[test]
fn express() {
    shows("express", "http.response.status_code=500", "no item 404");
}

#[test]
fn fastify() {
    shows("fastify", "http.response.status_code=500", "no such item");
}

#[test]
fn koa() {
    shows("koa", "http.response.status_code=500", "no item 404");
}

#[test]
fn node_http() {
    let finished = run("node-http");
    let twice = trace(line(&finished, &["SPAN", "server GET ", "url.path=/twice "]));
    let spans = finished.stdout.lines().filter(|line| line.contains("SPAN") && line.contains(twice));
    assert_eq!(spans.count(), 5, "{}", finished.stdout);
}
