//! Host and process metrics, and the event of the target's end, of the real program.

use crate::support::process::{Finished, OTEL_RUN, Process, bare, children, eventually};
use crate::support::skip;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// otel-run with metrics and logs to the console, in front of a shell script.
fn measured(flags: &[&str], script: &str) -> Process {
    let mut run = bare([OTEL_RUN, "--traces_exporter", "none"]);
    run.args(["--metrics_exporter", "console", "--logs_exporter", "console"]);
    Process::start(run.args(flags).args(["--", "sh", "-c", script]))
}

/// The documents that a console prints, one after the other.
fn documents(text: &str) -> Vec<Value> {
    let all = serde_json::Deserializer::from_str(text).into_iter();
    // The last one may not be complete yet.
    all.map_while(Result::ok).collect()
}

/// Data points by metric, of each collection.
fn collections(documents: &[Value]) -> Vec<BTreeMap<String, Vec<Value>>> {
    let metrics = |document: &Value| -> BTreeMap<String, Vec<Value>> {
        let scopes = document["resource_metrics"][0]["scope_metrics"].as_array().cloned().unwrap_or_default();
        let metrics =
            scopes.iter().flat_map(|scope| scope["metrics"].as_array().cloned().unwrap_or_default());
        metrics
            .map(|metric| {
                let points = metric["data"]["data_points"].as_array().cloned().unwrap_or_default();
                (metric["name"].as_str().unwrap_or_default().to_owned(), points)
            })
            .collect()
    };
    documents.iter().filter(|document| document.get("resource_metrics").is_some()).map(metrics).collect()
}

/// Sum over the attributes.
fn sum(collection: &BTreeMap<String, Vec<Value>>, metric: &str) -> f64 {
    let points = collection.get(metric).unwrap_or_else(|| panic!("{metric} in {:?}", collection.keys()));
    points.iter().filter_map(|point| point["value"].as_f64()).sum()
}

fn exit_events(documents: &[Value]) -> Vec<&Value> {
    documents.iter().filter(|document| document["event_name"] == "process.exit").collect()
}

#[test]
fn a_program_without_any_sdk_has_host_and_process_figures() {
    let flags = ["--service_name", "plain", "--resource_attributes", "deployment.environment.name=test"];
    let Finished { status, stdout, stderr } = measured(&flags, "exit 0").finish();
    assert!(status.success(), "{stderr}");
    assert_eq!(stderr, "");
    let documents = documents(&stdout);
    let collections = collections(&documents);
    let last = collections.last().expect("a last collection");
    for metric in [
        "system.cpu.time",
        "system.cpu.logical.count",
        "system.cpu.load_average.1m",
        "system.memory.usage",
        "system.memory.limit",
        "system.memory.utilization",
        "system.paging.faults",
        "system.uptime",
        "process.cpu.time",
        "process.context_switches",
        "process.paging.faults",
        "process.uptime",
        "otel_run.target.exits",
    ] {
        assert!(last.contains_key(metric), "{metric} in {:?}", last.keys());
    }
    assert!(sum(last, "process.paging.faults") > 0.0);
    let resource =
        &documents.iter().find(|d| d.get("resource_metrics").is_some()).unwrap()["resource_metrics"][0];
    let attributes = &resource["resource"]["attributes"];
    assert_eq!(attributes["service.name"], "plain");
    assert_eq!(attributes["deployment.environment.name"], "test");
    assert_eq!(attributes["telemetry.distro.name"], "otel-run");
    assert_eq!(attributes["process.command"], "sh");
    let event = exit_events(&documents)[0];
    assert_eq!(event["severity_text"], "INFO");
    assert_eq!(event["attributes"]["process.exit.code"], 0);
    assert_eq!(event["resource"]["attributes"]["service.instance.id"], attributes["service.instance.id"]);
}

