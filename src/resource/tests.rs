use super::*;
use crate::environment::Environment;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use tempfile::TempDir;

/// A machine with these files and variables, called `web-1`.
struct Machine {
    root: TempDir,
    surroundings: Surroundings,
}

impl Machine {
    fn new(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Machine {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let surroundings =
            Surroundings { environment, root: root.path().to_owned(), host_name: "web-1".to_owned() };
        Machine { root, surroundings }
    }

    fn at_hand(&self) -> BTreeMap<&'static str, String> {
        shown(&at_hand(&Detector::ALL, &self.surroundings))
    }

    /// What is known in the end.
    async fn asked(&self) -> BTreeMap<&'static str, String> {
        let mut found = at_hand(&Detector::ALL, &self.surroundings);
        ask(&Detector::ALL, &self.surroundings, &mut found).await;
        assert!(self.root.path().exists());
        shown(&found)
    }
}

fn shown(found: &Found) -> BTreeMap<&'static str, String> {
    found.iter().map(|attribute| (attribute.key, attribute.value.to_string())).collect()
}

#[track_caller]
fn has(found: &BTreeMap<&'static str, String>, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        assert_eq!(found.get(key).map(String::as_str), Some(*value), "{key} in {found:#?}");
    }
}

/// What a service was asked, and the answer: `METHOD path`, a header line that must be there, the body.
type Answer = (&'static str, &'static str, &'static str);

/// A metadata service of one connection for each question. Refuses the first `busy` questions.
fn service(answers: &'static [Answer], mut busy: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let answer = answers.iter().find(|(asked, header, _)| {
                head.starts_with(&format!("{} http/1.1\r\n", asked.to_lowercase())) && head.contains(header)
            });
            let (status, body) = match answer {
                _ if busy > 0 => ("503 Busy", ""),
                Some((_, _, body)) => ("200 OK", *body),
                None => ("404 Not Found", ""),
            };
            busy = busy.saturating_sub(1);
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

#[test]
fn a_plain_machine() {
    let files = [
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        (
            "etc/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 13\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\n",
        ),
        ("proc/sys/kernel/osrelease", "6.12.1-amd64\n"),
        ("proc/self/cgroup", "0::/user.slice\n"),
    ];
    let machine = Machine::new(&files, &[]);
    let found = machine.at_hand();
    has(
        &found,
        &[
            ("host.name", "web-1"),
            ("host.id", "0123456789abcdef0123456789abcdef"),
            ("os.type", "linux"),
            ("os.name", "Debian GNU/Linux"),
            ("os.version", "13"),
            ("os.description", "Linux 6.12.1-amd64"),
        ],
    );
    assert_eq!(found.len(), 7, "{found:#?}");
    let only = at_hand(&[Detector::Os], &machine.surroundings);
    assert!(only.iter().all(|attribute| attribute.key.starts_with("os.")));
    assert_eq!(at_hand(&[], &machine.surroundings), Found::default());
}

#[test]
fn a_container_has_no_machine() {
    let id = "ab".repeat(32);
    let group = format!("0::/system.slice/docker-{id}.scope\n");
    let files = [("etc/machine-id", "0123456789abcdef0123456789abcdef\n"), ("proc/self/cgroup", &*group)];
    let found = Machine::new(&files, &[]).at_hand();
    has(&found, &[("container.id", &id)]);
    assert!(!found.contains_key("host.id"), "{found:#?}");
    let podman = ("run/.containerenv", "engine=\"podman-5\"\nname=\"web\"\nid=\"x\"\nimage=\"shop:1\"\n");
    has(
        &Machine::new(&[podman], &[]).at_hand(),
        &[("container.name", "web"), ("container.image.name", "shop:1")],
    );
}

