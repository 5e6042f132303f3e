//! The connection string of an Application Insights resource: `Key=value` divided by semicolons,
//! in any order and case. It lets whoever has it write into the resource, so nothing of its
//! values is ever repeated.

use super::endpoint::Endpoint;
use super::kind::quoted;
use super::{Complaint, ConnectionString, Secret, suggest};
use std::net::IpAddr;
use std::path::Path;

/// Longest string that is read, in bytes.
const LONGEST: usize = 4096;
const INGESTION: &str = "https://dc.services.visualstudio.com";
const LIVE: &str = "https://rt.services.visualstudio.com";
const AUDIENCE: &str = "https://monitor.azure.com/";

/// The keys that mean something to us. All others are for other readers.
const KEYS: [&str; 8] = [
    "InstrumentationKey",
    "IngestionEndpoint",
    "LiveEndpoint",
    "EndpointSuffix",
    "Location",
    "Authorization",
    "AADAudience",
    "ApplicationId",
];

const COPY: &str = "copy it again as a whole: Azure portal, the Application Insights resource, \
                    Overview, Connection String";

/// A connection string, and what is odd about it.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) connection: ConnectionString,
    pub(super) warnings: Vec<Complaint>,
}

/// Reads a connection string, or says what makes it unusable.
pub(super) fn parse(text: &str) -> Result<Parsed, Complaint> {
    let text = text.trim();
    if text.len() > LONGEST {
        let what = format!("has {} bytes, and {LONGEST} are the most", text.len());
        return Err(Complaint::new(what, COPY));
    }
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        let hint = "remove them: files of variables keep quotes as part of the value";
        return Err(Complaint::new("is in quotes", hint));
    }
    if !text.contains('=') {
        return Err(match is_uuid(text) {
            true => Complaint::new(
                "is an instrumentation key alone",
                "write InstrumentationKey= before it, or better, take the whole connection string",
            ),
            false => Complaint::new("is no connection string: it has no Key=value", COPY),
        });
    }
    let mut warnings = Vec::new();
    let parts = Parts::read(text, &mut warnings)?;
    let connection = parts.connection(&mut warnings)?;
    Ok(Parsed { connection, warnings })
}

/// Reads a file that holds a connection string.
pub(super) fn read(file: &Path) -> Result<String, Complaint> {
    use std::io::Read;
    const HINT: &str = "write file: and the path of a file that holds the connection string";
    let name = quoted(&file.to_string_lossy());
    let broken = |why: &str| Complaint::new(format!("cannot read {name}: {why}"), HINT);
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => broken("no such file"),
        other => broken(&other.to_string()),
    };
    let metadata = std::fs::metadata(file).map_err(failed)?;
    // A named pipe would block the start.
    if !metadata.is_file() {
        return Err(broken("it is no regular file"));
    }
    let mut text = String::new();
    let opened = std::fs::File::open(file);
    let longest = LONGEST as u64 + 1;
    opened.and_then(|file| file.take(longest).read_to_string(&mut text)).map_err(failed)?;
    Ok(text)
}

/// What an instrumentation key alone means, which is how it was before connection strings.
pub(super) fn of_key(key: &str) -> Result<Parsed, Complaint> {
    if key.contains(['=', ';']) {
        return Err(Complaint::new(
            "is no instrumentation key",
            "a connection string belongs in APPLICATIONINSIGHTS_CONNECTION_STRING",
        ));
    }
    parse(&format!("InstrumentationKey={key}"))
}

/// The values of [`KEYS`], in their order.
#[derive(Default)]
struct Parts<'a>([Option<&'a str>; KEYS.len()]);

