//! The short form of Azure Monitor's own OTLP endpoints: `dce=HOST,metrics_dce=HOST,dcr=ID`.
//! A data collection endpoint has a host for traces and logs and one for metrics, and a data
//! collection rule says where they go.

use super::endpoint::Endpoint;
use super::kind::quoted;
use super::origin::{Layers, mask_url};
use super::{Complaint, suggest};
use crate::error::Error;
use crate::otlp::Signal;

pub(super) const VARIABLE: &str = "OTEL_RUN_AZURE_OTLP";
const KEYS: [&str; 3] = ["dce", "metrics_dce", "dcr"];
const HINT: &str = "write dce=NAME.REGION-1.ingest.monitor.azure.com,dcr=dcr-... , as the resource's \
                    \"OTLP connection info\" in the Azure portal has them";
/// Where tokens for public Azure are good.
const AUDIENCE: &str = "https://monitor.azure.com";

/// What the short form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AzureOtlp {
    /// Base URLs without a slash at their end.
    others: String,
    metrics: Option<String>,
    /// Immutable id of the rule.
    rule: String,
}

impl AzureOtlp {
    pub(super) fn parse(text: &str) -> Result<AzureOtlp, Complaint> {
        let mut values = [None; KEYS.len()];
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| Complaint::new(format!("{} has no \"=\"", quoted(part)), HINT))?;
            let (key, value) = (key.trim().to_ascii_lowercase().replace('-', "_"), value.trim());
            let Some(slot) = KEYS.iter().position(|known| *known == key).and_then(|at| values.get_mut(at))
            else {
                let hint = match suggest::nearest(&key, KEYS) {
                    Some(near) => format!("did you mean {near}?"),
                    None => HINT.to_owned(),
                };
                return Err(Complaint::new(
                    format!("{} is not one of {}", quoted(&key), KEYS.join(", ")),
                    hint,
                ));
            };
            if value.is_empty() {
                return Err(Complaint::new(format!("{key} is empty"), HINT));
            }
            if slot.replace(value).is_some() {
                return Err(Complaint::new(format!("{key} is there twice"), "remove one of them"));
            }
        }
        let [dce, metrics_dce, dcr] = values;
        let dce = dce.ok_or_else(|| Complaint::new("dce is missing", HINT))?;
        let rule = rule(dcr.ok_or_else(|| Complaint::new("dcr is missing", HINT))?)?;
        if dce.contains(".metrics.ingest.") {
            let hint = "write it as metrics_dce, and as dce the host without \".metrics\"";
            return Err(Complaint::new("dce is the host for metrics", hint));
        }
        let others = base("dce", dce)?;
        let metrics = match metrics_dce {
            Some(host) => Some(base("metrics_dce", host)?),
            // The two hosts of an endpoint differ in one label.
            None => others
                .split_once(".ingest.monitor.azure.")
                .map(|(name, cloud)| format!("{name}.metrics.ingest.monitor.azure.{cloud}")),
        };
        Ok(AzureOtlp { others, metrics, rule })
    }

    /// The URL of a signal.
    pub(super) fn url(&self, signal: Signal) -> Result<String, Complaint> {
        let (base, stream) = match signal {
            Signal::Traces => (&self.others, "Microsoft-OTLP-Traces"),
            Signal::Logs => (&self.others, "Microsoft-OTLP-Logs"),
            Signal::Metrics => {
                let missing = || {
                    let hint =
                        "metrics have a host of their own: NAME.REGION-1.metrics.ingest.monitor.azure.com";
                    Complaint::new("metrics_dce is missing, and cannot be told from dce", hint)
                };
                (self.metrics.as_ref().ok_or_else(missing)?, "Custom-Metrics-Otel")
            }
        };
        Ok(format!("{base}/datacollectionRules/{}/streams/{stream}/otlp{}", self.rule, signal.path()))
    }
}

/// A complaint about the short form, with who said it.
pub(super) fn refused(complaint: Complaint, layers: &Layers) -> Error {
    let Complaint { what, hint } = complaint;
    Error { hint, ..Error::usage(format!("{VARIABLE}: {what}")).from(layers.origin(VARIABLE)) }
}

/// The audience of tokens for this URL: each cloud has its own.
pub(super) fn audience(url: &str) -> String {
    let host = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_ascii_lowercase));
    let host = host.unwrap_or_default();
    match ["us", "cn"].into_iter().find(|cloud| host.ends_with(&format!(".monitor.azure.{cloud}"))) {
        Some(cloud) => format!("https://monitor.azure.{cloud}"),
        None => AUDIENCE.to_owned(),
    }
}

/// Whether a token must not go to this URL, because others could read it on its way.
pub(super) fn would_leak(url: &str) -> bool {
    let uri = url.parse::<http::Uri>().unwrap_or_default();
    uri.scheme_str() != Some("https") && !matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

fn rule(id: &str) -> Result<String, Complaint> {
    let hint = "it is the rule's immutable id, dcr- and 32 hexadecimal digits; az monitor data-collection rule show \
                prints it as immutableId";
    if id.starts_with('/') {
        return Err(Complaint::new("dcr is the resource id of the rule", hint));
    }
    let digits = id.strip_prefix("dcr-").unwrap_or_default();
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Complaint::new(format!("dcr {} is no immutable id", quoted(id)), hint));
    }
    Ok(id.to_owned())
}

