//! Where the service may send us. A redirect takes the instrumentation key, the telemetry and
//! perhaps a token with it, so that it is followed within one cloud of Microsoft only, or to the
//! host that the user named.

use http::Uri;

/// Domains of Azure Monitor, one list for each cloud. Nothing leads from one to another.
const CLOUDS: [&[&str]; 3] = [
    &["monitor.azure.com", "applicationinsights.azure.com", "services.visualstudio.com"],
    &["monitor.azure.us", "applicationinsights.azure.us"],
    &["monitor.azure.cn", "applicationinsights.azure.cn"],
];

/// Whether an answer from `from` may lead us to `to`.
///
/// Always to the same host, but never from TLS to none; to another host only by `https` on its
/// usual port, and only between hosts of the same cloud. An URL with a user in it is not followed.
pub fn may_lead(from: &Uri, to: &Uri) -> bool {
    let (Some(old), Some(new)) = (from.host(), to.host()) else { return false };
    if to.authority().is_none_or(|authority| authority.as_str().contains('@')) {
        return false;
    }
    let secure = to.scheme_str() == Some("https");
    if old.eq_ignore_ascii_case(new) {
        return secure || (to.scheme_str() == Some("http") && from.scheme_str() == Some("http"));
    }
    secure
        && to.port_u16().is_none_or(|port| port == 443)
        && cloud(new).is_some_and(|c| cloud(old) == Some(c))
}

/// The cloud to which a host belongs.
fn cloud(host: &str) -> Option<usize> {
    let host = host.to_ascii_lowercase();
    let within = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.ends_with('.'));
    CLOUDS.iter().position(|domains| domains.iter().any(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_one_cloud_and_to_the_same_host() {
        let global = "https://rt.services.visualstudio.com/QuickPulseService.svc/ping";
        for (from, to, may) in [
            (global, "https://westeurope.livediagnostics.monitor.azure.com", true),
            (global, "https://WestEurope.LiveDiagnostics.Monitor.Azure.COM/", true),
            (global, "https://dc.services.visualstudio.com:443/v2.1/track", true),
            (global, "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track", true),
            (global, "http://westeurope.livediagnostics.monitor.azure.com", false),
            (global, "https://westeurope.livediagnostics.monitor.azure.com:8443", false),
            (global, "https://china.livediagnostics.monitor.azure.cn", false),
            (global, "https://evil.example/", false),
            (global, "https://monitor.azure.com.evil.example/", false),
            (global, "https://evilmonitor.azure.com/", false),
            (global, "https://monitor.azure.com/", false),
            (global, "https://user@westeurope.livediagnostics.monitor.azure.com/", false),
            (global, "https://westeurope.livediagnostics.monitor.azure.com@evil.example/", false),
            (global, "http://rt.services.visualstudio.com/", false),
            (global, "/v2.1/track", false),
            (
                "https://usgov.in.applicationinsights.azure.us/",
                "https://x.in.applicationinsights.azure.us/",
                true,
            ),
            ("https://proxy.corp.example/", "https://westeurope.livediagnostics.monitor.azure.com", false),
            ("https://proxy.corp.example/", "https://proxy.corp.example:8443/v2", true),
            ("https://proxy.corp.example/", "http://proxy.corp.example/", false),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:5000/", true),
            ("http://127.0.0.1:4000/", "https://127.0.0.1:5000/", true),
            ("http://127.0.0.1:4000/", "http://127.0.0.2:4000/", false),
            ("http://127.0.0.1:4000/", "ftp://127.0.0.1:4000/", false),
            ("http://[::1]:4000/", "http://[::1]:4001/", true),
        ] {
            let uri = |text: &str| text.parse::<Uri>().unwrap();
            assert_eq!(may_lead(&uri(from), &uri(to)), may, "{from} to {to}");
        }
    }
}
