//! The command line as it is typed.

use super::*;
use crate::settings::{Exporter, Origin, Protocol};
use std::os::unix::ffi::OsStringExt;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn action(line: &[&str], pairs: &[(&str, &str)]) -> Result<Action, Error> {
    parse(line.iter().map(Into::into).collect(), environment(pairs))
}

fn run(line: &[&str], pairs: &[(&str, &str)]) -> Launch {
    match action(line, pairs) {
        Ok(Action::Run(launch)) => *launch,
        other => panic!("{line:?} gave {other:?}"),
    }
}

fn typed(line: &str) -> Launch {
    run(&line.split_whitespace().collect::<Vec<_>>(), &[])
}

fn refused(line: &str) -> String {
    let error = action(&line.split_whitespace().collect::<Vec<_>>(), &[]).expect_err(line);
    assert_eq!(error.code, 2, "{line}");
    error.to_string()
}

#[test]
fn the_runs_of_the_main_job() {
    use Exporter::{Console, Otlp, Prometheus};
    let launch = typed(
        "--traces_exporter none --metrics_exporter console --metric_export_interval 5000 --service_name main \
         uvicorn main:app",
    );
    assert_eq!(launch.command, ["uvicorn", "main:app"]);
    assert_eq!(launch.settings.exporters.traces, []);
    assert_eq!(launch.settings.exporters.metrics, [Console]);
    assert_eq!(launch.settings.metric_export_interval.as_millis(), 5000);
    assert_eq!(launch.settings.service_name, "main");
    assert_eq!(launch.environment.setting("OTEL_METRIC_EXPORT_INTERVAL"), Some("5000"));
    assert_eq!(launch.warnings, [""; 0]);

    let launch = typed(
        "--traces_exporter none --metrics_exporter otlp --metric_export_interval 5000 \
         --exporter_otlp_protocol http/protobuf --exporter_otlp_endpoint http://localhost:4318 \
         --service_name main uvicorn main:app",
    );
    let otlp = &launch.settings.otlp.metrics;
    assert_eq!(
        (otlp.url.as_str(), otlp.protocol, otlp.by_default),
        ("http://localhost:4318/v1/metrics", Protocol::HttpProtobuf, false)
    );
    assert_eq!(launch.settings.exporters.logs, [Otlp], "an endpoint is set");
    assert_eq!(launch.warnings, [""; 0]);

    let console =
        ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"].map(|v| (v, "console"));
    let launch = run(&["--", "uvicorn", "main:app"], &console);
    assert_eq!(launch.command, ["uvicorn", "main:app"]);
    assert!(launch.settings.exporters.iter().all(|(_, list)| *list == [Console]));

    let launch = typed(
        "--traces_exporter console,otlp --metrics_exporter prometheus,console gunicorn -w 4 \
         -k uvicorn.workers.UvicornWorker main:app",
    );
    assert_eq!(launch.command, ["gunicorn", "-w", "4", "-k", "uvicorn.workers.UvicornWorker", "main:app"]);
    assert_eq!(launch.settings.exporters.traces, [Console, Otlp]);
    assert_eq!(launch.settings.exporters.metrics, [Prometheus, Console]);
    assert_eq!(launch.settings.prometheus.address.to_string(), "localhost:9464");

    let launch = typed("--metrics_exporter console -- sleep 30");
    assert_eq!(launch.command, ["sleep", "30"]);
    assert_eq!(launch.settings.service_name, "unknown_service:sleep");
    assert!(launch.settings.host_metrics);
}

#[test]
fn spellings_of_a_flag() {
    for line in [
        "--service_name x run",
        "--service-name x run",
        "--service_name=x run",
        "--service-name=x run",
        "--service x run",
        "--serv=x run",
        "--service_name a --service-name b --service x run",
        "--set OTEL_SERVICE_NAME=x run",
        "-E OTEL_SERVICE_NAME=x run",
        "-E OTEL_SERVICE_NAME=a --set OTEL_SERVICE_NAME=b --service_name x run",
        "-E OTEL_SERVICE_NAME=a --set OTEL_SERVICE_NAME=b --set OTEL_SERVICE_NAME=x run",
    ] {
        let launch = typed(line);
        assert_eq!(launch.settings.service_name, "x", "{line}");
        assert_eq!(launch.environment.setting("OTEL_SERVICE_NAME"), Some("x"), "{line}");
        assert_eq!(launch.command, ["run"], "{line}");
    }
}

