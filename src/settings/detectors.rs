//! Which detectors look at where the program runs.

use super::kind::quoted;
use super::notes::Notes;
use super::origin::Layers;
use super::suggest;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// Who finds attributes of the resource. In this order: the first that knows an attribute tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detector {
    Heroku,
    Fly,
    Azure,
    Aws,
    Gcp,
    K8s,
    Container,
    Host,
    Os,
}

impl Detector {
    pub const ALL: [Detector; 9] = [
        Detector::Heroku,
        Detector::Fly,
        Detector::Azure,
        Detector::Aws,
        Detector::Gcp,
        Detector::K8s,
        Detector::Container,
        Detector::Host,
        Detector::Os,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Detector::Heroku => "heroku",
            Detector::Fly => "fly",
            Detector::Azure => "azure",
            Detector::Aws => "aws",
            Detector::Gcp => "gcp",
            Detector::K8s => "k8s",
            Detector::Container => "container",
            Detector::Host => "host",
            Detector::Os => "os",
        }
    }

    /// What a word stands for: our names, those of the SDKs of Python and Node.js and those of the
    /// Collector. `None`: nobody knows it.
    fn of(word: &str) -> Option<&'static [Detector]> {
        Some(match word {
            "all" => &Detector::ALL,
            // These are told by the SDK or by whoever measures.
            "env" | "otel" | "process" | "serviceinstance" | "telemetry" => &[],
            "system" => &[Detector::Host, Detector::Os],
            "azure_app_service" | "azure_functions" | "azure_vm" | "aks" => &[Detector::Azure],
            "ec2" | "ecs" | "eks" | "lambda" | "aws_ec2" | "aws_ecs" | "aws_eks" | "aws_lambda" => {
                &[Detector::Aws]
            }
            "gce" | "gke" | "cloudrun" => &[Detector::Gcp],
            "kubernetes" | "k8snode" => &[Detector::K8s],
            "docker" => &[Detector::Container],
            word => {
                let found = Detector::ALL.iter().position(|detector| detector.name() == word)?;
                Detector::ALL.get(found..=found)?
            }
        })
    }
}

const VARIABLE: &str = "OTEL_RUN_RESOURCE_DETECTORS";

/// The detectors that are meant, in their order. Without a word: all.
pub(super) fn detectors(words: Option<&[String]>, layers: &Layers, notes: &mut Notes) -> Vec<Detector> {
    let Some(words) = words else { return Detector::ALL.to_vec() };
    let mut meant = Vec::new();
    for word in words.iter().map(|word| word.to_lowercase()) {
        if word == "none" {
            continue;
        }
        if let Some(detectors) = Detector::of(&word) {
            meant.extend_from_slice(detectors);
            continue;
        }
        let names = Detector::ALL.map(Detector::name).into_iter().chain(["all", "none"]);
        let near = suggest::nearest(&word, names.clone()).map(|near| format!("did you mean {near}? "));
        notes.warn(
            Error::usage(format!(
                "{VARIABLE}: {} is not a detector that otel-run knows, and was dropped",
                quoted(&word)
            ))
            .from(layers.origin(VARIABLE))
            .hint(format!(
                "{}known: {}",
                near.unwrap_or_default(),
                names.collect::<Vec<_>>().join(", ")
            )),
        );
    }
    meant.sort_unstable();
    meant.dedup();
    meant
}
