//! What is loaded into which programs.

use super::{Entry, Heading};
use crate::settings::kind::Kind;

pub(super) static ENTRIES: &[Entry] = &[
    Entry::new(Heading::Injection, "OTEL_RUN_SHIM", "shim",
        Kind::Choice("auto|builtin|official|off", &["auto", "builtin", "official", "off"]),
        "What is loaded into the program: official, its own OpenTelemetry packages; builtin, otel-run's shim; auto, \
         what fits; off, nothing (variables only)")
        .default("auto"),
    Entry::new(Heading::Injection, "OTEL_RUN_LANGUAGES", "languages", Kind::List("NAMES"),
        "Inject into these only: python, node, java, dotnet, ruby, php").default("all that are found"),
    Entry::new(Heading::Injection, "OTEL_RUN_SKIP", "skip", Kind::List("GLOB"),
        "Programs that stay as they are, by name or path; repeatable"),
    Entry::new(Heading::Injection, "OTEL_RUN_ONLY", "only", Kind::List("GLOB"),
        "The only programs into which something is loaded, by name or path; repeatable").default("all"),
    Entry::new(Heading::Injection, "OTEL_RUN_NODE_CONSOLE", "node_console",
        Kind::Choice("off|warn|all", &["off", "warn", "all"]),
        "What of the console of Node.js becomes log records: warn, what goes to stderr (console.warn, console.error); \
         all, console.log and its like, too; off, nothing")
        .default("warn"),
    Entry::new(Heading::Injection, "OTEL_RUN_JAVA_AGENT", "java_agent", Kind::Text("FILE"),
        "The Java agent to load: a jar").default("what bootstrap has fetched, or an installed opentelemetry-javaagent.jar"),
    Entry::new(Heading::Injection, "OTEL_RUN_MAVEN_REPOSITORY", "maven_repository", Kind::Text("URL"),
        "Where bootstrap finds the Java agent; a user and a password may stand in it")
        .default("https://repo.maven.apache.org/maven2"),
    Entry::new(Heading::Injection, "OTEL_RUN_PASS_CREDENTIALS", "pass_credentials", Kind::Switch,
        "Leave the destination's headers, certificates and keys in the program's environment")
        .default("false"),
];
