use super::super::fixture::loaded;
use super::*;

const CONNECTION: (&str, &str) = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=k");

/// What holds, with the warnings about it.
fn chosen(pairs: &[(&str, &str)]) -> (Sampler, TargetSampler, Vec<String>) {
    let loaded = loaded(&[&[CONNECTION], pairs].concat());
    let azure = loaded.settings.azure.expect("azure");
    let warnings = loaded.warnings.into_iter().filter(|told| !told.contains("look like one")).collect();
    (azure.sampler, loaded.settings.inject.traces_sampler, warnings)
}

#[test]
fn by_name() {
    use Sampler::{AlwaysOff, AlwaysOn, FixedPercentage, ParentBased, RateLimited, TraceIdRatio};
    use TargetSampler::{AlwaysOn as On, ParentBasedAlwaysOn as Parents, Same};
    let ratio = |ratio, parent_based| TraceIdRatio { ratio, parent_based };
    for (name, argument, here, target, shared_here, shared_target) in [
        ("", "", AlwaysOn, On, AlwaysOn, Same),
        ("always_on", "", AlwaysOn, On, AlwaysOn, Same),
        ("Always_Off", "", AlwaysOff, On, AlwaysOn, Same),
        ("traceidratio", "0.25", ratio(0.25, false), On, AlwaysOn, Same),
        ("trace_id_ratio", "0", ratio(0.0, false), On, AlwaysOn, Same),
        ("parentbased_always_on", "", ParentBased { root_on: true }, Parents, AlwaysOn, Same),
        ("parentbased_always_off", "", ParentBased { root_on: false }, Parents, AlwaysOn, Same),
        ("parentbased_traceidratio", "0.5", ratio(0.5, true), Parents, AlwaysOn, Same),
        ("parentbased_trace_id_ratio", "", ratio(1.0, true), Parents, AlwaysOn, Same),
        ("microsoft.fixed_percentage", "0.25", FixedPercentage(25.0), On, FixedPercentage(25.0), On),
        ("microsoft.fixed.percentage", "", FixedPercentage(100.0), On, FixedPercentage(100.0), On),
        ("microsoft.rate_limited", "0.5", RateLimited(0.5), On, RateLimited(0.5), On),
        ("microsoft.rate.limited", "", RateLimited(5.0), On, RateLimited(5.0), On),
        ("jaeger_remote", "endpoint=x", AlwaysOn, Same, AlwaysOn, Same),
        ("xray", "", AlwaysOn, Same, AlwaysOn, Same),
    ] {
        let pairs = [(SAMPLER, name), (ARGUMENT, argument)];
        assert_eq!(chosen(&pairs), (here, target, vec![]), "{name} {argument}");
        let shared = [&pairs[..], &[("OTEL_TRACES_EXPORTER", "azure,console")]].concat();
        assert_eq!(chosen(&shared), (shared_here, shared_target, vec![]), "{name} {argument}, with others");
    }
}

#[test]
fn by_the_variables_of_application_insights() {
    use Sampler::{AlwaysOn, FixedPercentage, RateLimited};
    let percentage = (PERCENTAGE, "10");
    let rate = (RATE, "2.5");
    let others = ("OTEL_TRACES_EXPORTER", "azure,console");
    let otel = [(SAMPLER, "traceidratio"), (ARGUMENT, "0.5")];
    for (pairs, here, target) in [
        (vec![percentage], FixedPercentage(10.0), TargetSampler::AlwaysOn),
        (vec![rate], RateLimited(2.5), TargetSampler::AlwaysOn),
        (vec![percentage, others], FixedPercentage(10.0), TargetSampler::Same),
        // The program's is its own then: both hold.
        ([&otel[..], &[percentage]].concat(), FixedPercentage(10.0), TargetSampler::Same),
        (vec![(SAMPLER, "xray"), rate], RateLimited(2.5), TargetSampler::Same),
    ] {
        assert_eq!(chosen(&pairs), (here, target, vec![]), "{pairs:?}");
    }
    assert_eq!(
        chosen(&[percentage, rate]),
        (
            FixedPercentage(10.0),
            TargetSampler::AlwaysOn,
            vec![
                "APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND does not count: \
                 APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE is set as well\n  from: environment\n  \
                 hint: keep one of the two"
                    .to_owned()
            ]
        )
    );
    assert_eq!(
        chosen(&[rate, (SAMPLER, "microsoft.fixed_percentage")]),
        (
            FixedPercentage(100.0),
            TargetSampler::AlwaysOn,
            vec![
                "APPLICATIONINSIGHTS_SAMPLING_REQUESTS_PER_SECOND does not count: OTEL_TRACES_SAMPLER names a \
                 sampler for Azure\n  from: environment\n  hint: keep one of the two"
                    .to_owned()
            ]
        )
    );
    assert_eq!(chosen(&[(PERCENTAGE, "1000")]).0, AlwaysOn);
}

