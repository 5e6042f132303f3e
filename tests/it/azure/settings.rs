//! Which resource is meant, and that nobody else learns of it, with the real program.

use crate::support::process::{Finished, OTEL_RUN, Process, bare, children, eventually, name_of};

const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const KEY: &str = "0af76519-16cd-43dd-8448-eb211c80319c";

/// To an endpoint where nobody is.
fn connection() -> String {
    format!("InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9/")
}

fn otel_run(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = bare([OTEL_RUN]);
    command.args(arguments).envs(variables.iter().copied());
    Process::start(&mut command).finish()
}

#[test]
fn the_key_is_shown_by_nothing() {
    let connection = connection();
    for (arguments, variables) in [
        (&["doctor", "--offline", "true"][..], &[(STRING, connection.as_str())][..]),
        (&["doctor", "--offline", "--json", "--connection_string", &connection, "true"], &[]),
        (&["doctor", "--offline", "true"], &[("APPINSIGHTS_INSTRUMENTATIONKEY", KEY)]),
        (&["env", "--connection_string", &connection, "true"], &[]),
        (&["env", "--format", "json", "true"], &[(STRING, connection.as_str())]),
        (&["-vv", "--connection_string", &connection, "printenv"], &[]),
        (&["-vv", "printenv"], &[(STRING, connection.as_str())]),
        (&["--connection_string", &connection.replace("//127", "/127"), "printenv"], &[]),
        (&["--connection_string", &connection.replace(';', ","), "printenv"], &[]),
        (&["--connection_string", KEY, "printenv"], &[]),
        (&["--connection_string", &connection, "--no_such_flag", "printenv"], &[]),
        (&["--connection_string", &connection, "settings"], &[]),
    ] {
        let Finished { stdout, stderr, .. } = otel_run(arguments, variables);
        let shown = format!("{stdout}{stderr}");
        assert!(!shown.contains(KEY), "{arguments:?} {variables:?}: {shown}");
    }
}

#[test]
fn the_program_gets_no_connection_string() {
    let connection = connection();
    let variables =
        [(STRING, connection.as_str()), ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD")];
    let seen = otel_run(&["printenv"], &variables);
    assert!(seen.status.success(), "{seen:?}");
    let nowhere = format!(
        "{STRING}=InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://127"
    );
    assert_eq!(seen.stdout.matches("APPLICATIONINSIGHTS_").count(), 1, "{}", seen.stdout);
    assert!(seen.stdout.contains(&nowhere), "{}", seen.stdout);
    let seen = otel_run(&["--keep-inprocess-azure", "printenv"], &variables);
    assert!(seen.stdout.contains(&format!("{STRING}={connection}\n")), "{}", seen.stdout);
    let others = ["--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter", "none"];
    let seen = otel_run(&[&others[..], &["printenv"]].concat(), &variables);
    assert!(seen.stdout.contains(&format!("{STRING}={connection}\n")), "nothing of ours goes there");
}

#[test]
fn refusals_come_before_the_program() {
    for (arguments, what) in [
        (&["--traces_exporter", "azure"][..], "the azure exporter has no connection string\n  from: flag"),
        (
            &["--connection_string", "IngestionEndpoint=https://h"],
            "APPLICATIONINSIGHTS_CONNECTION_STRING: has no InstrumentationKey\n  from: flag --connection_string\n",
        ),
    ] {
        let finished = otel_run(&[arguments, &["echo", "started"]].concat(), &[]);
        assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(finished.stderr.starts_with(&format!("otel-run: {what}")), "{}", finished.stderr);
    }
}

/// SEC-7: whoever reads the list of processes sees what was started, and no secret.
#[test]
fn secrets_disappear_from_the_list_of_processes() {
    let arguments = [
        &format!("--connection_string={}", connection()),
        "--exporter_otlp_headers",
        "authorization=Bearer s3cret-1",
        "-E",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS=s3cret-2",
        "-v",
        "sh",
        "-c",
        "echo started; exec sleep 60",
    ];
    let mut process = Process::start(bare([OTEL_RUN]).args(arguments));
    process.until_stdout("started");
    process.until_stderr("otel-run: secrets on the command line were overwritten; ");
    let agent = eventually("the agent", || {
        children(process.pid).into_iter().find(|child| name_of(*child) == "otel-agent")
    });
    for pid in [process.pid, agent] {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).expect("a command line");
        let line = String::from_utf8_lossy(&line).into_owned();
        assert!(!line.contains(KEY) && !line.contains("s3cret"), "{line}");
    }
    let line = std::fs::read(format!("/proc/{}/cmdline", process.pid)).expect("a command line");
    let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let hidden = |word: &str| word.chars().count() > 5 && word.chars().all(|c| c == '*');
    assert!(words[1].strip_prefix("--connection_string=").is_some_and(hidden), "{words:?}");
    assert!(words[3] == "*".repeat("authorization=Bearer s3cret-1".len()), "{words:?}");
    assert_eq!(words[2], "--exporter_otlp_headers");
    assert_eq!(
        words[5..10],
        ["OTEL_EXPORTER_OTLP_LOGS_HEADERS=********", "-v", "sh", "-c", arguments[8]][..]
    );
}

/// Who samples is said, and the program is told.
#[test]
fn the_program_makes_all_its_spans_for_azure_alone() {
    let connection = connection();
    let variables = [(STRING, connection.as_str())];
    let flags = ["-v", "--grace", "0.2", "--traces_sampler", "traceidratio", "--traces_sampler_arg", "0.25"];
    let seen = otel_run(&[&flags[..], &["printenv"]].concat(), &variables);
    assert!(seen.stdout.contains("\nOTEL_TRACES_SAMPLER=always_on\n"), "{}", seen.stdout);
    assert!(!seen.stdout.contains("OTEL_TRACES_SAMPLER_ARG="), "{}", seen.stdout);
    assert!(
        seen.stdout.contains("\nOTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta\n"),
        "{}",
        seen.stdout
    );
    for line in [
        "otel-run: sampling: otel-run keeps 25 % of traces (traceidratio); log records go with their trace\n",
        "the program makes all its spans (always_on)",
    ] {
        assert!(seen.stderr.contains(line), "{line:?} is missing in {}", seen.stderr);
    }

    let shared = ["--traces_exporter", "azure,console", "--metrics_exporter", "azure,console"];
    let seen = otel_run(&[&flags[..], &shared, &["printenv"]].concat(), &variables);
    assert!(seen.stdout.contains("\nOTEL_TRACES_SAMPLER=traceidratio\n"), "{}", seen.stdout);
    assert!(seen.stdout.contains("\nOTEL_TRACES_SAMPLER_ARG=0.25\n"), "{}", seen.stdout);
    assert!(!seen.stdout.contains("_TEMPORALITY_PREFERENCE="), "{}", seen.stdout);
    let line =
        "otel-run: sampling: the program's SDK samples, and all traces that come are kept; all log records\n";
    assert!(seen.stderr.contains(line), "{}", seen.stderr);
}