#[test]
fn the_whole_tree_is_measured_while_it_runs() {
    let script = "sleep 60 & a=$!; sleep 60 & b=$!; trap \"kill $a $b; exit 0\" TERM; wait";
    let mut process = measured(&[], script);
    let text = process.until_stdout("\n}\n");
    process.signal(Signal::SIGTERM);
    assert!(process.finish().status.success());
    let first = collections(&documents(&text)).into_iter().next().expect("a first collection");
    assert_eq!(sum(&first, "otel_run.target.process.count"), 3.0);
    assert_eq!(sum(&first, "process.thread.count"), 3.0);
    for metric in [
        "process.memory.usage",
        "process.memory.virtual",
        "process.memory.private",
        "process.memory.utilization",
        "process.unix.file_descriptor.count",
    ] {
        assert!(sum(&first, metric) > 0.0, "{metric}");
    }
    assert!(sum(&first, "process.memory.private") < sum(&first, "process.memory.usage"));
}

#[test]
fn a_child_that_ended_keeps_its_cpu_time() {
    let work = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exit 0";
    let script = format!("sh -c '{work}'; sleep 0.4; sh -c '{work}'; sleep 0.4; exit 3");
    let finished = measured(&["--metric_export_interval", "200"], &script).finish();
    assert_eq!(finished.status.code(), Some(3));
    let documents = documents(&finished.stdout);
    let times: Vec<f64> =
        collections(&documents).iter().map(|collection| sum(collection, "process.cpu.time")).collect();
    assert!(times.len() > 3, "{times:?}");
    assert!(times.is_sorted(), "never less than before: {times:?}");
    let event = exit_events(&documents)[0];
    let rusage = event["attributes"]["process.exit.cpu.user"].as_f64().unwrap()
        + event["attributes"]["process.exit.cpu.system"].as_f64().unwrap();
    let last = times.last().copied().unwrap();
    assert!(rusage > 0.05, "it did work: {rusage}");
    assert!((last - rusage).abs() < 0.02, "{last} is the kernel's {rusage}");
    assert_eq!(event["severity_text"], "ERROR");
    assert_eq!(event["attributes"]["process.exit.code"], 3);
}

#[test]
fn a_death_by_signal_is_reported() {
    for (signal, severity) in [("SEGV", "FATAL"), ("KILL", "ERROR"), ("TERM", "INFO")] {
        let finished =
            measured(&["--host_metrics", "off"], &format!("ulimit -c 0; kill -{signal} $$")).finish();
        assert!(finished.status.signal().is_some(), "{finished:?}");
        let documents = documents(&finished.stdout);
        let event = exit_events(&documents)[0];
        assert_eq!(event["severity_text"], severity);
        assert_eq!(event["attributes"]["process.exit.signal"], format!("SIG{signal}"));
        assert_eq!(event["attributes"]["process.exit.core_dumped"], false);
        assert!(event["attributes"].get("process.exit.code").is_none());
        let body = event["body"].as_str().unwrap();
        assert!(body.contains(&format!("was ended by SIG{signal} after")), "{body}");
        let collections = collections(&documents);
        let metrics: Vec<&String> = collections.iter().flat_map(BTreeMap::keys).collect();
        assert_eq!(metrics, ["otel_run.target.exits"], "host metrics are off");
    }
}

#[test]
fn without_proc_the_rest_is_still_told() {
    // The new mounts are seen by this process and its descendants only.
    let hidden = "mount -t tmpfs none /proc && exec \"$@\"";
    let mut probe = bare(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc"]);
    if !Process::start(&mut probe).finish().status.success() {
        skip("mount namespaces");
        return;
    }
    let mut run = bare(["unshare", "-m", "sh", "-c", hidden, "sh", OTEL_RUN, "--traces_exporter", "none"]);
    run.args(["--metrics_exporter", "console", "--logs_exporter", "console", "--", "sh", "-c", "exit 4"]);
    let finished = Process::start(&mut run).finish();
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(4), ""));
    let documents = documents(&finished.stdout);
    assert_eq!(exit_events(&documents)[0]["attributes"]["process.exit.code"], 4);
    let collections = collections(&documents);
    let last = collections.last().expect("a last collection");
    assert!(sum(last, "process.paging.faults") > 0.0, "from the kernel's last word");
    for metric in ["system.memory.usage", "system.paging.usage", "system.cpu.time", "process.memory.usage"] {
        assert!(!last.contains_key(metric), "{metric} cannot be known");
    }
}

