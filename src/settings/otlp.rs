//! Settings of the OTLP exporter for one signal (OpenTelemetry specification, "OpenTelemetry
//! Protocol Exporter"): each variable of the signal beats the general one, by itself.

use super::azure_otlp::{self, AzureOtlp};
use super::endpoint::{Endpoint, port};
use super::kind::quoted;
use super::notes::Notes;
use super::origin::{Layers, mask_url};
use super::read::Variables;
use super::{Complaint, Compression, OtlpSettings, Protocol, Secret, entra, pairs, proxy};
use crate::error::Error;
use crate::otlp::Signal;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A timeout up to here was probably meant in seconds, as the Python SDK reads it.
const SUSPICIOUS_TIMEOUT: Duration = Duration::from_millis(60);

/// What one variable says, and which one it is.
struct Said<T> {
    value: T,
    variable: String,
}

/// Everything that the settings of one signal are made from.
pub(super) struct Source<'a> {
    pub(super) signal: Signal,
    pub(super) variables: &'a Variables,
    pub(super) layers: &'a Layers,
    /// Protocol that the exporter's name carries (`otlp_proto_grpc`).
    pub(super) protocol: Option<Protocol>,
    pub(super) by_default: bool,
    /// The short form of Azure Monitor's endpoints.
    pub(super) azure: Option<&'a Result<AzureOtlp, Complaint>>,
}

