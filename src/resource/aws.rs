//! Amazon Web Services: Lambda, ECS, EKS and EC2 (`cloud.*`, `aws.*`, `faas.*`).

use super::metadata::{Service, text};
use super::surroundings::Maker;
use super::{Surroundings, Told};
use http::Method;

const METADATA: &str = "http://169.254.169.254";
/// Replaces it; known to all of their SDKs.
const STAND_IN: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/// Switches it off; the same.
const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    Lambda,
    Ecs,
    Eks,
    Ec2,
}

fn platform(surroundings: &Surroundings) -> Option<Platform> {
    let set = |name: &str| surroundings.variable(name).is_some();
    if set("AWS_LAMBDA_FUNCTION_NAME") {
        Some(Platform::Lambda)
    } else if set("ECS_CONTAINER_METADATA_URI_V4") || set("ECS_CONTAINER_METADATA_URI") {
        Some(Platform::Ecs)
    } else if set(STAND_IN) || surroundings.maker() == Some(Maker::Aws) {
        Some(if surroundings.in_kubernetes() { Platform::Eks } else { Platform::Ec2 })
    } else {
        None
    }
}

pub(super) fn at_hand(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let Some(platform) = platform(surroundings) else { return told };
    let variable = |name| surroundings.variable(name);
    told.text("cloud.provider", Some("aws"));
    let name = match platform {
        Platform::Lambda => "aws_lambda",
        Platform::Ecs => "aws_ecs",
        Platform::Eks => "aws_eks",
        Platform::Ec2 => "aws_ec2",
    };
    told.text("cloud.platform", Some(name));
    if platform == Platform::Lambda {
        told.text("cloud.region", surroundings.first_of(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        told.text("faas.name", variable("AWS_LAMBDA_FUNCTION_NAME"));
        told.text("faas.version", variable("AWS_LAMBDA_FUNCTION_VERSION"));
        told.text("faas.instance", variable("AWS_LAMBDA_LOG_STREAM_NAME"));
        let megabytes = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|text| text.parse::<i64>().ok());
        told.int("faas.max_memory", megabytes.and_then(|count| count.checked_mul(1 << 20)));
    }
    told
}

pub(super) async fn ask(surroundings: &Surroundings) -> Told {
    match platform(surroundings) {
        Some(Platform::Ecs) => ecs(surroundings).await,
        Some(Platform::Ec2 | Platform::Eks) => ec2(surroundings).await,
        Some(Platform::Lambda) | None => Told::default(),
    }
}

/// The instance, by version 2 of its metadata service: first a token, then the question.
async fn ec2(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    if surroundings.variable(DISABLED).is_some_and(|word| word.eq_ignore_ascii_case("true")) {
        return told;
    }
    let service = Service::new(surroundings.variable(STAND_IN).unwrap_or(METADATA));
    let lifetime = [("x-aws-ec2-metadata-token-ttl-seconds", "60")];
    let Some(token) = service.ask(Method::PUT, "/latest/api/token", &lifetime).await else { return told };
    let token = [("x-aws-ec2-metadata-token", token.trim())];
    let identity = service.json("/latest/dynamic/instance-identity/document", &token).await;
    let Some(identity) = identity else { return told };
    told.text("cloud.region", text(&identity, "region"));
    told.text("cloud.availability_zone", text(&identity, "availabilityZone"));
    told.text("cloud.account.id", text(&identity, "accountId"));
    told.text("host.id", text(&identity, "instanceId"));
    told.text("host.type", text(&identity, "instanceType"));
    told.text("host.image.id", text(&identity, "imageId"));
    told
}

/// The task, by version 4 of its metadata endpoint (3 is spoken the same way).
async fn ecs(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let endpoint = surroundings.first_of(&["ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI"]);
    let Some(endpoint) = endpoint else { return told };
    let service = Service::new(endpoint);
    let (container, task) = tokio::join!(service.json("", &[]), service.json("/task", &[]));
    if let Some(container) = container {
        let arn = text(&container, "ContainerARN");
        told.text("aws.ecs.container.arn", arn);
        told.text("cloud.resource_id", arn);
        told.text("container.id", text(&container, "DockerId"));
        told.text("container.name", text(&container, "DockerName"));
        told.text("container.image.name", text(&container, "Image"));
    }
    if let Some(task) = task {
        let arn = text(&task, "TaskARN");
        // `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`.
        let parts: Vec<&str> = arn.unwrap_or_default().split(':').collect();
        if let [_, partition, _, region, account, ..] = parts[..] {
            told.text("cloud.region", Some(region));
            told.text("cloud.account.id", Some(account));
            told.text(
                "aws.ecs.cluster.arn",
                text(&task, "Cluster").map(|cluster| match cluster.starts_with("arn:") {
                    true => cluster.to_owned(),
                    false => format!("arn:{partition}:ecs:{region}:{account}:cluster/{cluster}"),
                }),
            );
        }
        told.text("aws.ecs.task.arn", arn);
        told.text("aws.ecs.task.id", arn.and_then(|arn| arn.rsplit('/').next()));
        told.text("aws.ecs.task.family", text(&task, "Family"));
        told.text("aws.ecs.task.revision", text(&task, "Revision"));
        told.text("aws.ecs.launchtype", text(&task, "LaunchType").map(str::to_ascii_lowercase));
        told.text("cloud.availability_zone", text(&task, "AvailabilityZone"));
    }
    told
}
