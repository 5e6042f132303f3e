//! Java: the official agent's jar, named in `JDK_JAVA_OPTIONS` or `JAVA_TOOL_OPTIONS`.
//!
//! A jar that the JVM cannot load ends it before `main`. So every doubt about the jar means that it is not named.

mod agents;
mod jar;
pub(crate) mod jdk;
pub(super) mod words;

use super::found::Found;
use super::{Decision, Plan, agent_file, tools};
use crate::environment::Environment;
use crate::settings::Settings;
use jdk::Jdk;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The oldest Java that the agent runs on.
pub(crate) const OLDEST: u32 = 8;
/// The first whose `java` reads [`FOR_JAVA`].
const WITH_OWN_VARIABLE: u32 = 9;
/// Read by `java` alone, so that the tools of the JDK stay as they are.
const FOR_JAVA: &str = "JDK_JAVA_OPTIONS";
/// Read by every JVM.
const FOR_ALL: &str = "JAVA_TOOL_OPTIONS";
/// How the agent tells what it does: on stderr, unless it is told otherwise.
const LOGGING: &str = "OTEL_JAVAAGENT_LOGGING";
const ENABLED: &str = "OTEL_JAVAAGENT_ENABLED";

/// Where packages, images and operators put the agent.
const USUAL: [&str; 6] = [
    "/opt/opentelemetry",
    "/opt",
    "/opt/opentelemetry-javaagent",
    "/usr/lib/opentelemetry/jvm",
    "/usr/lib/opentelemetry",
    "/otel-auto-instrumentation-java",
];

/// Plugins of Maven that start the application as a process of its own.
const FORKING: [&str; 3] = ["spring-boot", "quarkus", "mn"];

/// Why the agent is not loaded.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// Somebody wanted it so.
    LeftAlone(String),
    /// What somebody must know: a line on stderr.
    Missing(String),
}

/// Prepares the target's environment, or says why not.
pub(super) fn inject(settings: &Settings, found: &Found, command: &[OsString], why: &str, plan: &mut Plan) {
    match choose(settings, command, &plan.environment) {
        Ok((variable, options, agent)) => {
            plan.environment.set(variable, options);
            if settings.verbosity == 0 && plan.environment.get(LOGGING).is_none() {
                plan.environment.set(LOGGING, "none");
            }
            spare_maven(command, &mut plan.environment);
            let what = format!("{variable} loads {}", agent.display());
            plan.decisions.push(Decision::new("java", what, why));
        }
        Err(Refusal::LeftAlone(reason)) => {
            plan.decisions.push(Decision::new("java", "left alone", reason));
        }
        Err(Refusal::Missing(reason)) => {
            // Nobody knows whether a script that may start Java does so.
            if found.language().is_some() || settings.inject.java_agent.is_some() {
                plan.warnings.push(format!("no Java instrumentation: {reason}"));
            }
            plan.decisions.push(Decision::new("java", "not instrumented", reason));
        }
    }
}

/// Maven is a Java program itself. Where it starts the application as a process of its own, its own JVM is not
/// what anybody wants to look at.
fn spare_maven(command: &[OsString], environment: &mut Environment) {
    let name = command.first().and_then(|program| Path::new(program).file_name());
    let forks = |word: &OsString| {
        let plugin = word.to_str().and_then(|word| word.rsplit_once(':')).map(|(plugin, _)| plugin);
        plugin.is_some_and(|plugin| FORKING.iter().any(|known| plugin.contains(known)))
    };
    if name.is_some_and(|name| name == "mvn" || name == "mvnw") && command.iter().skip(1).any(forks) {
        let mut options = environment.get("MAVEN_OPTS").unwrap_or_default().to_owned();
        if !options.is_empty() {
            options.push(" ");
        }
        options.push("-Dotel.javaagent.enabled=false");
        environment.set("MAVEN_OPTS", options);
    }
}

/// The variable, its new value, and the agent that it names.
fn choose(
    settings: &Settings,
    command: &[OsString],
    environment: &Environment,
) -> Result<(&'static str, OsString, PathBuf), Refusal> {
    if environment.setting(ENABLED).is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        return Err(Refusal::LeftAlone(format!("{ENABLED} is false")));
    }
    if let Some(root) = tools::other_root(command) {
        return Err(Refusal::Missing(format!("{root} may start it where the agent is not")));
    }
    if let Some(other) = agents::loaded(command, environment, settings.inject.java_agent.is_some()) {
        return Err(Refusal::Missing(format!("{other}; Java is left to it")));
    }
    let jdk = Jdk::of(command, environment);
    let version = jdk.as_ref().and_then(|jdk| jdk.version);
    if let (Some(old), Some(jdk)) = (version.filter(|version| *version < OLDEST), &jdk) {
        return Err(Refusal::Missing(format!("Java {old} in {} is older than {OLDEST}", jdk.home.display())));
    }
    let agent = find(settings, environment)?;
    let direct = words::java(command) == Some(0);
    jar::check(&agent, direct)
        .map_err(|reason| Refusal::Missing(format!("{}: {reason}", agent.display())))?;
    let variable =
        if version.is_some_and(|version| version >= WITH_OWN_VARIABLE) { FOR_JAVA } else { FOR_ALL };
    let old = environment.get(variable).unwrap_or_default();
    let options = appended(old, &agent).map_err(|reason| Refusal::Missing(format!("{reason} {variable}")))?;
    Ok((variable, options, agent))
}

fn find(settings: &Settings, environment: &Environment) -> Result<PathBuf, Refusal> {
    if let Some(chosen) = &settings.inject.java_agent {
        return std::path::absolute(chosen)
            .map_err(|error| Refusal::Missing(format!("{}: {error}", chosen.display())));
    }
    let fits = |place: &Path| {
        let named = [place.join("opentelemetry-javaagent.jar"), place.join("javaagent.jar")];
        named.into_iter().find(|jar| jar.is_file())
    };
    agent_file::find("java", &USUAL, environment, fits).ok_or_else(|| {
        let hint = "otel-run bootstrap -- COMMAND fetches it, --java_agent FILE names it";
        Refusal::Missing(format!("opentelemetry-javaagent.jar was not found ({hint})"))
    })
}

/// The old options and ours behind them. What is there stays byte for byte.
fn appended(old: &OsStr, agent: &Path) -> Result<OsString, &'static str> {
    if !words::balanced(old.as_bytes()) {
        return Err("there is an open quote in");
    }
    let path = agent.as_os_str().as_bytes();
    let quote = match (path.contains(&b'\''), path.contains(&b'"')) {
        _ if !path.iter().any(|byte| byte.is_ascii_whitespace() || b"'\"".contains(byte)) => "",
        (false, _) => "'",
        (true, false) => "\"",
        (true, true) => return Err("quotes of both kinds in the agent's path cannot be written in"),
    };
    let mut options = old.to_owned();
    if !old.is_empty() {
        options.push(" ");
    }
    options.push("-javaagent:");
    options.push(quote);
    options.push(agent);
    options.push(quote);
    Ok(options)
}

#[cfg(test)]
mod tests;
