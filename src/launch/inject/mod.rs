//! What the target is given so that its telemetry reaches the agent: environment variables,
//! for Python a directory on `PYTHONPATH`, for Node.js an option in `NODE_OPTIONS`, for Java one in
//! `JDK_JAVA_OPTIONS`. Nothing else is touched.

mod agent_file;
mod azure;
mod deno;
mod detect;
pub(crate) mod dotnet;
pub(crate) mod foreign;
mod found;
mod glob;
mod hold;
pub(crate) mod java;
mod node;
mod otlp;
mod outer;
mod php;
mod proxy;
mod python;
mod ruby;
mod together;
mod tools;
mod unpack;

use crate::environment::Environment;
use crate::overlay;
use crate::settings::{Settings, Shim};
pub use found::Language;
use found::{Found, Kind};
pub use hold::hold;
pub use outer::nested;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Says to everything below us that it is being looked after.
pub const ACTIVE: &str = "OTEL_RUN_ACTIVE";
/// The version that the shims report.
const VERSION: &str = "OTEL_RUN_VERSION";
/// For the shims: which of them the user chose, unless they shall choose.
const SHIM: &str = "OTEL_RUN_SHIM";

/// Where the target's telemetry goes.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The receiver, on loopback.
    pub address: SocketAddr,
    /// What every request to it must carry.
    pub token: String,
}

/// The target's environment, and how it came about.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Complete: what the target starts with.
    pub environment: Environment,
    pub decisions: Vec<Decision>,
    /// Worth a line on stderr.
    pub warnings: Vec<String>,
    /// Where the files are that the target loads.
    pub shims: Vec<PathBuf>,
}

/// One choice, for `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// `any`, or the language that it concerns.
    pub language: &'static str,
    /// What is done.
    pub what: String,
    /// And because of what.
    pub why: String,
}

impl Decision {
    fn new(language: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Decision { language, what: what.into(), why: why.into() }
    }
}

/// Decides what the target is given. `environment` is that of this process with our flags
/// laid over it, `bare` the one with `-E` alone, for what stays untouched. Without an `ingress`
/// there is nobody to send to. Starts no program and needs about a millisecond.
pub fn plan(
    settings: &Settings,
    command: &[OsString],
    environment: &Environment,
    bare: &Environment,
    ingress: Option<&Endpoint>,
) -> Plan {
    if settings.sdk_disabled {
        return untouched(environment, "OTEL_SDK_DISABLED is true");
    }
    if nested(bare) {
        return outer::pass_through(environment, bare);
    }
    let Some(ingress) = ingress else {
        return untouched(bare, "there is no receiver to send to");
    };
    let found = detect::detect(command, environment);
    if let Some(pattern) = glob::first_match(&settings.inject.skip, command) {
        return untouched(bare, &format!("--skip {pattern}"));
    }
    let only = &settings.inject.only;
    let judged_here = found.language().is_some_and(|language| !SHIMS.contains(&language));
    if judged_here && !only.is_empty() && !glob::any_fits(only, command) {
        return untouched(bare, &format!("--only {}", only.join(",")));
    }
    if found.kind == Kind::Tool && settings.inject.languages.is_empty() {
        return untouched(bare, &found.why);
    }

    let mut plan = Plan {
        environment: environment.clone(),
        decisions: Vec::new(),
        warnings: Vec::new(),
        shims: Vec::new(),
    };
    keep_our_settings_for_us(bare, &mut plan.environment);
    otlp::point_to(ingress, settings, found.language(), &mut plan);
    azure::keep_connection_for_us(ingress, settings, &mut plan);
    proxy::bypass(ingress.address.ip(), &mut plan);
    plan.environment.set(ACTIVE, "1");
    plan.environment.set(VERSION, env!("CARGO_PKG_VERSION"));
    match overlay::usable(environment) {
        Some(overlays) => plan.environment.set(overlay::VARIABLE, overlays),
        None => plan.environment.remove(overlay::VARIABLE),
    }
    match settings.inject.shim {
        Shim::Off => {
            plan.decisions.push(Decision::new("any", "OTLP variables only", "--shim off"));
            return plan;
        }
        Shim::Auto => plan.environment.remove(SHIM),
        Shim::Builtin => plan.environment.set(SHIM, "builtin"),
        Shim::Official => plan.environment.set(SHIM, "official"),
    }
    place_shims(settings, &found, command, &mut plan);
    plan
}

