//! An Azure exporter inside the target would send everything a second time: the way to Azure
//! stays with us, as soon as something of ours goes there. An application that configures such
//! an exporter in its code stops without a connection string, so it is given one that leads to
//! the receiver, and no secret.

use super::{Decision, Endpoint, Plan};
use crate::settings::Settings;

/// Variables that give an SDK inside the target the way to Application Insights. .NET reads
/// names in any case, and two underscores for a level of its configuration.
const STRINGS: [&str; 4] = [
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPINSIGHTS_CONNECTIONSTRING",
    "ApplicationInsights__ConnectionString",
    "AzureMonitor__ConnectionString",
];
/// The same, without room for an endpoint: a key alone leads to the global one.
const OTHERS: [&str; 3] = [
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPINSIGHTS_INSTRUMENTATIONKEY",
    "ApplicationInsights__InstrumentationKey",
];

/// Takes the connection string from the target, unless the user wants it there.
pub(super) fn keep_connection_for_us(ingress: &Endpoint, settings: &Settings, plan: &mut Plan) {
    if settings.azure.is_none() || settings.inject.keep_inprocess_azure {
        return;
    }
    let address = ingress.address;
    let nowhere = format!(
        "InstrumentationKey=00000000-0000-0000-0000-000000000000;\
         IngestionEndpoint=http://{address};LiveEndpoint=http://{address}"
    );
    let names: Vec<String> =
        plan.environment.iter().filter_map(|(name, _)| name.to_str()).map(str::to_owned).collect();
    let among = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut kept = Vec::new();
    for name in names {
        if among(&STRINGS, &name) {
            plan.environment.set(name.as_str(), nowhere.as_str());
        } else if among(&OTHERS, &name) {
            plan.environment.remove(&name);
        } else {
            continue;
        }
        kept.push(name);
    }
    if !kept.is_empty() {
        plan.decisions.push(Decision::new(
            "any",
            format!("{} kept from the target", kept.join(", ")),
            "an Azure exporter inside it would send everything a second time (--keep_inprocess_azure leaves it)",
        ));
    }
}
