use super::*;
use crate::settings::table::{self, Consumer};
use crate::settings::{self, Exporter, TargetSampler};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn settings() -> Settings {
    settings::fixture::settings(&[
        ("OTEL_SERVICE_NAME", "shop"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://backend:4318"),
        ("OTEL_METRICS_EXPORTER", "console"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
    ])
}

/// What a connection string means.
fn azure() -> Option<settings::AzureSettings> {
    settings::fixture::settings(&[("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=k")]).azure
}

struct Case {
    settings: Settings,
    environment: Environment,
    bare: Environment,
    home: tempfile::TempDir,
}

impl Case {
    fn new(pairs: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        // Root may start the target as anybody.
        std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
        let mut environment: Environment =
            pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
        environment.set("OTEL_RUN_HOME", home.path());
        Case { settings: settings(), bare: environment.clone(), environment, home }
    }

    fn plan(&self, command: &[&str]) -> Plan {
        let command: Vec<OsString> = command.iter().map(OsString::from).collect();
        let address = "127.0.0.1:4999".parse().expect("an address");
        let ingress = Endpoint { address, token: "f00d".to_owned() };
        plan(&self.settings, &command, &self.environment, &self.bare, Some(&ingress))
    }

    /// What the plan changes: `+NAME=value` and `-NAME`, sorted.
    fn changes(&self, command: &[&str]) -> Vec<String> {
        let plan = self.plan(command);
        let mut changes: Vec<String> = plan
            .environment
            .iter()
            .filter(|(name, value)| self.environment.get(&name.to_string_lossy()) != Some(value))
            .map(|(name, value)| format!("+{}={}", name.to_string_lossy(), value.to_string_lossy()))
            .collect();
        let gone = self.environment.iter().map(|(name, _)| name.to_string_lossy().into_owned());
        changes
            .extend(gone.filter(|name| plan.environment.get(name).is_none()).map(|name| format!("-{name}")));
        changes.sort();
        let home = self.home.path().display().to_string();
        changes.iter().map(|change| hide_address(&change.replace(&home, "HOME"))).collect()
    }
}

/// The directory's name is a hash of the shim.
fn hide_address(change: &str) -> String {
    match change.split_once("HOME/shims/") {
        Some((before, after)) => {
            let rest = after.find([':', '/']).and_then(|end| after.get(end..)).unwrap_or_default();
            format!("{before}HOME/shims/*{rest}")
        }
        None => change.to_owned(),
    }
}

const ALWAYS: [&str; 16] = [
    "+OTEL_BLRP_MAX_QUEUE_SIZE=8192",
    "+OTEL_BLRP_SCHEDULE_DELAY=1000",
    "+OTEL_BSP_MAX_QUEUE_SIZE=8192",
    "+OTEL_BSP_SCHEDULE_DELAY=1000",
    "+OTEL_EXPERIMENTAL_RESOURCE_DETECTORS=otel",
    "+OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4999",
    "+OTEL_EXPORTER_OTLP_HEADERS=x-otel-run-token=f00d",
    "+OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    "+OTEL_LOGS_EXPORTER=none",
    "+OTEL_METRICS_EXPORTER=otlp",
    "+OTEL_METRIC_EXPORT_INTERVAL=5000",
    "+OTEL_RUN_ACTIVE=1",
    concat!("+OTEL_RUN_VERSION=", env!("CARGO_PKG_VERSION")),
    "+OTEL_SEMCONV_STABILITY_OPT_IN=http,database",
    "+OTEL_SERVICE_NAME=shop",
    "+OTEL_TRACES_EXPORTER=otlp",
];

fn always_and(more: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = ALWAYS.iter().chain(more).map(|line| (*line).to_owned()).collect();
    all.sort();
    all
}

/// STA-5: the whole list of changes.
#[test]
fn the_documented_changes_and_no_others() {
    let case = Case::new(&[("PATH", "/nowhere"), ("LANG", "C.UTF-8")]);
    assert_eq!(case.changes(&["uvicorn", "main:app"]), always_and(&["+PYTHONPATH=HOME/shims/*"]));
    let node = "+NODE_OPTIONS=--require HOME/shims/*/otel-run.cjs";
    assert_eq!(case.changes(&["./server"]), always_and(&[node, "+PYTHONPATH=HOME/shims/*"]));
    assert_eq!(case.changes(&["java", "-jar", "a.jar"]), always_and(&[]));
    assert_eq!(
        case.changes(&["node", "a.js"]),
        always_and(&["+OTEL_NODE_RESOURCE_DETECTORS=env,host,os,process,serviceinstance", node])
    );
    assert_eq!(case.changes(&["puma"]), always_and(&["+OTEL_EXPORTER_OTLP_COMPRESSION=none"]));
    let jar = case.home.path().join("overlay/java/opentelemetry-javaagent.jar");
    std::fs::create_dir_all(jar.parent().expect("a folder")).expect("a folder");
    std::fs::write(&jar, b"PK\x03\x04PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").expect("a jar");
    let java = [
        "+JAVA_TOOL_OPTIONS=-javaagent:HOME/overlay/java/opentelemetry-javaagent.jar",
        "+OTEL_JAVAAGENT_LOGGING=none",
        "+OTEL_RUN_OVERLAY=HOME/overlay",
    ];
    assert_eq!(case.changes(&["java", "-jar", "a.jar"]), always_and(&java));
}

/// STA-5: an empty PYTHONPATH is none, and no element of it is lost or made.
#[test]
fn the_python_path_keeps_its_meaning() {
    for (old, new) in [("", "HOME/shims/*"), ("/a::/b:", "HOME/shims/*:/a::/b:")] {
        let case = Case::new(&[("PYTHONPATH", old)]);
        assert_eq!(case.changes(&["flask", "run"]), always_and(&[&format!("+PYTHONPATH={new}")]), "{old:?}");
    }
}

#[test]
fn our_own_flags_are_not_the_targets() {
    let mut case = Case::new(&[("OTEL_RUN_GRACE", "1")]);
    case.environment.set("OTEL_RUN_GRACE", "9");
    case.environment.set("OTEL_RUN_VERBOSITY", "2");
    let environment = case.plan(&["java"]).environment;
    assert_eq!(environment.setting("OTEL_RUN_GRACE"), Some("1"));
    assert_eq!(environment.setting("OTEL_RUN_VERBOSITY"), None);
}

/// STA-8.
#[test]
fn tools_start_untouched() {
    for command in [&["pip", "install", "x"][..], &["python3", "-m", "pip"], &["aws", "s3"], &["uv", "sync"]]
    {
        let mut case = Case::new(&[("OTEL_TRACES_EXPORTER", "otlp")]);
        // From a flag, not from the environment: it is not the tool's business.
        case.environment.set("OTEL_EXPORTER_OTLP_HEADERS", "key=secret");
        assert_eq!(case.plan(command).environment, case.bare, "{command:?}");
    }
}

#[test]
fn what_the_user_skips_or_switches_off_is_untouched() {
    let mut case = Case::new(&[("A", "b")]);
    case.settings.inject.skip = vec!["worker*".to_owned()];
    let plan = case.plan(&["/opt/worker-3"]);
    assert_eq!(plan.environment, case.bare);
    assert_eq!(plan.decisions[0].why, "--skip worker*");
    case.settings.sdk_disabled = true;
    assert_eq!(case.plan(&["uvicorn"]).environment, case.environment);
}

/// SEC-8.
#[test]
fn the_destination_and_its_credentials_stay_with_us() {
    let case = Case::new(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://backend"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=secret"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "/ca.pem"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "1"),
        ("OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER", "x"),
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_BSP_SCHEDULE_DELAY", "300"),
    ]);
    let expected = always_and(&[
        "-OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "-OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "-OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "-OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        "-OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
        "-OTEL_EXPORTER_OTLP_COMPRESSION",
        "-OTEL_EXPORTER_PROMETHEUS_PORT",
        "-OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
    ]);
    let expected: Vec<_> =
        expected.into_iter().filter(|change| !change.starts_with("+OTEL_BSP_SCHEDULE_DELAY")).collect();
    assert_eq!(case.changes(&["php"]), expected);
    assert_eq!(
        case.plan(&["php"]).warnings,
        ["OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER is not supported: otel-run delivers to \
          the destination itself, set OTEL_EXPORTER_OTLP_HEADERS instead"]
    );
}

#[test]
fn credentials_pass_when_asked_and_the_token_with_them() {
    let mut case = Case::new(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "a=b"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
    ]);
    case.settings.inject.pass_credentials = true;
    let environment = case.plan(&["java"]).environment;
    let get = |name: &str| environment.setting(name);
    assert_eq!(get("OTEL_EXPORTER_OTLP_HEADERS"), Some("api-key=secret,x-otel-run-token=f00d"));
    assert_eq!(get("OTEL_EXPORTER_OTLP_LOGS_HEADERS"), Some("a=b,x-otel-run-token=f00d"));
    assert_eq!(get("OTEL_EXPORTER_OTLP_CERTIFICATE"), Some("/ca.pem"));
}

