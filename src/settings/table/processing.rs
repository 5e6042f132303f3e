//! What is done to telemetry on its way.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Processing,
        "OTEL_RUN_REDACT",
        "redact",
        Kind::List("KINDS"),
        "Secrets that are taken out of every text before anything else: credentials, headers, sql, email, tokens; or all",
    ),
    Entry::new(
        Heading::Processing,
        "OTEL_RUN_DROP_HEALTH_CHECKS",
        "drop_health_checks",
        Kind::Switch,
        "Leave out health checks that did not fail, with their child spans and log records, by path (/health, /healthz, \
         /livez, /readyz, /ping ...) and user agent (kube-probe, ELB-HealthChecker, GoogleHC, AlwaysOn ...)",
    )
    .default("false"),
    Entry::new(
        Heading::Processing,
        "OTEL_PYTHON_EXCLUDED_URLS",
        "excluded_urls",
        Kind::List("PATTERNS"),
        "Requests that make no spans in any language, as regular expressions that are found anywhere in the URL",
    )
    .both(),
    Entry::new(
        Heading::Processing,
        "OTEL_RUN_CUSTOM_DIMENSION",
        "custom_dimension",
        Kind::Pairs,
        "Attributes for every span, log record and data point that does not have them; values may hold ${VARIABLE}; \
         repeatable",
    ),
    Entry::new(
        Heading::Processing,
        "OTEL_RUN_CAPTURE_HEADERS",
        "capture_headers",
        Kind::List("NAMES"),
        "Headers of requests and answers that the program's instrumentations make attributes, such as \
         http.request.header.x; those that hold secrets are masked",
    ),
];