/// Flags of ours are not the target's; variables that the user has set pass, as all others do.
fn keep_our_settings_for_us(bare: &Environment, environment: &mut Environment) {
    let ours: Vec<_> = environment.iter().map(|(name, _)| name.to_owned()).collect();
    for name in ours.iter().filter_map(|name| name.to_str()).filter(|name| name.starts_with("OTEL_RUN_")) {
        match bare.get(name) {
            Some(value) => environment.set(name, value.to_owned()),
            None => environment.remove(name),
        }
    }
}

/// Languages that have a shim of ours, which costs next to nothing where it has nothing to do.
const SHIMS: [Language; 2] = [Language::Python, Language::Node];

fn place_shims(settings: &Settings, found: &Found, command: &[OsString], plan: &mut Plan) {
    let chosen = &settings.inject.languages;
    let why = match chosen.is_empty() {
        true => found.why.clone(),
        false => format!("--languages {}", chosen.join(",")),
    };
    let mut shims = false;
    let mut left_to = None;
    for language in Language::ALL {
        let its_own = match found.language() {
            Some(of_target) => of_target == language,
            // Shells and programs of no known language may start anything.
            None => SHIMS.contains(&language) || (language == Language::Java && found.starts_java),
        };
        let asked = chosen.iter().any(|name| name.eq_ignore_ascii_case(language.name()));
        if !asked && (!its_own || !chosen.is_empty()) {
            if its_own {
                plan.decisions.push(Decision::new(language.name(), "left alone", &why));
            }
            continue;
        }
        if let Some(other) = foreign::of(language, &plan.environment).filter(|_| !asked) {
            plan.decisions.push(Decision::new(language.name(), "left alone", &other.evidence));
            left_to.get_or_insert(other);
            continue;
        }
        shims |= SHIMS.contains(&language);
        match language {
            Language::Python => python::inject(found, &why, plan),
            Language::Node => node::inject(found, command, &why, plan),
            Language::Java => java::inject(settings, found, command, &why, plan),
            Language::DotNet => dotnet::inject(command, &why, plan),
            Language::Ruby => ruby::inject(command, &why, plan),
            Language::Php => php::inject(command, &why, plan),
            Language::Deno => deno::inject(&why, plan),
            Language::Bun => plan.decisions.push(Decision::new("bun", "OTLP variables only", &why)),
        }
    }
    if let Some(foreign::Foreign { agent, evidence }) = left_to {
        plan.warnings.push(format!("{evidence}: the program is left to {agent} (--languages NAMES insists)"));
    }
    if shims {
        tell_shims(settings, command, plan);
    }
}

/// Warns that there is no place for a shim: in one line for both when neither has one.
fn not_placed(language: &'static str, name: &str, reasons: String, plan: &mut Plan) {
    let same = |warning: &&mut String| warning.ends_with(&format!(" instrumentation: {reasons}"));
    match plan.warnings.iter_mut().find(same) {
        Some(warning) => {
            *warning = warning.replacen(" instrumentation", &format!(" and no {name} instrumentation"), 1)
        }
        None => plan.warnings.push(format!("no {name} instrumentation: {reasons}")),
    }
    plan.decisions.push(Decision::new(language, "not instrumented", reasons));
}

/// What the shims need to know of our settings.
fn tell_shims(settings: &Settings, command: &[OsString], plan: &mut Plan) {
    if !settings.inject.skip.is_empty() {
        plan.environment.set("OTEL_RUN_SKIP", settings.inject.skip.join("\n"));
    }
    if !settings.inject.only.is_empty() {
        plan.environment.set("OTEL_RUN_ONLY", settings.inject.only.join("\n"));
    }
    if settings.quiet {
        plan.environment.set("OTEL_RUN_QUIET", "1");
    }
    if let Some(console) = &settings.inject.node_console {
        plan.environment.set("OTEL_RUN_NODE_CONSOLE", console);
    }
    if !settings.inject.languages.is_empty()
        && let Some(name) = command.first().and_then(|program| Path::new(program).file_name())
    {
        // Asked for by name: a shim's own list of tools does not count for the target.
        plan.environment.set("OTEL_RUN_INCLUDE", name);
    }
}

/// The language of a command, told as at a start; else why none is known.
pub fn language(command: &[OsString], environment: &Environment) -> Result<Language, String> {
    let found = detect::detect(command, environment);
    found.language().ok_or(found.why)
}

fn untouched(environment: &Environment, why: &str) -> Plan {
    Plan {
        environment: environment.clone(),
        decisions: vec![Decision::new("any", "nothing is injected", why)],
        warnings: Vec::new(),
        shims: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