#[test]
fn prometheus_needs_cumulative_metrics() {
    let mut case = Case::new(&[("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta")]);
    let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    assert_eq!(case.plan(&["php"]).environment.setting(name), Some("Delta"));
    case.settings.exporters.metrics = vec![Exporter::Console, Exporter::Prometheus];
    let plan = case.plan(&["php"]);
    assert_eq!(plan.environment.setting(name), Some("cumulative"));
    assert_eq!(
        plan.warnings,
        ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta does not count: the prometheus exporter \
          needs cumulative metrics"]
    );
}

/// SEC-8, and everything is sent once.
#[test]
fn the_connection_string_stays_with_us() {
    let ours = [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "s3cret"),
        ("ApplicationInsights__ConnectionString", "s3cret"),
        ("APPLICATIONINSIGHTS__INSTRUMENTATIONKEY", "s3cret"),
        ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD"),
        ("APPINSIGHTS_INSTRUMENTATIONKEY", "s3cret"),
        ("AzureMonitor__ConnectionString", "s3cret"),
    ];
    let mut case = Case::new(&[&ours[..], &[("APPLICATIONINSIGHTS_ROLE_NAME", "shop")]].concat());
    assert_eq!(case.changes(&["java"]), always_and(&[]), "nothing of ours goes to Azure");
    case.settings.azure = azure();
    let nowhere = "InstrumentationKey=00000000-0000-0000-0000-000000000000;\
                   IngestionEndpoint=http://127.0.0.1:4999;LiveEndpoint=http://127.0.0.1:4999";
    let kept =
        ours.map(|(name, _)| match name.to_ascii_lowercase().contains("string") && !name.contains("AUTH") {
            true => format!("+{name}={nowhere}"),
            false => format!("-{name}"),
        });
    let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    assert_eq!(case.changes(&["java"]), always_and(&kept));
    case.settings.inject.keep_inprocess_azure = true;
    assert_eq!(case.changes(&["java"]), always_and(&[]), "the user wants it");
}

