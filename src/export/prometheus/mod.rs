//! The Prometheus endpoint.

use crate::error::Error;
use crate::settings::PrometheusSettings;
use std::net::TcpListener;

/// Binds the endpoint's socket.
pub fn bind(settings: &PrometheusSettings) -> Result<TcpListener, Error> {
    let address = &settings.address;
    TcpListener::bind((address.host.as_str(), address.port)).map_err(|e| {
        Error::launcher(format!("cannot listen on {address} for Prometheus: {e}"))
            .from("OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT")
            .hint("choose another port with --exporter_prometheus_port")
    })
}
