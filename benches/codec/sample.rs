//! What sampling rules cost, beside a plain sampler.

use super::{SPANS, batch};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use otel_run::otlp::view::{self, Span};
use otel_run::process::sample::{Decision, Reader, Sampler, Stage};
use otel_run::settings::{self, Input, Typed, load};
use std::path::Path;

/// `plain`: one percentage for all, each span read and asked, as Azure's mapper does it. The others are the stage of
/// the pipeline with rules, with what is written of it: `drop` by a route, `tail` errors and slow requests beside a
/// ratio, `many` ten overrides of which the last is a pattern.
#[divan::bench(args = ["plain", "drop", "tail", "many"])]
fn sample(bencher: Bencher, rules: &str) {
    let batch = batch();
    let bencher = bencher.counter(ItemsCount::new(SPANS));
    if rules == "plain" {
        let sampler = Sampler::new(settings::Sampler::FixedPercentage(10.0), 100.0, true);
        bencher.bench_local(|| {
            let groups = view::groups(black_box(batch.bytes()));
            let items = groups.flat_map(|group| group.scopes()).flat_map(|scope| scope.items());
            let spans = items.filter_map(|item| Span::read(item).ok());
            spans.filter(|span| sampler.span(span) != Decision::Drop).count()
        });
        return;
    }
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.1")];
    let route = "OTEL_RUN_SAMPLING_OVERRIDE";
    let many: Vec<String> = (0..9).map(|n| format!("http.route=/nothing/{n}: {n}")).collect();
    let many = format!("{}; http.route~/api/.*: 20", many.join("; "));
    let variables: Vec<(&str, &str)> = match rules {
        "drop" => vec![(route, "request and http.route=/health: 0")],
        "tail" => {
            [&ratio[..], &[("OTEL_RUN_KEEP_ERRORS", "true"), ("OTEL_RUN_KEEP_SLOWER_THAN", "2s")]].concat()
        }
        _ => [&ratio[..], &[(route, &many)]].concat(),
    };
    let stage = stage(&variables);
    bencher.bench_local(|| {
        let passed = stage.pass(black_box(&batch), false);
        passed.iter().filter_map(|passed| passed.for_reader(Reader::Others).batch).count()
    });
}

fn stage(variables: &[(&str, &str)]) -> Stage {
    let console = [("OTEL_TRACES_EXPORTER", "console"), ("OTEL_LOGS_EXPORTER", "console")];
    let pairs = console.iter().chain(variables);
    let environment = pairs.map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let typed = Typed::default();
    let input = Input { typed: &typed, environment, command: &[], terminal: false, folder: Path::new("/") };
    Stage::new(&load(input).expect("settings").settings).expect("rules")
}
