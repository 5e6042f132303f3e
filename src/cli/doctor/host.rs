//! What the machine must offer: free ports, a readable /proc.

use super::{Check, Verdict};
use crate::cli::Launch;
use crate::launch::inject;
use crate::settings::{Exporter, HostPort};
use std::net::TcpListener;
use std::path::Path;

const AREA: &str = "host";

pub(super) fn check(launch: &Launch) -> Vec<Check> {
    let settings = &launch.settings;
    let mut checks = Vec::new();
    if settings.sdk_disabled {
        return vec![Check::new(AREA, Verdict::Skipped, "OTEL_SDK_DISABLED is true")];
    }
    let receiver = HostPort { host: "127.0.0.1".to_owned(), port: 0 };
    checks.push(port("receiver", settings.ingress.as_ref().unwrap_or(&receiver), "--ingress HOST:PORT"));
    if settings.exporters.metrics.contains(&Exporter::Prometheus) {
        checks.push(port("Prometheus endpoint", &settings.prometheus.address, "--exporter_prometheus_port"));
    }
    if settings.host_metrics && !Path::new("/proc/self/stat").exists() {
        checks.push(Check::warn(
            AREA,
            "/proc cannot be read: host and process metrics will be missing",
            "mount /proc, or switch them off with --host_metrics off",
        ));
    }
    if inject::nested(&launch.bare) {
        checks.push(Check::warn(
            AREA,
            "another otel-run above prepared this environment: this one would only pass through",
            "settings that are given here have no effect on the program",
        ));
    }
    checks
}

fn port(what: &str, address: &HostPort, flag: &str) -> Check {
    match TcpListener::bind((address.host.as_str(), address.port)) {
        Ok(listener) if !listener.local_addr().is_ok_and(|address| address.ip().is_loopback()) => {
            Check::warn(
                AREA,
                format!("{what}: {address} is free, and other hosts may reach it"),
                "use localhost unless that is what you want",
            )
        }
        Ok(_) if address.port == 0 => Check::ok(AREA, format!("{what}: loopback has free ports")),
        Ok(_) => Check::ok(AREA, format!("{what}: {address} is free")),
        Err(error) => Check::fail(
            AREA,
            format!("{what}: cannot listen on {address}: {}", print(&error)),
            format!("choose another with {flag}"),
        ),
    }
}

fn print(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "the port is taken".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        std::io::ErrorKind::PermissionDenied => "not allowed".to_owned(),
        _ => error.to_string(),
    }
}
