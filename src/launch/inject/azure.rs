//! An Azure exporter inside the target would send everything a second time: what it needs for
//! that stays with us, as soon as something of ours goes to Azure.

use super::{Decision, Plan};
use crate::settings::Settings;

/// Variables that give an SDK inside the target the way to Application Insights. .NET reads
/// names in any case, and two underscores for a level of its configuration.
const NAMES: [&str; 7] = [
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPINSIGHTS_INSTRUMENTATIONKEY",
    "APPINSIGHTS_CONNECTIONSTRING",
    "ApplicationInsights__ConnectionString",
    "ApplicationInsights__InstrumentationKey",
    "AzureMonitor__ConnectionString",
];

/// Takes the connection string from the target, unless the user wants it there.
pub(super) fn keep_connection_for_us(settings: &Settings, plan: &mut Plan) {
    if settings.azure.is_none() || settings.inject.keep_inprocess_azure {
        return;
    }
    let names = plan.environment.iter().filter_map(|(name, _)| name.to_str());
    let ours = |name: &&str| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let kept: Vec<String> = names.filter(ours).map(str::to_owned).collect();
    if kept.is_empty() {
        return;
    }
    kept.iter().for_each(|name| plan.environment.remove(name));
    plan.decisions.push(Decision::new(
        "any",
        format!("{} kept from the target", kept.join(", ")),
        "an Azure exporter inside it would send everything a second time (--keep_inprocess_azure leaves it)",
    ));
}
