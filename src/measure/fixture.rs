//! Values for the tests of this folder.

use crate::link::Ended;
use crate::otlp::PerSignal;
use crate::settings::{
    Compression, ConsoleFormat, ConsoleOutput, ConsoleSettings, Exporter, HostPort, InjectSettings,
    OtlpSettings, PrometheusSettings, Protocol, QueueSettings, Settings, Shim,
};
use std::time::Duration;

/// Everything goes to the console, nothing comes by itself within an hour.
pub(crate) fn settings() -> Settings {
    let hour = Duration::from_secs(3600);
    Settings {
        service_name: "tested".into(),
        resource_attributes: Vec::new(),
        sdk_disabled: false,
        exporters: PerSignal::from_fn(|_| vec![Exporter::Console]),
        otlp: PerSignal::from_fn(|signal| OtlpSettings {
            url: format!("http://127.0.0.1:4318{}", signal.path()),
            protocol: Protocol::HttpProtobuf,
            headers: Vec::new(),
            certificate: None,
            client_certificate: None,
            client_key: None,
            compression: Compression::None,
            timeout: Duration::from_secs(10),
            by_default: true,
        }),
        console: ConsoleSettings { format: ConsoleFormat::Json, output: ConsoleOutput::Stdout },
        prometheus: PrometheusSettings { address: HostPort { host: "localhost".into(), port: 9464 } },
        metric_export_interval: hour,
        host_metrics: true,
        queue: PerSignal::from_fn(|_| QueueSettings {
            max_bytes: 1 << 20,
            max_items: None,
            parcel_bytes: 1 << 20,
            parcel_items: None,
            delay: hour,
        }),
        ingress: None,
        grace: Duration::from_secs(5),
        verbosity: 0,
        quiet: false,
        kill_with_launcher: false,
        strict: false,
        inject: InjectSettings {
            shim: Shim::Auto,
            languages: Vec::new(),
            skip: Vec::new(),
            pass_credentials: false,
        },
    }
}

/// Process 7 ended after a second and a half.
pub(crate) fn ended() -> Ended {
    Ended {
        pid: 7,
        code: Some(0),
        signal: None,
        core_dumped: false,
        ended_unix_nano: 1_800_000_000_000_000_000,
        run_time: Duration::from_millis(1500),
        user_time: Duration::from_millis(250),
        system_time: Duration::from_millis(125),
        max_rss_kib: 1024,
        minor_faults: 30,
        major_faults: 1,
        voluntary_switches: 20,
        involuntary_switches: 10,
        oom_kills: None,
    }
}