impl<'a> Parts<'a> {
    fn read(text: &'a str, warnings: &mut Vec<Complaint>) -> Result<Parts<'a>, Complaint> {
        let mut parts = Parts::default();
        let mut misspelled = None;
        let pairs = text.split(';').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty());
        for (place, pair) in pairs {
            let place = place + 1;
            let Some((key, value)) = pair.split_once('=') else {
                warnings.push(Complaint::new(format!("part {place} has no \"=\" and does not count"), COPY));
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            let Some((known, slot)) =
                KEYS.iter().zip(&mut parts.0).find(|(known, _)| known.eq_ignore_ascii_case(key))
            else {
                if suggest::nearest(key, KEYS) == Some("InstrumentationKey") {
                    misspelled = Some(place);
                }
                continue;
            };
            if holds_a_key(value) {
                return Err(Complaint::new(
                    format!("has another part within {known}"),
                    "write semicolons between the parts",
                ));
            }
            if value.is_empty() && *known != "InstrumentationKey" {
                warnings.push(Complaint::new(format!("{known} is empty and does not count"), COPY));
                continue;
            }
            if slot.replace(value).is_some() {
                let what = format!("{known} is there twice; the last one holds");
                warnings.push(Complaint::new(what, "remove the other one"));
            }
        }
        match (parts.get("InstrumentationKey"), misspelled) {
            (Some(""), _) => Err(Complaint::new("has an empty InstrumentationKey", COPY)),
            (Some(_), _) => Ok(parts),
            (None, Some(place)) => Err(Complaint::new(
                "has no InstrumentationKey",
                format!("did you mean InstrumentationKey in part {place}?"),
            )),
            (None, None) => Err(Complaint::new("has no InstrumentationKey", COPY)),
        }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        KEYS.iter().zip(&self.0).find(|(known, _)| **known == key).and_then(|(_, value)| *value)
    }

    fn connection(&self, warnings: &mut Vec<Complaint>) -> Result<ConnectionString, Complaint> {
        let key = self.get("InstrumentationKey").unwrap_or_default();
        if !is_uuid(key) {
            warnings.push(Complaint::new(
                "InstrumentationKey does not look like one (8-4-4-4-12 hexadecimal digits)",
                "see whether it is complete; it is used as it is",
            ));
        }
        if self.get("Authorization").is_some_and(|way| !way.eq_ignore_ascii_case("ikey")) {
            warnings.push(Complaint::new(
                "Authorization is not ikey, and there is no other; it does not count",
                "for Entra ID set APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD, or --azure_credential",
            ));
        }
        let owned = |key: &str| self.get(key).map(str::to_owned);
        Ok(ConnectionString {
            instrumentation_key: Secret::new(key),
            ingestion_endpoint: self.endpoint("IngestionEndpoint", "dc", INGESTION, warnings)?,
            live_endpoint: self.endpoint("LiveEndpoint", "live", LIVE, warnings)?,
            audience: owned("AADAudience").unwrap_or_else(|| AUDIENCE.to_owned()),
            application_id: owned("ApplicationId"),
        })
    }

    /// The endpoint that is named, else the one that is made of the suffix, else the global one.
    fn endpoint(
        &self,
        key: &str,
        prefix: &str,
        global: &str,
        warnings: &mut Vec<Complaint>,
    ) -> Result<String, Complaint> {
        if let Some(url) = self.get(key) {
            return named(key, url, warnings);
        }
        let Some(suffix) = self.get("EndpointSuffix") else { return Ok(global.to_owned()) };
        let suffix = suffix.trim_start_matches('.').trim_end_matches(['.', '/']);
        let location = self.get("Location").unwrap_or_default().trim_end_matches('.');
        if !location.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Complaint::new(
                "Location is not a word of letters and digits",
                "write the region's short name, such as westeurope",
            ));
        }
        let dot = if location.is_empty() { "" } else { "." };
        let name = suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let url = format!("https://{location}{dot}{prefix}.{suffix}");
        match Endpoint::parse(&url) {
            Ok(_) if name && !suffix.is_empty() && !suffix.contains("..") => Ok(url),
            _ => Err(Complaint::new(
                "EndpointSuffix is not the end of a host's name",
                "write a name such as applicationinsights.azure.cn, without https://",
            )),
        }
    }
}

/// Whether a value holds what looks like the next part, as when other marks stand between them.
fn holds_a_key(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["instrumentationkey=", "ingestionendpoint=", "liveendpoint="].iter().any(|key| value.contains(key))
}

/// An endpoint as it was written: checked, and without a slash at its end.
fn named(key: &str, url: &str, warnings: &mut Vec<Complaint>) -> Result<String, Complaint> {
    const HINT: &str = "write a URL such as https://westeurope-5.in.applicationinsights.azure.com/";
    let endpoint = Endpoint::parse(url).map_err(|why| Complaint::new(format!("{key} {why}"), HINT))?;
    let Some(scheme) = endpoint.scheme else {
        return Err(Complaint::new(format!("{key} has no scheme"), HINT));
    };
    if url.contains(['?', '#']) {
        return Err(Complaint::new(
            format!("{key} has a query or a fragment"),
            "remove the part from the ? or # on",
        ));
    }
    if scheme == "http" && !is_near(&endpoint.authority) {
        warnings.push(Complaint::new(
            format!("{key} is http: key and telemetry travel in the clear"),
            "write https:// unless a proxy of yours stands there",
        ));
    }
    let path = endpoint.path.trim_end_matches('/');
    Ok(format!("{scheme}://{}{path}", endpoint.authority))
}

/// Whether this is loopback, or a host of a private network as far as its name tells.
fn is_near(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => {
            let host = host.to_ascii_lowercase();
            // Names without a dot, as containers call each other, are no names of the internet.
            !host.contains('.')
                || [".localhost", ".local", ".internal", ".lan"].iter().any(|end| host.ends_with(end))
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl ConnectionString {
    /// Whether it goes to the endpoint that is no region's.
    pub fn has_global_endpoint(&self) -> bool {
        self.ingestion_endpoint == INGESTION
    }
}

#[cfg(test)]
mod tests;
