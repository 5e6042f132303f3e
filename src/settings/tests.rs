//! From variables to settings: the specification's rules, one table each.

mod azure;
mod azure_otlp;
mod otlp;

use super::*;
use crate::environment::Environment;
use crate::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

fn loaded(pairs: &[(&str, &str)], terminal: bool) -> Result<Loaded, Error> {
    let environment: Environment = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let command = [OsString::from("run")];
    let typed = Typed::default();
    load(Input { typed: &typed, environment, command: &command, terminal, folder: Path::new("/") })
}

fn load_ok(pairs: &[(&str, &str)]) -> Loaded {
    loaded(pairs, false).unwrap_or_else(|e| panic!("{pairs:?}: {e}"))
}

/// What is said about these variables, without settings that nobody asked about.
fn warnings(pairs: &[(&str, &str)]) -> Vec<String> {
    load_ok(pairs).warnings
}

fn refused(pairs: &[(&str, &str)]) -> String {
    match loaded(pairs, false) {
        Ok(_) => panic!("{pairs:?} was taken"),
        Err(error) => {
            assert_eq!(error.code, 2, "{pairs:?}");
            error.to_string()
        }
    }
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const KEY: &str = "0af76519-16cd-43dd-8448-eb211c80319c";
const CONNECTION: &str =
    "InstrumentationKey=0af76519-16cd-43dd-8448-eb211c80319c;IngestionEndpoint=https://in.example/";

#[test]
fn who_chooses_the_exporters() {
    use Exporter::{Console, Otlp};
    let metrics_endpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    for (pairs, terminal, traces, metrics, by_default) in [
        (&[][..], true, Console, Console, false),
        (&[], false, Otlp, Otlp, true),
        (&[(ENDPOINT, "http://h")], true, Otlp, Otlp, false),
        (&[(ENDPOINT, "http://h")], false, Otlp, Otlp, false),
        (&[(metrics_endpoint, "http://h")], true, Console, Otlp, false),
        (&[("OTEL_TRACES_EXPORTER", "otlp")], true, Otlp, Console, false),
        (&[("OTEL_TRACES_EXPORTER", " ")], true, Console, Console, false),
        (&[("OTEL_TRACES_EXPORTER", " , ")], true, Console, Console, false),
        (&[("OTEL_TRACES_EXPORTER", "CONSOLE"), (ENDPOINT, "http://h")], false, Console, Otlp, false),
    ] {
        let settings = loaded(pairs, terminal).unwrap_or_else(|e| panic!("{e}")).settings;
        assert_eq!(settings.exporters.traces, [traces], "{pairs:?}");
        assert_eq!(settings.exporters.metrics, [metrics], "{pairs:?}");
        assert_eq!(settings.otlp.traces.by_default, by_default, "{pairs:?}");
    }
}

#[test]
fn secrets_stay_secret() {
    let loaded = load_ok(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer s3cret-1,s3cret-2"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x=s3cret-3,Authorization: Bearer s3cret-4==,y=s3cret-5\u{1}"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        (STRING, "s3cret-6;InstrumentationKey=s3cret-7;IngestionEndpoint=http://s3cret-8.com"),
    ]);
    let shown: Vec<_> = loaded.explained.iter().map(|value| format!("{value:?}")).collect();
    for text in [shown.join("\n"), loaded.warnings.join("\n"), format!("{:?}", loaded.settings)] {
        for secret in ["s3cret-1", "s3cret-2", "s3cret-3", "s3cret-4", "s3cret-5", "s3cret-6", "s3cret-7"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(loaded.settings.otlp.traces.headers.len(), 1);
}

#[test]
fn identity() {
    let attributes = "OTEL_RESOURCE_ATTRIBUTES";
    let loaded = load_ok(&[(attributes, "service.name=from%20list,deployment.environment.name=test,a=b=c")]);
    assert_eq!(loaded.settings.service_name, "from list");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        loaded.settings.resource_attributes,
        [pair("deployment.environment.name", "test"), pair("a", "b=c")]
    );
    let because = loaded.explained.get("OTEL_SERVICE_NAME").and_then(|value| value.because.clone());
    assert_eq!(because.as_deref(), Some("service.name in OTEL_RESOURCE_ATTRIBUTES"));
    let both = load_ok(&[(attributes, "service.name=list"), ("OTEL_SERVICE_NAME", " own ")]);
    assert_eq!(both.settings.service_name, "own");
    assert_eq!(load_ok(&[(attributes, "service.name= ")]).settings.service_name, "unknown_service:run");
    assert_eq!(
        warnings(&[(attributes, "good=1,broken,=x,last=%")]),
        [
            "pair 2 has no \"=\"",
            "pair 3 has no name",
            "pair 4 has a \"%\" without two hexadecimal digits (write %25 for a percent sign)"
        ]
        .map(|why| format!(
            "{attributes}: {why} and was dropped\n  from: environment\n  \
                hint: write name=value,name=value; percent-encode commas and percent signs in values"
        ))
    );
}

#[test]
fn queues() {
    let settings = load_ok(&[]).settings;
    for (_, queue) in settings.queue.iter() {
        assert_eq!((queue.max_bytes, queue.parcel_bytes), (16 << 20, 2 << 20));
        assert_eq!((queue.max_items, queue.parcel_items, queue.delay.as_millis()), (None, None, 200));
    }
    let settings = load_ok(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "256"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
    ])
    .settings;
    let traces = &settings.queue.traces;
    assert_eq!(
        (traces.max_items, traces.parcel_items, traces.delay.as_millis()),
        (Some(4096), Some(256), 50)
    );
    assert_eq!((settings.queue.logs.max_items, settings.queue.logs.delay.as_millis()), (None, 0));
    assert_eq!(settings.queue.metrics.delay.as_millis(), 200);
    let loaded = load_ok(&[("OTEL_BLRP_MAX_QUEUE_SIZE", "10"), ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "20")]);
    assert_eq!(loaded.settings.queue.logs.parcel_items, Some(10));
    assert_eq!(
        loaded.warnings,
        ["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: 20 is more than OTEL_BLRP_MAX_QUEUE_SIZE, which is 10; \
          batches of 10 it is\n  from: environment\n  hint: use at most 10"]
    );
}

