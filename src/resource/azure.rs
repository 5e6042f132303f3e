//! Azure: App Service, Functions, Container Apps, AKS and virtual machines (`cloud.*`, `azure.*`, `faas.*`).

use super::metadata::{Service, text};
use super::surroundings::Maker;
use super::{Surroundings, Told};

const METADATA: &str = "http://169.254.169.254";
/// Replaces it, for whoever stands in for the metadata service.
const STAND_IN: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
const COMPUTE: &str = "/metadata/instance/compute?api-version=2021-12-13&format=json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    AppService,
    Functions,
    ContainerApps,
    Kubernetes,
    VirtualMachine,
}

fn platform(surroundings: &Surroundings) -> Option<Platform> {
    let set = |name: &str| surroundings.variable(name).is_some();
    if set("FUNCTIONS_WORKER_RUNTIME") || set("FUNCTIONS_EXTENSION_VERSION") {
        Some(Platform::Functions)
    } else if set("CONTAINER_APP_NAME") || set("CONTAINER_APP_JOB_NAME") {
        Some(Platform::ContainerApps)
    } else if set("WEBSITE_SITE_NAME") {
        Some(Platform::AppService)
    } else if set("AKS_ARM_NAMESPACE_ID") {
        Some(Platform::Kubernetes)
    } else if set(STAND_IN) || surroundings.maker() == Some(Maker::Azure) {
        Some(if surroundings.in_kubernetes() { Platform::Kubernetes } else { Platform::VirtualMachine })
    } else {
        None
    }
}

pub(super) fn at_hand(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let Some(platform) = platform(surroundings) else { return told };
    told.text("cloud.provider", Some("azure"));
    told.text(
        "cloud.platform",
        Some(match platform {
            Platform::AppService => "azure.app_service",
            Platform::Functions => "azure.functions",
            Platform::ContainerApps => "azure.container_apps",
            Platform::Kubernetes => "azure.aks",
            Platform::VirtualMachine => "azure.vm",
        }),
    );
    match platform {
        Platform::AppService | Platform::Functions => site(surroundings, platform, &mut told),
        Platform::ContainerApps => container_app(surroundings, &mut told),
        Platform::Kubernetes => {
            let id = surroundings.variable("AKS_ARM_NAMESPACE_ID");
            told.text("cloud.resource_id", id);
            told.text("k8s.cluster.name", id.and_then(|id| segment(id, "managedclusters")));
            told.text("cloud.account.id", id.and_then(|id| segment(id, "subscriptions")));
            told.text("azure.resource_group.name", id.and_then(|id| segment(id, "resourcegroups")));
        }
        Platform::VirtualMachine => {}
    }
    told
}

/// What stands behind `name` in the path of a resource.
fn segment<'a>(id: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(name))?;
    parts.next()
}

fn site(surroundings: &Surroundings, platform: Platform, told: &mut Told) {
    let variable = |name| surroundings.variable(name);
    let (site, group) = (variable("WEBSITE_SITE_NAME"), variable("WEBSITE_RESOURCE_GROUP"));
    // `SUBSCRIPTION+the rest`.
    let owner = variable("WEBSITE_OWNER_NAME").and_then(|owner| owner.split('+').next());
    told.text("cloud.region", variable("REGION_NAME"));
    told.text("cloud.account.id", owner);
    told.text("azure.resource_group.name", group);
    if let (Some(site), Some(group), Some(owner)) = (site, group, owner) {
        let id =
            format!("/subscriptions/{owner}/resourceGroups/{group}/providers/Microsoft.Web/sites/{site}");
        told.text("cloud.resource_id", Some(id));
    }
    told.text("deployment.environment.name", variable("WEBSITE_SLOT_NAME"));
    let instance = variable("WEBSITE_INSTANCE_ID");
    if platform == Platform::Functions {
        told.text("faas.name", site);
        told.text("faas.instance", instance);
        let megabytes = variable("WEBSITE_MEMORY_LIMIT_MB").and_then(|text| text.parse::<i64>().ok());
        told.int("faas.max_memory", megabytes.and_then(|count| count.checked_mul(1 << 20)));
    } else {
        told.text("host.id", variable("WEBSITE_HOSTNAME"));
        told.text("azure.app.service.stamp", variable("WEBSITE_HOME_STAMPNAME"));
    }
}

fn container_app(surroundings: &Surroundings, told: &mut Told) {
    let variable = |name| surroundings.variable(name);
    told.text("service.version", variable("CONTAINER_APP_REVISION"));
    let replica = surroundings.first_of(&["CONTAINER_APP_REPLICA_NAME", "CONTAINER_APP_JOB_EXECUTION_NAME"]);
    told.text("azure.container_app.instance.id", replica);
    // `….REGION.azurecontainerapps.io`.
    let domain = surroundings.first_of(&["CONTAINER_APP_ENV_DNS_SUFFIX", "CONTAINER_APP_HOSTNAME"]);
    let region = domain.and_then(|domain| domain.strip_suffix(".azurecontainerapps.io")?.rsplit('.').next());
    told.text("cloud.region", region);
}

/// Asks the metadata service of virtual machines, which the other platforms have not.
pub(super) async fn ask(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let platform = platform(surroundings);
    if !matches!(platform, Some(Platform::Kubernetes | Platform::VirtualMachine)) {
        return told;
    }
    let service = Service::new(surroundings.variable(STAND_IN).unwrap_or(METADATA));
    let Some(compute) = service.json(COMPUTE, &[("metadata", "true")]).await else { return told };
    told.text("cloud.region", text(&compute, "location"));
    told.text("cloud.account.id", text(&compute, "subscriptionId"));
    told.text("cloud.availability_zone", text(&compute, "zone"));
    told.text("host.id", text(&compute, "vmId"));
    told.text("host.type", text(&compute, "vmSize"));
    told.text("azure.vm.name", text(&compute, "name"));
    told.text("azure.vm.scaleset.name", text(&compute, "vmScaleSetName"));
    told.text("azure.vm.sku", text(&compute, "sku"));
    let group = text(&compute, "resourceGroupName");
    if platform == Some(Platform::Kubernetes) {
        // The group of its nodes: `MC_GROUP_CLUSTER_REGION`; the cluster's own id is not told here.
        let names: Vec<&str> = group.unwrap_or_default().split('_').collect();
        if let ["MC" | "mc", _, cluster, _] = names[..] {
            told.text("k8s.cluster.name", Some(cluster));
        }
    } else {
        told.text("cloud.resource_id", text(&compute, "resourceId"));
        told.text("azure.resource_group.name", group);
    }
    told
}