#[test]
fn sampling_and_temporality_for_azure() {
    let (sampler, argument) = ("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG");
    let temporality = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    let both = [(sampler, "traceidratio"), (argument, "0.25"), (temporality, "cumulative")];
    let mut case = Case::new(&[]);
    let mut said = Case::new(&both);
    for (target, made) in [
        (TargetSampler::Same, None),
        (TargetSampler::AlwaysOn, Some("always_on")),
        (TargetSampler::ParentBasedAlwaysOn, Some("parentbased_always_on")),
    ] {
        case.settings.inject.traces_sampler = target;
        said.settings.inject.traces_sampler = target;
        let (unset, set) = (case.plan(&["java"]).environment, said.plan(&["java"]).environment);
        assert_eq!((unset.setting(sampler), unset.setting(argument)), (made, None), "{target:?}");
        let kept = made.is_none().then_some("0.25");
        assert_eq!((set.setting(sampler), set.setting(argument)), (made.or(Some("traceidratio")), kept));
    }
    for (exporters, preference) in [
        (vec![Exporter::Azure], Some("delta")),
        (vec![Exporter::Azure, Exporter::Console], None),
        (vec![Exporter::Azure, Exporter::Prometheus], Some("cumulative")),
    ] {
        case.settings.exporters.metrics = exporters.clone();
        said.settings.exporters.metrics = exporters.clone();
        assert_eq!(case.plan(&["java"]).environment.setting(temporality), preference, "{exporters:?}");
        assert_eq!(said.plan(&["java"]).environment.setting(temporality), Some("cumulative"));
    }
}

