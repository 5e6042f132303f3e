//! How our own metrics enter: the OTLP exporter's requests are handed to the pipeline in
//! memory. No socket, no token.

use crate::export::Pipeline;
use crate::otlp::{Batch, Signal};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, Protocol, WithExportConfig, WithHttpConfig};
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// The pipeline's entrance in the shape of an HTTP client.
struct Door {
    pipeline: Pipeline,
    without: Option<&'static str>,
}

/// The OTLP exporter whose requests go into `pipeline`, but not to the destination
/// `without`. Its temporality is the one of
/// `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, cumulative by default.
pub(super) fn exporter(
    pipeline: Pipeline,
    without: Option<&'static str>,
) -> Result<MetricExporter, ExporterBuildError> {
    MetricExporter::builder()
        .with_http()
        .with_http_client(Door { pipeline, without })
        // Given, though nobody connects to it, so that no variable is looked at.
        .with_endpoint("http://pipeline/v1/metrics")
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(Duration::from_secs(1))
        .build()
}

impl Door {
    fn enter(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let batch = Batch::from_protobuf(Signal::Metrics, request.into_body())?;
        // A refusal is counted by the pipeline. The answer is the same: cumulative figures come
        // again with the next collection, so there is nothing to send a second time.
        let _ = self.pipeline.accept_without(self.without, &batch);
        Ok(Response::builder().status(StatusCode::OK).body(Bytes::new())?)
    }
}

impl HttpClient for Door {
    fn send_bytes<'a, 'f>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        'a: 'f,
    {
        Box::pin(std::future::ready(self.enter(request)))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}
