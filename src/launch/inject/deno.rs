//! Deno brings its own OpenTelemetry, which is off until a variable switches it on.

use super::{Decision, Plan};

const ON: &str = "OTEL_DENO";

pub(super) fn inject(why: &str, plan: &mut Plan) {
    if plan.environment.setting(ON).is_none() {
        plan.environment.set(ON, "true");
    }
    plan.decisions.push(Decision::new("deno", format!("its own OpenTelemetry is switched on ({ON})"), why));
}
