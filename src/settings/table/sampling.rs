//! Which traces are kept, and how they travel.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(
        Heading::Sampling,
        "OTEL_TRACES_SAMPLER",
        "traces_sampler",
        Kind::Text("NAME"),
        "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, \
         parentbased_traceidratio, one that the program knows, or for Azure microsoft.fixed_percentage or \
         microsoft.rate_limited",
    )
    .default("parentbased_always_on; for Azure alone, or with rules that keep, always_on")
    .both(),
    Entry::new(
        Heading::Sampling,
        "OTEL_TRACES_SAMPLER_ARG",
        "traces_sampler_arg",
        Kind::Text("VALUE"),
        "Argument of the sampler, such as 0.25 for a ratio",
    )
    .both(),
    Entry::new(
        Heading::Sampling,
        "OTEL_RUN_SAMPLING_OVERRIDE",
        "sampling_override",
        Kind::Rules,
        "What is kept of requests, dependencies or logs in particular, such as http.route=/health:0 or \
         'status=error and duration>=2s: 100'; repeatable, the first that matches decides",
    ),
    Entry::new(
        Heading::Sampling,
        "OTEL_RUN_KEEP_ERRORS",
        "keep_errors",
        Kind::Switch,
        "Traces with an error or an exception are kept, whatever the sampler says",
    )
    .default("false"),
    Entry::new(
        Heading::Sampling,
        "OTEL_RUN_KEEP_SLOWER_THAN",
        "keep_slower_than",
        Kind::Duration,
        "Traces with a span that took at least this long are kept, whatever the sampler says, such as 2s",
    ),
    Entry::new(
        Heading::Sampling,
        "OTEL_RUN_SAMPLING_DELAY",
        "sampling_delay",
        Kind::Duration,
        "Longest time that spans and log records wait for the end of their request, when rules ask for it",
    )
    .default("5s"),
    Entry::new(
        Heading::Sampling,
        "OTEL_PROPAGATORS",
        "propagators",
        Kind::List("NAMES"),
        "How context travels between services: tracecontext, baggage, b3, b3multi, ..., none",
    )
    .default("tracecontext,baggage")
    .target(),
];