#[test]
fn our_own() {
    let settings = load_ok(&[
        ("OTEL_RUN_CONSOLE_FORMAT", "Detailed"),
        ("OTEL_RUN_CONSOLE_OUTPUT", "/tmp/x"),
        ("OTEL_RUN_INGRESS", "[::1]:4318"),
        ("OTEL_RUN_GRACE", "0.5"),
        ("OTEL_RUN_HOST_METRICS", "OFF"),
        ("OTEL_RUN_SHIM", "official"),
        ("OTEL_RUN_LANGUAGES", "Python, node"),
        ("OTEL_RUN_SKIP", "a*, /b"),
        ("OTEL_RUN_PASS_CREDENTIALS", "true"),
        ("OTEL_RUN_KILL_WITH_LAUNCHER", "True"),
        ("OTEL_RUN_STRICT", "false"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "[::1]"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_LOG_LEVEL", "DEBUG"),
    ])
    .settings;
    assert_eq!(settings.console.format, ConsoleFormat::Detailed);
    assert_eq!(settings.console.output, ConsoleOutput::File("/tmp/x".into()));
    assert_eq!(settings.ingress.map(|ingress| ingress.to_string()).as_deref(), Some("[::1]:4318"));
    assert_eq!(settings.grace.as_millis(), 500);
    assert!(!settings.host_metrics && settings.kill_with_launcher && !settings.strict);
    assert_eq!(settings.inject.shim, Shim::Official);
    assert_eq!(settings.inject.languages, ["python", "node"]);
    assert_eq!(settings.inject.skip, ["a*", "/b"]);
    assert!(settings.inject.pass_credentials);
    assert_eq!(settings.prometheus.address.to_string(), "[::1]:0");
    assert_eq!((settings.verbosity, settings.quiet), (2, false));
    for (level, loudness) in [
        ("none", (0, true)),
        ("ERROR", (0, true)),
        ("warn", (0, false)),
        ("warning", (0, false)),
        ("info", (1, false)),
        ("all", (2, false)),
    ] {
        let settings = load_ok(&[("OTEL_LOG_LEVEL", level)]).settings;
        assert_eq!((settings.verbosity, settings.quiet), loudness, "{level}");
    }
}

/// Who scrapes wants to see what is, and not what was a minute ago.
#[test]
fn metrics_that_are_only_scraped_are_fresh() {
    for (exporters, interval, seconds) in [
        ("prometheus", "", 10),
        ("prometheus", "30000", 30),
        ("prometheus,otlp", "", 60),
        ("console", "", 60),
    ] {
        let pairs = [("OTEL_METRICS_EXPORTER", exporters), ("OTEL_METRIC_EXPORT_INTERVAL", interval)];
        let loaded = load_ok(&pairs);
        assert_eq!(loaded.settings.metric_export_interval, Duration::from_secs(seconds), "{pairs:?}");
    }
    let loaded = load_ok(&[("OTEL_METRICS_EXPORTER", "prometheus")]);
    let told = loaded.explained.get("OTEL_METRIC_EXPORT_INTERVAL").unwrap();
    assert_eq!((told.value.as_str(), told.because.as_deref()), ("10000", Some("metrics are only scraped")));
}

#[test]
fn bad_values_cost_a_warning() {
    for (variable, value, told) in [
        (
            "OTEL_METRIC_EXPORT_INTERVAL",
            "5s",
            "cannot use OTEL_METRIC_EXPORT_INTERVAL: \"5s\" is not a number of milliseconds; \
             the default holds (60000)\n  from: environment\n  hint: use 5000",
        ),
        (
            "OTEL_METRIC_EXPORT_INTERVAL",
            "0",
            "cannot use OTEL_METRIC_EXPORT_INTERVAL: \"0\" is not between 1 and 2147483647 milliseconds; \
             the default holds (60000)\n  from: environment\n  hint: use a number of milliseconds in that range",
        ),
        (
            "OTEL_SDK_DISABLED",
            "1",
            "cannot use OTEL_SDK_DISABLED: \"1\" is neither true nor false; the default holds (false)\n  \
             from: environment\n  hint: use true; the specification knows no other word for it",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "thrift",
            "cannot use OTEL_EXPORTER_OTLP_PROTOCOL: \"thrift\" is not known; \
             the default holds (by the endpoint's port (4317: grpc), else http/protobuf)\n  \
             from: environment\n  hint: use one of grpc, http/protobuf, http/json",
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
            "gzipp",
            "cannot use OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: \"gzipp\" is not known; it counts as unset\n  \
             from: environment\n  hint: did you mean gzip? Known: none, gzip",
        ),
        (
            "OTEL_RUN_COMPRESSION_LEVEL",
            "10",
            "cannot use OTEL_RUN_COMPRESSION_LEVEL: \"10\" is out of range; the default holds (1)\n  \
             from: environment\n  hint: use 1 to 9",
        ),
        (
            "OTEL_EXPORTER_PROMETHEUS_PORT",
            "70000",
            "cannot use OTEL_EXPORTER_PROMETHEUS_PORT: \"70000\" is out of range; the default holds (9464)\n  \
             from: environment\n  hint: use 0 to 65535",
        ),
        (
            "OTEL_RUN_GRACE",
            "forever",
            "cannot use OTEL_RUN_GRACE: \"forever\" is not a number of seconds from 0 to 86400; \
             the default holds (5)\n  from: environment\n  hint: use 5, or 0.5",
        ),
        (
            "OTEL_SPAN_LINK_COUNT_LIMIT",
            "-1",
            "cannot use OTEL_SPAN_LINK_COUNT_LIMIT: \"-1\" is not a whole number; the default holds (128)\n  \
             from: environment\n  hint: use 0 to 2147483647",
        ),
        (
            "OTEL_RUN_LANGUAGES",
            "pyhton",
            "OTEL_RUN_LANGUAGES: \"pyhton\" is not a language that otel-run knows, and was dropped\n  \
             from: environment\n  hint: did you mean python? known: python, node, java, dotnet, ruby, php",
        ),
    ] {
        assert_eq!(warnings(&[(variable, value)]), [told], "{variable}={value}");
    }
    let long = "x".repeat(100_000);
    let told = warnings(&[("OTEL_RUN_GRACE", &long)]).concat();
    assert!(told.len() < 400, "{}", told.len());
}

#[test]
fn other_bytes_elsewhere_do_not_matter() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = OsString::from_vec(vec![0xff]);
    let environment: Environment = [
        ("OTHER".into(), bytes.clone()),
        (OsString::from_vec(vec![0xfe]), bytes.clone()),
        ("OTEL_SERVICE_NAME".into(), bytes),
        ("otel_service_name".into(), "lower".into()),
        ("OTEL_OTEL_SERVICE_NAME".into(), "twice".into()),
    ]
    .into_iter()
    .collect();
    let typed = Typed::default();
    let input = Input { typed: &typed, environment, command: &[], terminal: true, folder: Path::new("/") };
    let loaded = load(input).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(loaded.settings.service_name, "unknown_service");
    assert_eq!(loaded.warnings, ["OTEL_SERVICE_NAME is not UTF-8 and counts as unset\n  from: environment"]);
}