#[test]
fn a_pod() {
    let uid = "8f3a6f0e-6f0d-4d7a-9a55-0f3b1c2d4e5f";
    let mounts =
        format!("901 800 8:1 /pods/{uid}/containers/web/7f /dev/termination-log rw - ext4 /dev/sda rw\n");
    let account = ("var/run/secrets/kubernetes.io/serviceaccount/namespace", "shop");
    let files =
        [account, ("proc/self/mountinfo", &*mounts), ("etc/hosts", "# Kubernetes-managed hosts file.\n")];
    let found = Machine::new(&files, &[("NODE_NAME", "node-7")]).at_hand();
    has(
        &found,
        &[
            ("k8s.namespace.name", "shop"),
            ("k8s.pod.name", "web-1"),
            ("k8s.pod.uid", uid),
            ("k8s.container.name", "web"),
            ("k8s.node.name", "node-7"),
        ],
    );
    // On its node's network only the downward API knows the pod.
    let files = [account, ("etc/hosts", "# Kubernetes-managed hosts file (host network).\n")];
    assert!(!Machine::new(&files, &[]).at_hand().contains_key("k8s.pod.name"));
    let given = [
        ("POD_NAME", "api-6b7f9d4c58-x2x7k"),
        ("POD_NAMESPACE", "given"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
    ];
    has(
        &Machine::new(&files, &given).at_hand(),
        &[
            ("k8s.pod.name", "api-6b7f9d4c58-x2x7k"),
            ("k8s.replicaset.name", "api-6b7f9d4c58"),
            ("k8s.deployment.name", "api"),
            ("k8s.namespace.name", "given"),
        ],
    );
    // The same variables elsewhere mean something else.
    assert!(!Machine::new(&[], &given[..2]).at_hand().contains_key("k8s.pod.name"));
}

#[test]
fn platforms_that_tell_by_variables() {
    let site = [
        ("WEBSITE_SITE_NAME", "shop"),
        ("WEBSITE_RESOURCE_GROUP", "rg"),
        ("WEBSITE_OWNER_NAME", "sub+rg-WestEuropewebspace-Linux"),
        ("WEBSITE_SLOT_NAME", "Production"),
        ("WEBSITE_INSTANCE_ID", "i7"),
        ("WEBSITE_HOSTNAME", "shop.azurewebsites.net"),
        ("REGION_NAME", "West Europe"),
    ];
    let function =
        [&site[..], &[("FUNCTIONS_WORKER_RUNTIME", "python"), ("WEBSITE_MEMORY_LIMIT_MB", "1536")]].concat();
    let resource_id = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/shop";
    for (variables, expected) in [
        (
            site.to_vec(),
            vec![
                ("cloud.provider", "azure"),
                ("cloud.platform", "azure.app_service"),
                ("cloud.region", "West Europe"),
                ("cloud.account.id", "sub"),
                ("cloud.resource_id", resource_id),
                ("deployment.environment.name", "Production"),
                ("host.id", "shop.azurewebsites.net"),
            ],
        ),
        (
            function,
            vec![
                ("cloud.platform", "azure.functions"),
                ("cloud.resource_id", resource_id),
                ("faas.name", "shop"),
                ("faas.instance", "i7"),
                ("faas.max_memory", "1610612736"),
            ],
        ),
        (
            vec![
                ("CONTAINER_APP_NAME", "shop"),
                ("CONTAINER_APP_REVISION", "shop--r2"),
                ("CONTAINER_APP_REPLICA_NAME", "shop--r2-5d"),
                ("CONTAINER_APP_ENV_DNS_SUFFIX", "jollydune-1.westeurope.azurecontainerapps.io"),
            ],
            vec![
                ("cloud.platform", "azure.container_apps"),
                ("service.version", "shop--r2"),
                ("azure.container_app.instance.id", "shop--r2-5d"),
                ("cloud.region", "westeurope"),
            ],
        ),
        (
            vec![(
                "AKS_ARM_NAMESPACE_ID",
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c",
            )],
            vec![
                ("cloud.platform", "azure.aks"),
                ("k8s.cluster.name", "c"),
                ("azure.resource_group.name", "g"),
            ],
        ),
        (
            vec![
                ("AWS_LAMBDA_FUNCTION_NAME", "f"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ],
            vec![
                ("cloud.provider", "aws"),
                ("cloud.platform", "aws_lambda"),
                ("cloud.region", "eu-west-1"),
                ("faas.max_memory", "134217728"),
            ],
        ),
        (
            vec![("K_SERVICE", "shop"), ("K_REVISION", "shop-2"), ("K_CONFIGURATION", "shop")],
            vec![
                ("cloud.provider", "gcp"),
                ("cloud.platform", "gcp_cloud_run"),
                ("faas.name", "shop"),
                ("faas.version", "shop-2"),
            ],
        ),
        (
            vec![("CLOUD_RUN_JOB", "j"), ("CLOUD_RUN_TASK_INDEX", "3")],
            vec![("cloud.platform", "gcp_cloud_run"), ("gcp.cloud_run.job.task_index", "3")],
        ),
        (
            vec![("HEROKU_APP_ID", "a"), ("HEROKU_RELEASE_VERSION", "v9"), ("HEROKU_SLUG_COMMIT", "c0ffee")],
            vec![
                ("cloud.provider", "heroku"),
                ("heroku.release.commit", "c0ffee"),
                ("service.version", "v9"),
            ],
        ),
        (
            vec![("FLY_MACHINE_ID", "m"), ("FLY_REGION", "ams")],
            vec![("cloud.provider", "fly_io"), ("cloud.region", "ams"), ("host.id", "m")],
        ),
    ] {
        has(&Machine::new(&[], &variables).at_hand(), &expected);
    }
}

#[test]
fn firmware_tells_whose_machine_it_is() {
    let id = ("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    for (file, text, platform) in [
        ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n", "azure.vm"),
        ("sys_vendor", "Amazon EC2\n", "aws_ec2"),
        ("bios_version", "4.11.amazon\n", "aws_ec2"),
        ("product_name", "Google Compute Engine\n", "gcp_compute_engine"),
    ] {
        let path = format!("sys/class/dmi/id/{file}");
        let found = Machine::new(&[(&path, text), id], &[]).at_hand();
        has(&found, &[("cloud.platform", platform)]);
        assert!(!found.contains_key("host.id"), "the cloud knows it by another one");
    }
    // Hyper-V elsewhere.
    let found = Machine::new(&[("sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n")], &[]).at_hand();
    assert!(!found.contains_key("cloud.provider"), "{found:#?}");
}

#[tokio::test]
async fn a_machine_of_azure() {
    let address = service(
        &[(
            "GET /metadata/instance/compute?api-version=2021-12-13&format=json",
            "\r\nmetadata: true\r\n",
            r#"{"location":"westeurope","name":"vm1","resourceGroupName":"MC_rg_shop_westeurope","resourceId":"/subscriptions/s/x",
                "sku":"22_04-lts","subscriptionId":"s","vmId":"v-1","vmScaleSetName":"pool","vmSize":"D2","zone":"1"}"#,
        )],
        1,
    );
    let url = format!("http://{address}/");
    let variables = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*url)];
    let expected = [
        ("cloud.provider", "azure"),
        ("cloud.platform", "azure.vm"),
        ("cloud.region", "westeurope"),
        ("cloud.account.id", "s"),
        ("cloud.availability_zone", "1"),
        ("cloud.resource_id", "/subscriptions/s/x"),
        ("azure.resource_group.name", "MC_rg_shop_westeurope"),
        ("azure.vm.name", "vm1"),
        ("azure.vm.scaleset.name", "pool"),
        ("azure.vm.sku", "22_04-lts"),
        ("host.id", "v-1"),
        ("host.type", "D2"),
        ("host.name", "web-1"),
    ];
    let mut before = Machine::new(&[], &variables);
    has(&before.asked().await, &expected);
    before.surroundings.environment.set("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let found = before.asked().await;
    has(&found, &[("cloud.platform", "azure.aks"), ("k8s.cluster.name", "shop"), ("host.id", "v-1")]);
    assert!(!found.contains_key("cloud.resource_id"), "it would be the node's: {found:#?}");
}

