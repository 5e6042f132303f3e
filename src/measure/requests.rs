//! When the metrics of requests are told, which `process/requests` counts: at the ends of intervals,
//! and at the end of all. Nobody wakes up for it before something was counted.

use crate::export::Pipeline;
use crate::process::complete::Completion;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(super) struct Requests {
    pipeline: Pipeline,
    timer: Option<JoinHandle<()>>,
}

impl Requests {
    /// Needs the runtime's context.
    pub(super) fn start(pipeline: Pipeline, interval: Duration) -> Requests {
        let timer = pipeline.completion().cloned();
        let timer = timer.map(|completion| tokio::spawn(time(completion, pipeline.clone(), interval)));
        Requests { pipeline, timer }
    }

    /// Tells a last time.
    pub(super) fn finish(self) {
        let Some(timer) = self.timer else { return };
        timer.abort();
        if let Some(completion) = self.pipeline.completion() {
            tell(completion, &self.pipeline);
        }
    }
}

/// True: something may be told at the end of the next interval as well.
fn tell(completion: &Completion, pipeline: &Pipeline) -> bool {
    let Some(mut requests) = completion.requests() else { return false };
    let batch = requests.report();
    let goes_on = !requests.is_empty();
    drop(requests);
    if let Some(batch) = batch {
        pipeline.accept_or_drop(&batch);
    }
    goes_on
}

/// Tells at the ends of intervals, on the grid that begins now.
async fn time(completion: Arc<Completion>, pipeline: Pipeline, interval: Duration) {
    let start = Instant::now();
    let interval = interval.as_nanos().max(1);
    loop {
        completion.begun().await;
        loop {
            let rest = interval - start.elapsed().as_nanos() % interval;
            tokio::time::sleep(Duration::from_nanos(u64::try_from(rest).unwrap_or(u64::MAX))).await;
            if !tell(&completion, &pipeline) {
                break;
            }
        }
    }
}