/// A host, or a URL without path.
fn base(key: &str, text: &str) -> Result<String, Complaint> {
    let bad = |why: &str| Complaint::new(format!("{key} {} {why}", quoted(&mask_url(text))), HINT);
    let Endpoint { scheme, authority, path, query } = Endpoint::parse(text).map_err(bad)?;
    if !matches!(path.as_str(), "" | "/") || !query.is_empty() {
        return Err(Complaint::new(
            format!("{key} has a path"),
            "write the host alone; for whole URLs there are --exporter_otlp_traces_endpoint (and so for metrics and \
             logs) with --otlp_auth entra",
        ));
    }
    let url = format!("{}://{authority}", scheme.unwrap_or("https"));
    if would_leak(&url) { Err(bad("would get our token without TLS")) } else { Ok(url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "dcr-0123456789abcdef0123456789ABCDEF";

    #[test]
    fn urls() {
        let name = "contoso-ab12.westeurope-1";
        let azure = AzureOtlp::parse(&format!("dce={name}.ingest.monitor.azure.com, dcr = {ID}")).unwrap();
        let base =
            |host: &str| format!("https://{name}.{host}.monitor.azure.com/datacollectionRules/{ID}/streams");
        for (signal, url) in [
            (Signal::Traces, format!("{}/Microsoft-OTLP-Traces/otlp/v1/traces", base("ingest"))),
            (Signal::Logs, format!("{}/Microsoft-OTLP-Logs/otlp/v1/logs", base("ingest"))),
            (Signal::Metrics, format!("{}/Custom-Metrics-Otel/otlp/v1/metrics", base("metrics.ingest"))),
        ] {
            assert_eq!(azure.url(signal), Ok(url));
        }
        let local =
            AzureOtlp::parse(&format!("DCE=http://127.0.0.1:1/,metrics-dce=https://h:2,dcr={ID},")).unwrap();
        assert!(local.url(Signal::Traces).unwrap().starts_with("http://127.0.0.1:1/datacollectionRules/"));
        assert!(local.url(Signal::Metrics).unwrap().starts_with("https://h:2/datacollectionRules/"));
        let unknown = AzureOtlp::parse(&format!("dce=private.example,dcr={ID}")).unwrap();
        assert_eq!(
            unknown.url(Signal::Metrics).unwrap_err().what,
            "metrics_dce is missing, and cannot be told from dce"
        );
    }

    #[test]
    fn refusals() {
        for (text, what) in [
            ("", "dce is missing"),
            (&*format!("dcr={ID}"), "dce is missing"),
            ("dce=h", "dcr is missing"),
            ("dce", "\"dce\" has no \"=\""),
            ("dce=", "dce is empty"),
            ("dce=a,dce=b", "dce is there twice"),
            ("dcw=h", "\"dcw\" is not one of dce, metrics_dce, dcr"),
            ("dce=h,dcr=dcr-1", "dcr \"dcr-1\" is no immutable id"),
            ("dce=h,dcr=/subscriptions/x/dataCollectionRules/y", "dcr is the resource id of the rule"),
            (&format!("dce=https://h/datacollectionRules/x,dcr={ID}"), "dce has a path"),
            (&format!("dce=http://h,dcr={ID}"), "dce \"http://h\" would get our token without TLS"),
            (&format!("dce=ftp://h,dcr={ID}"), "dce \"ftp://h\" has a scheme that is neither http nor https"),
            (&format!("dce=a b,dcr={ID}"), "dce \"a b\" holds a blank"),
            (&format!("dce=n.r-1.metrics.ingest.monitor.azure.com,dcr={ID}"), "dce is the host for metrics"),
            (
                &format!("dce=h,metrics_dce=me:s3cret@h,dcr={ID}"),
                "metrics_dce \"***@h\" holds a user or password",
            ),
        ] {
            let complaint = AzureOtlp::parse(text).expect_err(text);
            assert_eq!(complaint.what, what);
            assert!(complaint.hint.is_some());
        }
    }

    #[test]
    fn audiences_of_clouds() {
        for (url, expected) in [
            ("https://n.westeurope-1.ingest.monitor.azure.com/x", "https://monitor.azure.com"),
            ("https://n.usgovvirginia-1.ingest.monitor.azure.us/x", "https://monitor.azure.us"),
            ("https://n.chinaeast2-1.metrics.ingest.monitor.azure.cn", "https://monitor.azure.cn"),
            ("https://monitor.azure.us.example/", "https://monitor.azure.com"),
            ("http://127.0.0.1:1", "https://monitor.azure.com"),
        ] {
            assert_eq!(audience(url), expected);
        }
    }
}
