//! What detectors look at: an environment and a file system.

use crate::environment::Environment;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// Longest file that is read, in bytes: the mounts of a busy host.
const LONGEST: u64 = 1 << 20;

/// Where we are.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub environment: Environment,
    /// The folder that holds `proc`, `sys` and `etc`.
    pub root: PathBuf,
    pub host_name: String,
}

/// A cloud whose virtual machine this is, by what its firmware says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Azure,
    Aws,
    Gcp,
}

/// Azure's machines have this for an asset tag; other machines of Hyper-V have not.
const AZURE_TAG: &str = "7783-7084-3265-9085-8269-3286-77";

impl Surroundings {
    pub fn here() -> Surroundings {
        let host_name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Surroundings {
            environment: Environment::current(),
            root: PathBuf::from("/"),
            host_name: host_name.unwrap_or_default(),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.setting(name)
    }

    /// The first of them that is set.
    pub(super) fn first_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.variable(name))
    }

    /// A file below the root, as text.
    pub(super) fn read(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        File::open(self.root.join(path)).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// A line that the firmware tells (SMBIOS).
    pub(super) fn firmware(&self, name: &str) -> Option<String> {
        self.read(&format!("sys/class/dmi/id/{name}")).map(|text| text.trim().to_owned())
    }

    pub(super) fn maker(&self) -> Option<Maker> {
        let says = |name: &str, what: &str| {
            self.firmware(name).is_some_and(|text| text.to_ascii_lowercase().contains(what))
        };
        if self.firmware("chassis_asset_tag").as_deref() == Some(AZURE_TAG) {
            Some(Maker::Azure)
        } else if says("sys_vendor", "amazon ec2")
            || says("bios_version", "amazon")
            || says("bios_vendor", "amazon")
        {
            Some(Maker::Aws)
        } else if says("product_name", "google compute engine") {
            Some(Maker::Gcp)
        } else {
            None
        }
    }

    pub(super) fn in_kubernetes(&self) -> bool {
        self.variable("KUBERNETES_SERVICE_HOST").is_some() || self.has(super::kubernetes::NAMESPACE)
    }

    /// Whether the file system is an image's, and not the machine's.
    pub(super) fn in_container(&self) -> bool {
        self.in_kubernetes()
            || self.has(".dockerenv")
            || self.has("run/.containerenv")
            || super::container::id(self).is_some()
    }
}