#[test]
fn the_command_is_not_ours() {
    for (line, command) in [
        (&["a", "--service_name", "x", "-v", "--"][..], &["a", "--service_name", "x", "-v", "--"][..]),
        (&["--", "a", "--", "b"], &["a", "--", "b"]),
        (&["--", "--help"], &["--help"]),
        (&["-v", "--", "-v"], &["-v"]),
        (&["a", "-h"], &["a", "-h"]),
        (&["--", "env", "A=1"], &["env", "A=1"]),
        (&["--", "doctor"], &["doctor"]),
        (&["a", "doctor", "env"], &["a", "doctor", "env"]),
        (&["a", "", " ", "--x=--", "-E"], &["a", "", " ", "--x=--", "-E"]),
        (&["", "b"], &["", "b"]),
        (&["/bin/a b"], &["/bin/a b"]),
        (&["--strict", "true"], &["true"]),
        (&["--lenient", "--pass_credentials", "a"], &["a"]),
    ] {
        assert_eq!(run(line, &[]).command, command, "{line:?}");
    }
    let bytes = OsString::from_vec(vec![b'-', 0xff, 0xfe]);
    let Ok(Action::Run(launch)) =
        parse(vec!["-v".into(), "a".into(), bytes.clone(), "--".into()], Environment::default())
    else {
        panic!("not a run")
    };
    assert_eq!(launch.command, ["a".into(), bytes, "--".into()]);
}

#[test]
fn numbers_may_be_negative_and_switches_take_no_word() {
    let launch = typed("--metric_export_interval -1 run");
    assert_eq!(launch.command, ["run"]);
    assert_eq!(launch.settings.metric_export_interval.as_secs(), 60);
    assert_eq!(
        launch.warnings,
        ["cannot use OTEL_METRIC_EXPORT_INTERVAL: \"-1\" is not a number of milliseconds; \
          the default holds (60000)\n  from: flag --metric_export_interval\n  hint: use digits alone, 5000 for five seconds"]
    );
    assert_eq!(typed("--traces_sampler_arg=-1 run").command, ["run"]);
    assert!(typed("--strict run").settings.strict);
    assert!(!typed("--strict=false run").settings.strict);
    assert!(typed("--kill-with-launcher run").settings.kill_with_launcher);
    assert_eq!(typed("--skip a --skip b,c run").settings.inject.skip, ["a", "b", "c"]);
}

#[test]
fn refusals_word_by_word() {
    for (line, message) in [
        (
            "",
            "no command to start\n  hint: write it behind the flags, as in: otel-run uvicorn main:app; \
              otel-run -h shows more",
        ),
        (
            "-v --",
            "no command to start\n  hint: write it behind the flags, as in: otel-run uvicorn main:app; \
              otel-run -h shows more",
        ),
        (
            "--trace_exporter console run",
            "unknown flag --trace_exporter\n  from: command line\n  hint: did you mean --traces_exporter?",
        ),
        (
            "--traces-exproter=console run",
            "unknown flag --traces-exproter\n  from: command line\n  hint: did you mean --traces_exporter?",
        ),
        (
            "--OTEL_TRACES_EXPORTER console run",
            "unknown flag --OTEL_TRACES_EXPORTER\n  from: command line\n  hint: did you mean --traces_exporter?",
        ),
        (
            "--frobnicate run",
            "unknown flag --frobnicate\n  from: command line\n  \
            hint: otel-run --help shows all flags; those of the program go behind its name",
        ),
        (
            "-x run",
            "unknown flag -x\n  from: command line\n  \
            hint: otel-run --help shows all flags; those of the program go behind its name",
        ),
        (
            "--traces x run",
            "flag --traces is ambiguous\n  from: command line\n  \
            hint: it could be --traces_exporter, --traces_sampler, --traces_sampler_arg",
        ),
        (
            "--service_name",
            "--service_name has no value\n  from: command line\n  \
            hint: write --service_name <NAME>; --help tells what is possible",
        ),
        (
            "-q -v run",
            "--quiet and --verbose contradict each other\n  from: command line\n  hint: use one of them",
        ),
        (
            "--set FOO=bar run",
            "--set is for OTEL_ variables, not for \"FOO\"\n  from: command line\n  \
            hint: write --set OTEL_NAME=VALUE; for variables of other names use -E NAME=VALUE",
        ),
        (
            "--set OTEL_X run",
            "the value of --set has no \"=\"\n  from: command line\n  \
            hint: write --set OTEL_NAME=VALUE; for variables of other names use -E NAME=VALUE",
        ),
        (
            "-E X run",
            "the value of -E is not NAME=VALUE\n  from: command line\n  \
            hint: write -E NAME=VALUE; an empty VALUE is allowed",
        ),
        (
            "--traces_exporter azure run",
            "the azure exporter has no connection string\n  from: flag --traces_exporter\n  \
            hint: set APPLICATIONINSIGHTS_CONNECTION_STRING, or --connection_string",
        ),
        (
            "--ingress 4318 run",
            "cannot use OTEL_RUN_INGRESS: \"4318\" has no port\n  from: flag --ingress\n  \
            hint: use HOST:PORT, such as 127.0.0.1:4318 or [::1]:4318",
        ),
    ] {
        assert_eq!(refused(line), message, "{line}");
    }
    let bytes = OsString::from_vec(vec![0xff]);
    let error =
        parse(vec!["--service_name".into(), bytes, "run".into()], Environment::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a flag or its value is not UTF-8\n  from: command line\n  \
         hint: only the command, its arguments and -E may hold other bytes"
    );
}