impl Source<'_> {
    /// What stands in for a signal that does not leave by OTLP: nothing of it was checked.
    pub(super) fn unused(signal: Signal) -> OtlpSettings {
        OtlpSettings {
            url: format!("http://localhost:4318{}", signal.path()),
            protocol: Protocol::HttpProtobuf,
            headers: Vec::new(),
            certificate: None,
            client_certificate: None,
            client_key: None,
            compression: Compression::None,
            timeout: TIMEOUT,
            entra: None,
            proxy: None,
            by_default: false,
        }
    }

    /// Builds the settings, or says what makes them unusable.
    pub(super) fn build(&self, notes: &mut Notes) -> Result<OtlpSettings, Error> {
        let of = &self.variables.otlp_of[self.signal];
        let general = &self.variables.otlp;
        // The signal's own endpoint beats the short form, which beats the general endpoint.
        let azure = self.azure.filter(|_| of.endpoint.is_none());
        let endpoint = match azure {
            Some(_) => {
                if general.endpoint.is_some() {
                    const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
                    let what = format!("{GENERAL} does not count: {} is set", azure_otlp::VARIABLE);
                    notes.warn(Error::usage(what).from(self.layers.origin(GENERAL)));
                }
                None
            }
            None => self.first("ENDPOINT", &of.endpoint, &general.endpoint),
        };
        let protocol = self.protocol(endpoint.as_ref(), notes);
        let url = match (azure, protocol) {
            (Some(azure), _) => {
                let url = azure.as_ref().map_err(Clone::clone).and_then(|azure| azure.url(self.signal));
                url.map_err(|complaint| azure_otlp::refused(complaint, self.layers))?
            }
            (None, Protocol::Grpc) => self.grpc_url(endpoint.as_ref(), notes)?,
            (None, Protocol::HttpProtobuf | Protocol::HttpJson) => self.http_url(endpoint.as_ref())?,
        };
        let entra = entra::for_otlp(&url, protocol, azure.is_some(), self.variables, self.layers, notes)?;
        let client_certificate =
            self.first("CLIENT_CERTIFICATE", &of.client_certificate, &general.client_certificate);
        let client_key = self.first("CLIENT_KEY", &of.client_key, &general.client_key);
        self.pair_up(client_certificate.as_ref(), client_key.as_ref())?;
        let compression = self.first("COMPRESSION", &of.compression, &general.compression);
        let gzip = compression.is_some_and(|c| c.value == "gzip");
        let level = self.variables.own.compression_level.unwrap_or(1);
        let environment = &self.layers.environment;
        let proxy = proxy::for_otlp(environment, &url, entra.is_some());
        let proxy = proxy::usable(proxy, self.layers, notes);
        Ok(OtlpSettings {
            url,
            protocol,
            headers: self.headers(notes),
            certificate: self.first("CERTIFICATE", &of.certificate, &general.certificate).map(|s| s.value),
            client_certificate: client_certificate.map(|s| s.value),
            client_key: client_key.map(|s| s.value),
            compression: if gzip { Compression::Gzip(level) } else { Compression::None },
            timeout: self.timeout(notes),
            entra,
            proxy,
            by_default: self.by_default,
        })
    }

    fn first<T: Clone>(&self, suffix: &str, of: &Option<T>, general: &Option<T>) -> Option<Said<T>> {
        let signal = self.signal.name().to_uppercase();
        let of = of.clone().map(|value| (value, format!("OTEL_EXPORTER_OTLP_{signal}_{suffix}")));
        let general = || general.clone().map(|value| (value, format!("OTEL_EXPORTER_OTLP_{suffix}")));
        of.or_else(general).map(|(value, variable)| Said { value, variable })
    }

    fn protocol(&self, endpoint: Option<&Said<String>>, notes: &mut Notes) -> Protocol {
        let of = &self.variables.otlp_of[self.signal];
        let said = self.first("PROTOCOL", &of.protocol, &self.variables.otlp.protocol);
        match (self.protocol, said) {
            (Some(named), Some(said)) if named != said.value => {
                notes.warn(
                    Error::usage(format!(
                        "{} says {}, the exporter's name says {}; the name wins",
                        said.variable,
                        said.value.name(),
                        named.name()
                    ))
                    .from(self.layers.origin(&said.variable))
                    .hint("use the exporter name otlp, which follows the variable"),
                );
                named
            }
            (Some(named), _) => named,
            (None, Some(said)) => said.value,
            (None, None) => match endpoint.and_then(|e| port(&e.value)) {
                Some(4317) => Protocol::Grpc,
                _ => Protocol::HttpProtobuf,
            },
        }
    }

    /// The general endpoint gets the signal's path, the signal's own is taken verbatim.
    fn http_url(&self, endpoint: Option<&Said<String>>) -> Result<String, Error> {
        let Some(endpoint) = endpoint else {
            return Ok(format!("http://localhost:4318{}", self.signal.path()));
        };
        let parsed = self.parse(endpoint, Protocol::HttpProtobuf)?;
        let Some(scheme) = parsed.scheme else {
            let shown = mask_url(&endpoint.value);
            return Err(self
                .malformed(endpoint, "has no scheme")
                .hint(format!("write http://{shown}, or https://{shown}")));
        };
        let (path, query) = (parsed.path.as_str(), parsed.query.as_str());
        let path = if endpoint.variable == "OTEL_EXPORTER_OTLP_ENDPOINT" {
            format!("{}{}", path.strip_suffix('/').unwrap_or(path), self.signal.path())
        } else if path.is_empty() {
            "/".to_owned()
        } else {
            path.to_owned()
        };
        Ok(format!("{scheme}://{}{path}{query}", parsed.authority))
    }

    /// The scheme decides on TLS; without one, `INSECURE` does.
    fn grpc_url(&self, endpoint: Option<&Said<String>>, notes: &mut Notes) -> Result<String, Error> {
        let Some(endpoint) = endpoint else { return Ok("http://localhost:4317".to_owned()) };
        let parsed = self.parse(endpoint, Protocol::Grpc)?;
        if !matches!(parsed.path.as_str(), "" | "/") || !parsed.query.is_empty() {
            notes.warn(
                Error::usage(format!(
                    "{}: gRPC has no use for the path {}{}; it is ignored",
                    endpoint.variable, parsed.path, parsed.query
                ))
                .from(self.layers.origin(&endpoint.variable))
                .hint("remove the path, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"),
            );
        }
        let scheme = parsed.scheme.unwrap_or(if self.insecure() { "http" } else { "https" });
        Ok(format!("{scheme}://{}", parsed.authority))
    }

    fn insecure(&self) -> bool {
        let general = &self.variables.general;
        let old = match self.signal {
            Signal::Traces => general.exporter_otlp_span_insecure,
            Signal::Metrics => general.exporter_otlp_metric_insecure,
            Signal::Logs => None,
        };
        let of = self.variables.otlp_of[self.signal].insecure;
        of.or(old).or(self.variables.otlp.insecure).unwrap_or(false)
    }

    fn parse(&self, endpoint: &Said<String>, protocol: Protocol) -> Result<Endpoint, Error> {
        Endpoint::parse(&endpoint.value).map_err(|why| {
            let example = match protocol {
                Protocol::Grpc => "http://localhost:4317",
                Protocol::HttpProtobuf | Protocol::HttpJson => "http://localhost:4318",
            };
            let hint = match why {
                "holds a user or password" => {
                    "put them into OTEL_EXPORTER_OTLP_HEADERS: authorization=Basic%20...".to_owned()
                }
                _ => format!("write a URL such as {example}"),
            };
            self.malformed(endpoint, why).hint(hint)
        })
    }

    fn malformed(&self, endpoint: &Said<String>, why: &str) -> Error {
        Error::usage(format!("{}: {} {why}", endpoint.variable, quoted(&mask_url(&endpoint.value))))
            .from(self.layers.origin(&endpoint.variable))
    }

    /// A key without its certificate, or the other way round, can only be a mistake.
    fn pair_up<T, U>(&self, certificate: Option<&Said<T>>, key: Option<&Said<U>>) -> Result<(), Error> {
        let (there, missing) = match (certificate, key) {
            (Some(there), None) => {
                (&there.variable, there.variable.replace("CLIENT_CERTIFICATE", "CLIENT_KEY"))
            }
            (None, Some(there)) => {
                (&there.variable, there.variable.replace("CLIENT_KEY", "CLIENT_CERTIFICATE"))
            }
            _ => return Ok(()),
        };
        Err(Error::usage(format!("{there} is set without {missing}"))
            .from(self.layers.origin(there))
            .hint(format!("set {missing} as well; certificate and key come together")))
    }

    fn headers(&self, notes: &mut Notes) -> Vec<(String, Secret)> {
        let of = &self.variables.otlp_of[self.signal];
        let Some(said) = self.first("HEADERS", &of.headers, &self.variables.otlp.headers) else {
            return Vec::new();
        };
        let read = pairs::parse_headers(&said.value);
        notes.bad_pairs(&said.variable, &self.layers.origin(&said.variable), &read.bad);
        read.good.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()
    }

    fn timeout(&self, notes: &mut Notes) -> Duration {
        let of = &self.variables.otlp_of[self.signal];
        let Some(said) = self.first("TIMEOUT", &of.timeout, &self.variables.otlp.timeout) else {
            return TIMEOUT;
        };
        let timeout = said.value.0;
        if timeout <= SUSPICIOUS_TIMEOUT {
            let millis = timeout.as_millis();
            notes.warn(
                Error::usage(format!(
                    "{}: {millis} means milliseconds here, though the Python SDK reads seconds",
                    said.variable
                ))
                .from(self.layers.origin(&said.variable))
                .hint(format!("use {} for {millis} seconds", millis * 1000)),
            );
        }
        timeout
    }
}