/// A control group of this test with a limit of memory; removed at the end.
struct Group(PathBuf);

impl Group {
    fn with_limit(bytes: u64) -> Option<Group> {
        let name = format!("otel-run-test-{}", std::process::id());
        let make = |root: &str, file: &str| {
            let folder = Path::new(root).join(&name);
            fs::create_dir(&folder).ok()?;
            let group = Group(folder);
            fs::write(group.0.join(file), bytes.to_string()).ok()?;
            // No way out to the swap. A kernel without one has no such file.
            let _ = fs::write(group.0.join("memory.swap.max"), "0");
            let _ = fs::write(group.0.join("memory.memsw.limit_in_bytes"), bytes.to_string());
            Some(group)
        };
        make("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            .or_else(|| make("/sys/fs/cgroup", "memory.max"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// EXT-3: a target that the kernel kills for want of memory.
#[test]
fn a_limit_of_memory_is_respected_and_its_kill_is_told() {
    const LIMIT: u64 = 128 << 20;
    let Some(group) = Group::with_limit(LIMIT) else {
        skip("control groups with a limit of memory");
        return;
    };
    // Works below the limit until the first figures are there, then takes all.
    let greedy = "import sys\nkept = bytearray(16 << 20)\nsys.stdin.read()\nkept = bytearray(1 << 30)";
    let join = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", group.0.display());
    let mut run = bare(["sh", "-c", &join, "sh", OTEL_RUN, "--traces_exporter", "none"]);
    run.args(["--shim", "off", "--metrics_exporter", "console", "--logs_exporter", "console"]);
    let mut process = Process::start_with_stdin(run.args(["--", "python3", "-c", greedy]), Stdio::piped());
    let first = process.until_stdout("\n}\n");
    drop(process.stdin.take());
    let finished = process.finish();
    assert_eq!(finished.status.signal(), Some(Signal::SIGKILL as i32), "{}", finished.stderr);

    let first = &collections(&documents(&first))[0];
    assert_eq!(sum(first, "container.memory.limit"), LIMIT as f64);
    let (share, usage) = (sum(first, "process.memory.utilization"), sum(first, "process.memory.usage"));
    assert!((share - usage / LIMIT as f64).abs() < 1e-9, "{share} of the limit, not of the machine");
    let documents = documents(&finished.stdout);
    let event = exit_events(&documents)[0];
    assert_eq!(event["attributes"]["process.exit.oom_killed"], true);
    assert_eq!(event["severity_text"], "FATAL");
    let body = event["body"].as_str().unwrap();
    assert!(body.contains("was ended by SIGKILL, out of memory after"), "{body}");
}

#[test]
fn arguments_of_any_length_are_no_trouble() {
    // Longer together than any message to the agent, each within the kernel's limit.
    let mut run = bare([OTEL_RUN, "--traces_exporter=none", "--metrics_exporter=none"]);
    run.args(["--logs_exporter=console", "--", "true"]).args(vec!["x".repeat(100_000); 12]);
    let finished = Process::start(&mut run).finish();
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(0), ""), "{}", finished.stdout);
    assert_eq!(exit_events(&documents(&finished.stdout)).len(), 1, "{}", finished.stdout);
}

#[test]
fn another_agent_measures_the_same_instance() {
    let run = measured(&["--metric_export_interval", "200"], "sleep 2");
    let agent = eventually("the agent", || {
        let name = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        children(run.pid).into_iter().find(|pid| name(pid) == "otel-agent\n")
    });
    let mut run = run;
    run.until_stdout("resource_metrics");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(agent), Signal::SIGKILL).unwrap();
    run.until_stderr("the agent was restarted");
    let documents = documents(&run.finish().stdout);
    let instances: Vec<&Value> = documents
        .iter()
        .map(|document| &document["resource_metrics"][0]["resource"]["attributes"]["service.instance.id"])
        .filter(|instance| instance.is_string())
        .collect();
    assert!(instances.len() > 1, "{documents:?}");
    assert!(instances.windows(2).all(|pair| pair[0] == pair[1]), "{instances:?}");
}