#[test]
fn bytes_in_a_variable_for_the_program() {
    let value = OsString::from_vec(vec![b'A', b'=', 0xff, b'=', b'b']);
    let Ok(Action::Run(launch)) = parse(vec!["-E".into(), value, "run".into()], environment(&[("A", "old")]))
    else {
        panic!("not a run")
    };
    assert_eq!(launch.environment.get("A"), Some(OsString::from_vec(vec![0xff, b'=', b'b']).as_os_str()));
}

#[test]
fn origins() {
    let launch =
        run(&["--service_name", "x", "run"], &[("OTEL_SERVICE_NAME", "y"), ("OTEL_LOG_LEVEL", "warn")]);
    let origin = |variable| launch.explained.get(variable).map(|value| value.origin.clone());
    assert_eq!(origin("OTEL_SERVICE_NAME"), Some(Origin::Flag("--service_name".into())));
    assert_eq!(origin("OTEL_LOG_LEVEL"), Some(Origin::Environment));
    assert_eq!(origin("OTEL_METRIC_EXPORT_INTERVAL"), Some(Origin::Default));
}

#[test]
fn an_empty_flag_unsets() {
    let launch = run(
        &["--metric_export_interval", "", "--service_name=", "run"],
        &[("OTEL_METRIC_EXPORT_INTERVAL", "1"), ("OTEL_SERVICE_NAME", "y")],
    );
    assert_eq!(launch.settings.metric_export_interval.as_secs(), 60);
    assert_eq!(launch.settings.service_name, "unknown_service:run");
    assert_eq!(launch.warnings, [""; 0]);
}

#[test]
fn help_and_version() {
    let printed = |line: &[&str]| match action(line, &[]) {
        Ok(Action::Print(text)) => text,
        other => panic!("{line:?} gave {other:?}"),
    };
    let short = printed(&["-h"]);
    assert!(short.lines().count() <= 24 && short.lines().all(|line| line.chars().count() <= 80), "{short}");
    for word in
        short.split_whitespace().filter_map(|word| word.strip_prefix("--")).filter(|word| !word.is_empty())
    {
        let flag = word.trim_end_matches(',');
        let known = crate::settings::table::entries().any(|entry| entry.flag == Some(flag));
        assert!(known || ["help", "version"].contains(&flag), "{flag}");
    }
    assert_eq!(short.matches("\n  otel-run ").count(), 3, "three examples");
    let long = printed(&["--help"]);
    for entry in crate::settings::table::entries() {
        if let Some(flag) = entry.flag {
            assert!(long.contains(&format!("--{flag}")), "{flag}");
        }
        assert!(!short.contains("--exporter_zipkin"));
    }
    assert_eq!(printed(&["--version"]), concat!("otel-run ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(printed(&["-V"]), printed(&["--version"]));
}

#[test]
fn clap_is_content_with_the_command() {
    grammar::command().debug_assert();
}

/// No command line may do worse than a refusal.
#[test]
fn any_command_line_is_survived() {
    const WORDS: [&str; 26] = [
        "",
        "-",
        "--",
        "---",
        "-=",
        "--=",
        "--service_name",
        "--serv=",
        "--service-name=x",
        "--log",
        "-v",
        "-vq",
        "-E",
        "-EA=b",
        "-E=",
        "--set",
        "--set=OTEL_=",
        "--strict",
        "--strict=no",
        "--skip",
        "doctor",
        "env",
        "man",
        "-1",
        "--\u{e4}\u{1b}",
        "run",
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap_or_default()
    };
    for _ in 0..500 {
        let line: Vec<OsString> = (0..random(6))
            .map(|_| match random(30) {
                0 => OsString::from_vec(vec![b'-', b'-', 0xff]),
                1 => OsString::from_vec(vec![0xfe, 0xff]),
                _ => WORDS[random(WORDS.len())].into(),
            })
            .collect();
        if let Err(error) = parse(line.clone(), Environment::default()) {
            assert_eq!(error.code, 2, "{line:?}");
            assert!(!error.what.chars().any(char::is_control), "{line:?}: {error:?}");
        }
    }
}