#[test]
fn the_table_is_sound() {
    let mut seen = std::collections::HashSet::new();
    for entry in table::entries() {
        assert!(seen.insert(entry.variable), "{} twice", entry.variable);
        let Some(flag) = entry.flag else { continue };
        assert!(seen.insert(flag), "--{flag} twice");
        let azure = entry.variable.strip_prefix("APPLICATIONINSIGHTS_");
        let short = entry.variable.strip_prefix("OTEL_").or(azure).unwrap_or_default();
        let of_own = short.strip_prefix("RUN_").or(short.strip_prefix("PYTHON_")).unwrap_or(short);
        assert_eq!(flag, of_own.to_lowercase(), "a flag is its variable");
        assert!(
            !entry.help.ends_with('.') && entry.help.starts_with(|c: char| !c.is_whitespace()),
            "--{flag}"
        );
    }
    assert_eq!(table::entries().filter(|entry| entry.secret).count(), 9);
}

/// What a value of each kind may look like must also be readable by serde.
#[test]
fn every_setting_can_be_given() {
    // Those that name a file to be read have tests of their own.
    let files = |entry: &&table::Entry| {
        file::VARIABLES.contains(&entry.variable) || entry.variable == env_file::VARIABLE
    };
    for entry in table::entries().filter(|entry| !files(entry)) {
        let value = match entry.kind {
            Kind::List(_) if entry.variable == "OTEL_RUN_CAPTURE_OUTPUT" => "none",
            Kind::List(_) if entry.variable == "OTEL_RUN_RESOURCE_DETECTORS" => "host",
            Kind::List("KINDS") => "email",
            Kind::Text(_) | Kind::List(_) => "python",
            Kind::Boolean | Kind::Switch => "false",
            Kind::Millis { .. } | Kind::Seconds | Kind::Percent | Kind::PerSecond => "77",
            Kind::Count { .. } => "9",
            Kind::Choice(_, words) => words[0],
            Kind::Exporters => "console",
            Kind::Pairs => "a=b",
            Kind::Duration => "2s",
            Kind::Rules => "a.b=c:1",
            Kind::HostPort => "127.0.0.1:0",
        };
        let no_export = ("OTEL_TRACES_EXPORTER", "console");
        let pairs = [
            no_export,
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
            (entry.variable, value),
        ];
        let pairs: Vec<_> = pairs.into_iter().rev().collect();
        let loaded = load_ok(&pairs);
        assert_eq!(loaded.warnings, [""; 0], "{}", entry.variable);
        let origin = loaded.explained.get(entry.variable).map(|value| value.origin.clone());
        assert_eq!(origin, Some(Origin::Environment), "{}", entry.variable);
    }
}

