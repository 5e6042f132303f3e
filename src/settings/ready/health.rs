//! `--drop_health_checks`: requests of load balancers, orchestrators and monitors.

use super::{drop_tree, pattern};
use crate::settings::shape::{AttributeMatch, Processor, Selector, SpanKind, SpanStatus};

const NAME: &str = "--drop_health_checks";

/// Paths, by their last segments; at most three others may be before them. `/live` and `/ready` alone may be pages.
const PATHS: &str = r"(?i)^[a-z][a-z0-9+.-]*://[^/]*(?:/[^/]+){0,3}/(?:_?health(?:z|[-_]?checks?)?|livez|liveness|readyz|readiness|startupz|ping|heartbeat|(?:_?healthz?|probes?|actuator/health)/(?:live|ready|startup|liveness|readiness)|-/(?:healthy|ready)|robots933456\.txt)/?$";

/// Who asks: Kubernetes, AWS (load balancers, Route 53), Google Cloud, Azure (App Service, Traffic Manager, Front Door,
/// Load Balancer), Consul.
const AGENTS: &str = r"(?i)kube-probe/|ELB-HealthChecker|Amazon-Route53-Health-Check|GoogleHC/|\bAlwaysOn\b|^HealthCheck/|ReadyForRequest/|Azure Traffic Manager Endpoint Monitor|Edge Health Probe|Load Balancer Agent|Consul Health Check";

/// Those that failed stay: somebody may want to know.
pub(super) fn processors() -> Vec<Processor> {
    let failed = || Some(Selector { statuses: vec![SpanStatus::Error], ..Selector::default() });
    let served = || Selector { kinds: vec![SpanKind::Server], ..Selector::default() };
    let by_agent = |key: &str| {
        let attributes = vec![AttributeMatch { key: key.to_owned(), value: Some(pattern(AGENTS)) }];
        drop_tree(NAME, Selector { attributes, ..served() }, failed())
    };
    vec![
        drop_tree(NAME, Selector { urls: vec![pattern(PATHS)], ..served() }, failed()),
        by_agent("user_agent.original"),
        by_agent("http.user_agent"),
    ]
}