#[test]
fn what_cannot_be_used_keeps_everything() {
    use Sampler::{AlwaysOn, FixedPercentage, RateLimited, TraceIdRatio};
    let known = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, \
                 parentbased_traceidratio, microsoft.fixed_percentage, microsoft.rate_limited";
    for (name, argument, here, target, what, hint) in [
        (
            "traceidratio",
            "25",
            TraceIdRatio { ratio: 1.0, parent_based: false },
            TargetSampler::AlwaysOn,
            "cannot use OTEL_TRACES_SAMPLER_ARG: \"25\" is not a ratio from 0 to 1; the default holds (1)",
            "for 25 % write 0.25",
        ),
        (
            "microsoft.fixed_percentage",
            "-1",
            FixedPercentage(100.0),
            TargetSampler::AlwaysOn,
            "cannot use OTEL_TRACES_SAMPLER_ARG: \"-1\" is not a ratio from 0 to 1; the default holds (1)",
            "use a number such as 0.25",
        ),
        (
            "microsoft.rate_limited",
            "inf",
            RateLimited(5.0),
            TargetSampler::AlwaysOn,
            "cannot use OTEL_TRACES_SAMPLER_ARG: \"inf\" is not a number of traces per second; the default \
             holds (5)",
            "use a number such as 0.25",
        ),
        (
            "traceidration",
            "",
            AlwaysOn,
            TargetSampler::Same,
            "OTEL_TRACES_SAMPLER: \"traceidration\" is not known to otel-run; it is left to the program, and all \
             that comes is kept",
            &format!("did you mean traceidratio? known: {known}"),
        ),
        (
            "my_own",
            "",
            AlwaysOn,
            TargetSampler::Same,
            "OTEL_TRACES_SAMPLER: \"my_own\" is not known to otel-run; it is left to the program, and all that \
             comes is kept",
            &format!("known: {known}"),
        ),
    ] {
        let told = format!("{what}\n  from: environment\n  hint: {hint}");
        assert_eq!(chosen(&[(SAMPLER, name), (ARGUMENT, argument)]), (here, target, vec![told]), "{name}");
    }
}

/// Standard metrics are not counted from what somebody has left out.
#[test]
fn spans_that_are_not_all() {
    let shared = ("OTEL_TRACES_EXPORTER", "azure,console");
    for (pairs, complete) in [
        (vec![], true),
        (vec![shared], true),
        (vec![(SAMPLER, "traceidratio"), (ARGUMENT, "0.1")], true),
        (vec![shared, (SAMPLER, "traceidratio"), (ARGUMENT, "0.1")], false),
        (vec![shared, (SAMPLER, "parentbased_always_off")], false),
        (vec![shared, (SAMPLER, "parentbased_always_on")], true),
        (vec![shared, (SAMPLER, "microsoft.fixed_percentage"), (ARGUMENT, "0.1")], true),
        (vec![shared, (PERCENTAGE, "10")], true),
        (vec![(SAMPLER, "xray")], false),
    ] {
        let azure = loaded(&[&[CONNECTION], &pairs[..]].concat()).settings.azure.expect("azure");
        assert_eq!(azure.spans_are_complete, complete, "{pairs:?}");
    }
}

#[test]
fn in_words() {
    let shared = ("OTEL_TRACES_EXPORTER", "azure,console");
    let ratio = [(SAMPLER, "traceidratio"), (ARGUMENT, "0.07")];
    let percentage = (PERCENTAGE, "12.5");
    for (pairs, words) in [
        (vec![], "otel-run keeps all traces (always_on); all log records"),
        (vec![shared], "all traces are kept; all log records"),
        (ratio.to_vec(), "otel-run keeps 7 % of traces (traceidratio); log records go with their trace"),
        (
            vec![(SAMPLER, "parentbased_always_off"), ("OTEL_RUN_LOG_SAMPLING_PERCENTAGE", "50")],
            "otel-run keeps only traces that come from elsewhere (parentbased_always_off); \
             50 % of the log records that go with their trace",
        ),
        (
            vec![shared, percentage, ("OTEL_RUN_LOGS_FOLLOW_TRACES", "off")],
            "otel-run keeps 12.5 % of traces (microsoft.fixed_percentage); all log records",
        ),
        (
            vec![(SAMPLER, "microsoft.rate_limited")],
            "otel-run keeps about 5 traces per second (microsoft.rate_limited); log records go with their trace",
        ),
        (
            [&[shared][..], &ratio].concat(),
            "the program's SDK samples, and all traces that come are kept; all log records",
        ),
        (
            [&[percentage][..], &ratio].concat(),
            "the program's SDK samples, and of what comes otel-run keeps 12.5 % of traces \
             (microsoft.fixed_percentage); log records go with their trace",
        ),
    ] {
        let settings = loaded(&[&[CONNECTION], &pairs[..]].concat()).settings;
        let told = settings.azure.expect("azure").sampling(settings.inject.traces_sampler);
        assert_eq!(told, format!("sampling: {words}"), "{pairs:?}");
    }
}

/// Without Azure it is the program's own business.
#[test]
fn without_azure_nothing_is_said() {
    let loaded = loaded(&[(SAMPLER, "my_own"), (ARGUMENT, "25"), ("OTEL_TRACES_EXPORTER", "console")]);
    assert_eq!(loaded.settings.inject.traces_sampler, TargetSampler::Same);
    assert_eq!(loaded.warnings, [""; 0]);
}