/// No value of any variable may do worse than a warning or a refusal.
#[test]
fn anything_at_all_is_survived() {
    const PIECES: [&str; 30] = [
        "",
        " ",
        ",",
        "=",
        "%",
        "%4",
        "%ff",
        ":",
        "://",
        "/",
        "?",
        "#",
        "@",
        "[",
        "]",
        "[::1]",
        "http",
        "grpc",
        "0",
        "-1",
        "4317",
        "99999999999999999999",
        "1e309",
        "NaN",
        "ms",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{e4}",
        "\n",
        "none",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap_or_default()
    };
    let entries: Vec<_> = table::entries().collect();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..1000 {
        let pairs: Vec<(&str, String)> = (0..=random(4))
            .map(|_| {
                let value: String = (0..=random(6)).map(|_| PIECES[random(PIECES.len())]).collect();
                (entries[random(entries.len())].variable, value)
            })
            .collect();
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match loaded(&borrowed, random(2) == 0) {
            Ok(loaded) => {
                taken += 1;
                for text in loaded.warnings.iter().flat_map(|text| text.lines()) {
                    assert!(!text.chars().any(char::is_control), "{text:?}");
                }
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.code, 2, "{pairs:?}: {error}");
                // Errors of a file stand each on a line.
                let mut lines = error.what.lines();
                assert!(!lines.any(|line| line.chars().any(char::is_control)), "{error:?}");
            }
        }
    }
    assert!(taken > 300 && refused > 30, "{taken} taken, {refused} refused");
}

#[test]
fn detectors_have_many_names() {
    let of = |words: &str| {
        let loaded = load_ok(&[("OTEL_RUN_RESOURCE_DETECTORS", words)]);
        let names: Vec<_> = loaded.settings.detectors.iter().map(|detector| detector.name()).collect();
        (names.join(","), loaded.warnings)
    };
    for (words, detectors) in [
        ("all", "heroku,fly,azure,aws,gcp,k8s,container,host,os"),
        ("none", ""),
        ("env,host,os,process,serviceinstance", "host,os"),
        ("otel, azure_vm ,EKS,system", "azure,aws,host,os"),
        ("docker,kubernetes,gke,none", "gcp,k8s,container"),
    ] {
        assert_eq!(of(words), (detectors.to_owned(), Vec::new()), "{words}");
    }
    let (detectors, warnings) = of("os,hots");
    assert_eq!(detectors, "os");
    assert!(
        warnings[0].contains(r#""hots" is not a detector"#) && warnings[0].contains("did you mean host?")
    );
}
