//! Metrics for Prometheus: an endpoint that shows the latest of what came in, in the text format
//! 0.0.4 or in OpenMetrics 1.0, named by the rules of the OpenTelemetry specification
//! ("Prometheus and OpenMetrics Compatibility").
//!
//! The endpoint is the launcher's and not the application's, so that any number of worker
//! processes share it. Each of them is a *producer*, told apart by its resource, and
//!
//! - **monotonic sums and histograms** of the same name, scope and attributes are added up
//!   over all producers. A process that has gone keeps its part, and one that begins again
//!   (another start time) adds to it: what is shown never falls while it is shown at all.
//!   Increments (delta temporality) are added up in the same way. Of explicit histograms
//!   with different bounds the common bounds are shown; exponential ones become buckets at powers
//!   of the square root of two, or coarser ones when there would be more than 160;
//! - **up-down counters** are added up over the producers that are alive;
//! - **gauges and summaries** cannot be added. Each producer that is alive has its own; when
//!   there are several, the label `service_instance_id` (or `process_pid` where there is no such
//!   attribute) tells them apart;
//! - **`target_info`** has the resource attributes in which all that are alive agree;
//! - nothing is added up over different services (`service.namespace` and `service.name`): when
//!   several have the same series, the label `service_name` tells them apart.
//!
//! A producer is alive while it has reported within five minutes and, if its resource names
//! a process that was there at first, while that process exists. A series that nobody
//! has updated for so long is dropped. The number of series is bounded; what finds no room, or
//! has the name of a metric of another type, is counted in
//! `otel_run_prometheus_refused_points_total`.

mod exemplar;
mod expose;
mod ingest;
mod labels;
mod name;
mod negotiate;
mod producer;
mod series;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod value;

use super::{Exporter, Outcome, Parcel};
use crate::error::Error;
use crate::notice;
use crate::otlp::Decoded;
use crate::settings::{HostPort, PrometheusSettings};
use server::Shared;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::Store;
use tokio::task::JoinHandle;

/// Prometheus itself takes a sample for the present one for five minutes.
const STALE: Duration = Duration::from_secs(5 * 60);

/// Binds the endpoint's socket, before the target starts. Of several addresses of a name,
/// IPv4 comes first, because that is what scrapers try.
pub fn bind(settings: &PrometheusSettings) -> Result<TcpListener, Error> {
    let address = &settings.address;
    let from = "OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT";
    let addresses = addresses(address).map_err(|e| {
        Error::usage(format!("the host of the Prometheus endpoint, {}, is not known: {e}", address.host))
            .from(from)
            .hint("OTEL_EXPORTER_PROMETHEUS_HOST is a name or an address of this machine")
    })?;
    let listener = TcpListener::bind(addresses.as_slice()).map_err(|e| {
        let error = Error::launcher(format!("cannot listen on {address} for Prometheus: {e}")).from(from);
        error.hint(match e.kind() {
            io::ErrorKind::AddrInUse => {
                "another program has this port; choose one with --exporter_prometheus_port"
            }
            _ => "choose an address of this machine and a port that you may use",
        })
    })?;
    if let Ok(bound) = listener.local_addr() {
        notice::info("prometheus", &format!("metrics at http://{bound}/metrics"));
        if !bound.ip().is_loopback() {
            let text = format!(
                "OTEL_EXPORTER_PROMETHEUS_HOST={}: other machines can read the metrics",
                address.host
            );
            notice::warn("prometheus", &text);
        }
    }
    Ok(listener)
}

/// Addresses of `host`. The one name that everybody uses is not looked up: the target waits.
fn addresses(at: &HostPort) -> io::Result<Vec<SocketAddr>> {
    if at.host.eq_ignore_ascii_case("localhost") {
        return Ok(vec![(Ipv4Addr::LOCALHOST, at.port).into(), (Ipv6Addr::LOCALHOST, at.port).into()]);
    }
    let mut addresses: Vec<SocketAddr> = (at.host.as_str(), at.port).to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    Ok(addresses)
}

/// Keeps the latest metrics and shows them to whoever asks.
pub struct PrometheusExporter {
    store: Shared,
    server: JoinHandle<()>,
    /// Points were refused before, and that was said.
    refusing: bool,
}

impl PrometheusExporter {
    /// Serves on a listening socket, in the Tokio runtime of the caller, until the exporter
    /// is dropped.
    pub fn start(listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let store = Arc::new(Mutex::new(Store::new(Instant::now())));
        let server = tokio::spawn(server::serve(listener, store.clone()));
        Ok(PrometheusExporter { store, server, refusing: false })
    }
}

impl Drop for PrometheusExporter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Exporter for PrometheusExporter {
    async fn export(&mut self, parcel: &Parcel) -> Outcome {
        let mut rejected = 0;
        {
            let now = Instant::now();
            let mut store = self.store.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            store.sweep(now);
            for batch in &parcel.batches {
                rejected += match batch.decoded() {
                    Ok(Decoded::Metrics(request)) => ingest::ingest(&mut store, request, now),
                    _ => batch.items(),
                };
            }
        }
        let first = rejected > 0 && !self.refusing;
        self.refusing |= rejected > 0;
        let message = first.then(|| {
            "too many series, a name with two types, or a malformed point; \
             otel_run_prometheus_refused_points_total goes on counting"
                .to_owned()
        });
        Outcome::Delivered { rejected, message }
    }
}