#[test]
fn a_long_metric_interval_is_cut_for_the_target() {
    let mut case = Case::new(&[]);
    case.settings.metric_export_interval = Duration::from_secs(600);
    let plan = case.plan(&["java"]);
    assert_eq!(plan.environment.setting("OTEL_METRIC_EXPORT_INTERVAL"), Some("60000"));
}

/// RCV-14.
#[test]
fn loopback_is_an_exception_from_every_proxy() {
    for (before, after) in [
        (&[][..], &[][..]),
        (&[("HTTP_PROXY", "http://p")], &[("no_proxy", "127.0.0.1"), ("NO_PROXY", "127.0.0.1")]),
        (&[("https_proxy", "p"), ("no_proxy", "a.b")], &[("no_proxy", "a.b,127.0.0.1")]),
        (
            &[("ALL_PROXY", "p"), ("NO_PROXY", "a.b,")],
            &[("NO_PROXY", "a.b,127.0.0.1"), ("no_grpc_proxy", "127.0.0.1")],
        ),
        (&[("http_proxy", "p"), ("no_proxy", "*")], &[]),
        (&[("http_proxy", "p"), ("no_proxy", "localhost, 127.0.0.1")], &[]),
    ] {
        let case = Case::new(before);
        let lines: Vec<String> = after.iter().map(|(name, value)| format!("+{name}={value}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(case.changes(&["java"]), always_and(&lines), "{before:?}");
    }
}

#[test]
fn a_closed_interpreter_gets_the_variables_and_a_warning() {
    let case = Case::new(&[]);
    assert_eq!(case.changes(&["python3", "-I", "app.py"]), always_and(&[]));
    assert_eq!(
        case.plan(&["python3", "-Es", "app.py"]).warnings,
        ["Python is started with -E, which ignores what is given to it from outside: it runs without \
          instrumentation"]
    );
}

#[test]
fn another_agent_keeps_python() {
    let case = Case::new(&[("PYTHONPATH", "/v/lib/ddtrace/bootstrap:/a")]);
    assert_eq!(case.changes(&["python3", "app.py"]), always_and(&[]));
    assert_eq!(case.plan(&["python3"]).warnings, ["PYTHONPATH loads ddtrace already: Python is left to it"]);
}

#[test]
fn another_agent_keeps_node() {
    let case = Case::new(&[("NODE_OPTIONS", "-r dd-trace/init")]);
    let detectors = "+OTEL_NODE_RESOURCE_DETECTORS=env,host,os,process,serviceinstance";
    assert_eq!(case.changes(&["node", "app.js"]), always_and(&[detectors]));
    let warning = "Node.js is left alone: dd-trace is loaded by NODE_OPTIONS";
    assert_eq!(case.plan(&["node", "app.js"]).warnings, [warning]);
    assert_eq!(case.plan(&["./start"]).warnings, [""; 0], "perhaps there is no Node at all");
}

#[test]
fn only_what_the_user_names() {
    let mut case = Case::new(&[("A", "b")]);
    case.settings.inject.only = vec!["shop*".to_owned()];
    assert_eq!(case.plan(&["puma"]).environment, case.bare);
    assert_eq!(case.plan(&["puma"]).decisions[0].why, "--only shop*");
    assert_ne!(case.plan(&["ruby", "/srv/shop.rb"]).environment, case.bare);
    // What runs below them is judged there.
    for command in ["npm", "gunicorn", "./start"] {
        let environment = case.plan(&[command, "start"]).environment;
        assert_eq!(environment.setting("OTEL_RUN_ONLY"), Some("shop*"), "{command}");
    }
}

#[test]
fn another_vendors_agent_keeps_the_program() {
    let mut case = Case::new(&[("DD_SERVICE", "shop")]);
    for command in [&["uvicorn", "main:app"][..], &["puma"], &["./server"]] {
        let plan = case.plan(command);
        let what = "DD_SERVICE is set: the program is left to Datadog (--languages NAMES insists)";
        assert_eq!(plan.warnings, [what], "{command:?}");
        assert_eq!((plan.environment.get("PYTHONPATH"), plan.environment.get("NODE_OPTIONS")), (None, None));
        assert_eq!(plan.environment.setting("OTEL_RUN_ACTIVE"), Some("1"));
    }
    assert_eq!(case.plan(&["pip", "list"]).warnings, [""; 0]);
    case.settings.inject.languages = vec!["python".to_owned()];
    assert!(case.plan(&["uvicorn"]).environment.get("PYTHONPATH").is_some());
}

#[test]
fn languages_by_name() {
    let mut case = Case::new(&[]);
    case.settings.inject.languages = vec!["node".to_owned()];
    let node = "+NODE_OPTIONS=--require HOME/shims/*/otel-run.cjs";
    assert_eq!(case.changes(&["flask"]), always_and(&[node, "+OTEL_RUN_INCLUDE=flask"]));
    case.settings.inject.languages = vec!["python".to_owned()];
    assert_eq!(
        case.changes(&["/v/bin/pytest"]),
        always_and(&["+OTEL_RUN_INCLUDE=pytest", "+PYTHONPATH=HOME/shims/*"])
    );
    case.settings.inject.shim = Shim::Off;
    assert_eq!(case.changes(&["flask"]), always_and(&[]));
}

#[test]
fn below_another_otel_run_the_outer_one_delivers() {
    let outer = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let receiver = format!("http://{}", outer.local_addr().expect("an address"));
    let mut case = Case::new(&[
        ("OTEL_RUN_ACTIVE", "1"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver),
    ]);
    case.environment.set("OTEL_TRACES_EXPORTER", "console");
    case.environment.set("OTEL_EXPORTER_OTLP_ENDPOINT", "https://backend");
    case.environment.set("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=s3cret");
    case.environment.set("OTEL_SERVICE_NAME", "inner");
    assert!(nested(&case.bare));
    let plan = case.plan(&["uvicorn"]);
    let mut expected = case.bare.clone();
    expected.set("OTEL_SERVICE_NAME", "inner");
    assert_eq!(plan.environment, expected);
    assert_eq!(
        plan.warnings,
        [
            "another otel-run above delivers the telemetry: OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT, \
          APPLICATIONINSIGHTS_CONNECTION_STRING given here has no effect"
        ]
    );
    drop(outer);
    assert!(!nested(&case.bare), "the outer one has gone");
}

#[test]
fn without_a_receiver_the_program_is_as_it_would_be_without_us() {
    let mut case = Case::new(&[("OTEL_TRACES_EXPORTER", "otlp")]);
    case.environment.set("OTEL_TRACES_EXPORTER", "console");
    let plan = plan(&case.settings, &["uvicorn".into()], &case.environment, &case.bare, None);
    assert_eq!(plan.environment, case.bare);
}

/// What the reference says of who reads a setting.
#[test]
fn the_program_gets_what_the_table_of_settings_says() {
    for entry in table::entries().filter(|entry| !entry.variable.starts_with("OTEL_RUN_")) {
        let mut case = Case::new(&[(entry.variable, "77")]);
        case.settings.azure = azure();
        let plan = case.plan(&["flask"]);
        let passed = plan.environment.get(entry.variable).and_then(|value| value.to_str());
        match entry.consumer {
            Consumer::Launcher => assert_ne!(passed, Some("77"), "{}", entry.variable),
            Consumer::Target => assert_eq!(passed, Some("77"), "{}", entry.variable),
            Consumer::Both => assert!(passed.is_some(), "{}", entry.variable),
        }
    }
}