#[tokio::test]
async fn a_machine_and_a_task_of_amazon() {
    let address = service(
        &[
            ("PUT /latest/api/token", "\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n", "T0K"),
            (
                "GET /latest/dynamic/instance-identity/document",
                "\r\nx-aws-ec2-metadata-token: t0k\r\n",
                r#"{"region":"eu-west-1","availabilityZone":"eu-west-1a","accountId":"42","instanceId":"i-1",
                    "instanceType":"t3.micro","imageId":"ami-1"}"#,
            ),
            (
                "GET /v4/x",
                "\r\n",
                r#"{"DockerId":"d1","DockerName":"web","Image":"shop:1","ContainerARN":"arn:aws:ecs:eu-west-1:42:container/c/t/1"}"#,
            ),
            (
                "GET /v4/x/task",
                "\r\n",
                r#"{"Cluster":"c","TaskARN":"arn:aws:ecs:eu-west-1:42:task/c/t7","Family":"shop","Revision":"3",
                    "LaunchType":"FARGATE","AvailabilityZone":"eu-west-1b"}"#,
            ),
        ],
        0,
    );
    let url = format!("http://{address}");
    let machine = Machine::new(&[], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url)]);
    has(
        &machine.asked().await,
        &[
            ("cloud.platform", "aws_ec2"),
            ("cloud.region", "eu-west-1"),
            ("cloud.availability_zone", "eu-west-1a"),
            ("cloud.account.id", "42"),
            ("host.id", "i-1"),
            ("host.type", "t3.micro"),
            ("host.image.id", "ami-1"),
        ],
    );
    let url = format!("{url}/v4/x");
    let task = Machine::new(&[], &[("ECS_CONTAINER_METADATA_URI_V4", &*url)]);
    has(
        &task.asked().await,
        &[
            ("cloud.platform", "aws_ecs"),
            ("cloud.region", "eu-west-1"),
            ("aws.ecs.cluster.arn", "arn:aws:ecs:eu-west-1:42:cluster/c"),
            ("aws.ecs.task.id", "t7"),
            ("aws.ecs.task.family", "shop"),
            ("aws.ecs.launchtype", "fargate"),
            ("container.name", "web"),
        ],
    );
    let off = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url), ("AWS_EC2_METADATA_DISABLED", "true")];
    assert!(!Machine::new(&[], &off).asked().await.contains_key("cloud.region"));
}

