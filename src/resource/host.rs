//! The machine and its operating system (`host.*`, `os.*`).

use super::{Surroundings, Told};

pub(super) fn machine(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    told.text("host.name", Some(surroundings.host_name.as_str()));
    told.text("host.arch", Some(architecture()));
    // A cloud knows its machine by another one.
    if surroundings.maker().is_none() {
        told.0.extend(own_id(surroundings).0);
    }
    told
}

/// The id that the machine was given when its system was installed. In a container it is that of the image.
pub(super) fn own_id(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    if !surroundings.in_container() {
        let id = surroundings.read("etc/machine-id").filter(|id| id.trim() != "uninitialized");
        told.text("host.id", id.or_else(|| surroundings.read("var/lib/dbus/machine-id")));
    }
    told
}

pub(super) fn system(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    told.text("os.type", Some("linux"));
    let release = surroundings.read("etc/os-release").or_else(|| surroundings.read("usr/lib/os-release"));
    let release = release.unwrap_or_default();
    let said = |name: &str| {
        let mut lines = release.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    told.text("os.name", said("NAME"));
    told.text("os.version", said("VERSION_ID"));
    told.text("os.build_id", said("BUILD_ID"));
    let kernel = surroundings.read("proc/sys/kernel/osrelease");
    told.text("os.description", kernel.map(|kernel| format!("Linux {}", kernel.trim())));
    told
}

/// This machine in the words of the conventions (`host.arch`).
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc64" => "ppc64",
        other => other,
    }
}
