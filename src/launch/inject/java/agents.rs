//! Other agents on their way into the JVM. Two that trace fight about every class that they change.

use super::words;
use crate::environment::Environment;
use std::ffi::OsString;
use std::path::Path;

/// Variables of the JVM, and of scripts that start one.
const VARIABLES: [&str; 6] =
    ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS", "MAVEN_OPTS"];

/// Parts of the names of jars that trace.
const TRACING: [&str; 18] = [
    "opentelemetry",
    "otel",
    "applicationinsights-agent",
    "dd-java-agent",
    "dd-trace",
    "newrelic",
    "elastic-apm",
    "glowroot",
    "appdynamics",
    "appserveragent",
    "dynatrace",
    "instana",
    "skywalking",
    "pinpoint",
    "scouter",
    "sentry",
    "inspectit",
    "kanela",
];
/// And of those that do something else, beside which ours is at its place.
const OTHERS: [&str; 9] = [
    "jacoco",
    "jmx_prometheus",
    "aspectjweaver",
    "jolokia",
    "byte-buddy",
    "mockito",
    "spring-instrument",
    "hotswap-agent",
    "lombok",
];

/// What another agent is and where it is named. `asked` says that the user has named ours, so that one of which
/// nothing is known is no reason against it.
pub(super) fn loaded(command: &[OsString], environment: &Environment, asked: bool) -> Option<String> {
    let in_variables = VARIABLES.iter().find_map(|name| {
        let value = environment.get(name)?.to_string_lossy();
        Some((among(&words::split(&value), asked)?, (*name).to_owned()))
    });
    let (agent, place) = in_variables.or_else(|| {
        let java = words::java(command);
        let all: Vec<&str> =
            command.iter().skip(java.unwrap_or(0) + 1).filter_map(|word| word.to_str()).collect();
        let words = if java.is_some() { words::options(&all) } else { all };
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        Some((among(&words, asked)?, "the command".to_owned()))
    })?;
    Some(format!("{place} loads {agent} already"))
}

fn among(words: &[String], asked: bool) -> Option<String> {
    words.iter().find_map(|word| match words::of_file(word) {
        Some(text) => words::split(&text).iter().find_map(|word| foreign(word, asked)),
        None => foreign(word, asked),
    })
}

fn foreign(word: &str, asked: bool) -> Option<String> {
    let native = ["-agentpath:", "-agentlib:"].iter().find_map(|option| word.strip_prefix(option));
    if let Some(library) = native {
        return name(library).filter(|name| name.contains("oneagent"));
    }
    let jar = name(word.strip_prefix("-javaagent:")?)?;
    let small = jar.to_lowercase();
    let any = |parts: &[&str]| parts.iter().any(|part| small.contains(part));
    (any(&TRACING) || !(asked || any(&OTHERS))).then_some(jar)
}

/// The file's name, without the options behind it.
fn name(path: &str) -> Option<String> {
    let path = path.split('=').next()?;
    Path::new(path).file_name()?.to_str().map(str::to_owned)
}
