//! Which resource is meant, and that nobody else learns of it, with the real program.

use crate::support::process::{Finished, OTEL_RUN, Process, bare};

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
    assert!(!seen.stdout.contains("APPLICATIONINSIGHTS_"), "{}", seen.stdout);
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