#[tokio::test]
async fn a_machine_of_google() {
    let flavour = "\r\nmetadata-flavor: google\r\n";
    let answers: &'static [Answer] = Box::leak(Box::new([
        ("GET /computeMetadata/v1/project/project-id", flavour, "p1"),
        ("GET /computeMetadata/v1/instance/id", flavour, "77"),
        ("GET /computeMetadata/v1/instance/zone", flavour, "projects/1/zones/europe-west4-a"),
        ("GET /computeMetadata/v1/instance/region", flavour, "projects/1/regions/europe-west4"),
        ("GET /computeMetadata/v1/instance/machine-type", flavour, "projects/1/machineTypes/e2-small"),
        ("GET /computeMetadata/v1/instance/name", flavour, "vm-a"),
        ("GET /computeMetadata/v1/instance/attributes/cluster-name", flavour, "shop"),
    ]));
    let address = service(answers, 0);
    let host = ("GCE_METADATA_HOST", &*address);
    has(
        &Machine::new(&[], &[host]).asked().await,
        &[
            ("cloud.platform", "gcp_compute_engine"),
            ("cloud.account.id", "p1"),
            ("cloud.region", "europe-west4"),
            ("cloud.availability_zone", "europe-west4-a"),
            ("host.id", "77"),
            ("host.type", "e2-small"),
            ("gcp.gce.instance.name", "vm-a"),
        ],
    );
    let pod = [host, ("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
    has(
        &Machine::new(&[], &pod).asked().await,
        &[("cloud.platform", "gcp_kubernetes_engine"), ("k8s.cluster.name", "shop")],
    );
    let run = [host, ("K_SERVICE", "s"), ("K_CONFIGURATION", "s")];
    has(
        &Machine::new(&[], &run).asked().await,
        &[("cloud.platform", "gcp_cloud_run"), ("faas.instance", "77"), ("cloud.region", "europe-west4")],
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_answers() {
    // Bound and never accepted: connections hang in its queue.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let files = [
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        ("sys/class/dmi/id/sys_vendor", "Amazon EC2"),
    ];
    let machine = Machine::new(&files, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    let begun = tokio::time::Instant::now();
    let found = machine.asked().await;
    assert!(begun.elapsed() <= PATIENCE, "{:?}", begun.elapsed());
    has(&found, &[("cloud.platform", "aws_ec2"), ("host.id", "0123456789abcdef0123456789abcdef")]);
}

#[test]
fn the_users_words_stand_above() {
    let mut found = Found::default();
    let mut told = Told::default();
    told.text("cloud.region", Some("found"));
    told.text("bad", Some("two\nlines"));
    told.text("empty", Some("  "));
    told.int("faas.max_memory", Some(1));
    found.take(Detector::Azure, told);
    assert_eq!(found.iter().count(), 2);
    let encoded = found.encoded(&[("cloud.region".into(), "mine".into())]);
    let mut expected = Vec::new();
    put_text_attribute(&mut expected, 1, "cloud.region", b"mine");
    assert_eq!(encoded[0], ("cloud.region", expected));
}
