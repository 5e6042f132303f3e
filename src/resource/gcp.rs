//! Google Cloud: Cloud Run, Cloud Functions, App Engine, GKE and Compute Engine (`cloud.*`, `gcp.*`, `faas.*`).

use super::metadata::Service;
use super::surroundings::Maker;
use super::{Surroundings, Told};
use http::Method;

/// By its number: its name would have to be looked up.
const METADATA: &str = "169.254.169.254";
/// Replaces it (`HOST[:PORT]`); known to all of their libraries.
const STAND_IN: &str = "GCE_METADATA_HOST";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    Function,
    Run,
    Job,
    AppEngine,
    Kubernetes,
    Machine,
}

fn platform(surroundings: &Surroundings) -> Option<Platform> {
    let set = |name: &str| surroundings.variable(name).is_some();
    // Knative sets K_SERVICE in any cluster; Google sets this one beside it.
    if set("K_SERVICE") && set("K_CONFIGURATION") && !surroundings.in_kubernetes() {
        Some(if set("FUNCTION_TARGET") { Platform::Function } else { Platform::Run })
    } else if set("CLOUD_RUN_JOB") {
        Some(Platform::Job)
    } else if set("GAE_SERVICE") {
        Some(Platform::AppEngine)
    } else if set(STAND_IN) || surroundings.maker() == Some(Maker::Gcp) {
        Some(if surroundings.in_kubernetes() { Platform::Kubernetes } else { Platform::Machine })
    } else {
        None
    }
}

pub(super) fn at_hand(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let Some(platform) = platform(surroundings) else { return told };
    let variable = |name| surroundings.variable(name);
    told.text("cloud.provider", Some("gcp"));
    let name = match platform {
        Platform::Function => "gcp_cloud_functions",
        Platform::Run | Platform::Job => "gcp_cloud_run",
        Platform::AppEngine => "gcp_app_engine",
        Platform::Kubernetes => "gcp_kubernetes_engine",
        Platform::Machine => "gcp_compute_engine",
    };
    told.text("cloud.platform", Some(name));
    match platform {
        Platform::Function | Platform::Run => {
            told.text("faas.name", variable("K_SERVICE"));
            told.text("faas.version", variable("K_REVISION"));
        }
        Platform::Job => {
            told.text("faas.name", variable("CLOUD_RUN_JOB"));
            told.text("gcp.cloud_run.job.execution", variable("CLOUD_RUN_EXECUTION"));
            let task = variable("CLOUD_RUN_TASK_INDEX").and_then(|text| text.parse().ok());
            told.int("gcp.cloud_run.job.task_index", task);
        }
        Platform::AppEngine => {
            told.text("faas.name", variable("GAE_SERVICE"));
            told.text("faas.version", variable("GAE_VERSION"));
            told.text("faas.instance", variable("GAE_INSTANCE"));
        }
        Platform::Kubernetes | Platform::Machine => {}
    }
    told.text("cloud.account.id", variable("GOOGLE_CLOUD_PROJECT"));
    told
}

pub(super) async fn ask(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let Some(platform) = platform(surroundings) else { return told };
    let host = surroundings.variable(STAND_IN).unwrap_or(METADATA);
    let service = Service::new(&format!("http://{host}/computeMetadata/v1"));
    let value = |path: &'static str| {
        let service = &service;
        async move { service.ask(Method::GET, path, &[("metadata-flavor", "Google")]).await }
    };
    // The first tells whether there is such a service at all.
    let Some(project) = value("/project/project-id").await else { return told };
    told.text("cloud.account.id", Some(project));
    let (id, zone, region, kind, name, cluster) = tokio::join!(
        value("/instance/id"),
        value("/instance/zone"),
        value("/instance/region"),
        value("/instance/machine-type"),
        value("/instance/name"),
        value("/instance/attributes/cluster-name"),
    );
    // They come as paths: `projects/NUMBER/zones/ZONE`.
    let last = |path: &Option<String>| path.as_deref()?.rsplit('/').next().map(str::to_owned);
    let (zone, region) = (last(&zone), last(&region));
    let of_zone = |zone: &str| zone.rsplit_once('-').map(|(region, _)| region.to_owned());
    match platform {
        Platform::Function | Platform::Run | Platform::Job => {
            told.text("faas.instance", id);
            told.text("cloud.region", region.or_else(|| of_zone(zone.as_deref()?)));
        }
        Platform::AppEngine => {
            told.text("cloud.region", region.or_else(|| of_zone(zone.as_deref()?)));
            told.text("cloud.availability_zone", zone);
        }
        Platform::Kubernetes | Platform::Machine => {
            told.text("cloud.region", zone.as_deref().and_then(of_zone));
            told.text("cloud.availability_zone", zone);
            told.text("host.id", id);
            if platform == Platform::Machine {
                told.text("host.type", last(&kind));
                told.text("gcp.gce.instance.name", name);
            } else {
                told.text("k8s.cluster.name", cluster);
            }
        }
    }
    told
}
