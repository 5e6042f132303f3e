use super::*;
use crate::settings::fixture;
use std::os::unix::fs::PermissionsExt;

/// A folder with JDKs and an agent, as a machine may have them.
struct Machine {
    folder: tempfile::TempDir,
    environment: Environment,
    settings: Settings,
}

impl Machine {
    fn new(java: &str) -> Machine {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
        let mut environment = Environment::default();
        environment.set("PATH", folder.path().join("jdk/bin"));
        environment.set("OTEL_RUN_HOME", folder.path());
        let machine = Machine { folder, environment, settings: fixture::settings(&[]) };
        machine.write("jdk/bin/java", b"");
        std::fs::set_permissions(machine.path("jdk/bin/java"), PermissionsExt::from_mode(0o755))
            .expect("permissions");
        machine.write("jdk/release", format!("JAVA_VERSION=\"{java}\"\n").as_bytes());
        machine.write(FETCHED, JAR);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.set(name, value);
    }

    /// What a start of `command` comes to, with `HERE` for the folder.
    fn of(&self, command: &str) -> String {
        let command: Vec<OsString> = command.split(' ').map(OsString::from).collect();
        let here = self.folder.path().display().to_string();
        match choose(&self.settings, &command, &self.environment) {
            Ok((variable, options, _)) => {
                format!("{variable}={}", options.to_string_lossy()).replace(&here, "HERE")
            }
            Err(Refusal::LeftAlone(reason) | Refusal::Missing(reason)) => reason.replace(&here, "HERE"),
        }
    }
}

const FETCHED: &str = "overlay/java/opentelemetry-javaagent.jar";
/// The shortest jar: a beginning and an end.
const JAR: &[u8] = b"PK\x03\x04PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const LOADED: &str = "-javaagent:HERE/overlay/java/opentelemetry-javaagent.jar";

#[test]
fn the_variable_by_the_version() {
    for (java, variable) in [("17.0.15", FOR_JAVA), ("9", FOR_JAVA), ("1.8.0_402", FOR_ALL), ("", FOR_ALL)] {
        assert_eq!(Machine::new(java).of("java -jar a.jar"), format!("{variable}={LOADED}"), "{java}");
    }
    assert_eq!(Machine::new("1.7.0_80").of("java A"), "Java 7 in HERE/jdk is older than 8");
}

#[test]
fn what_is_there_stays_byte_for_byte() {
    for (old, new) in [
        ("", LOADED.to_owned()),
        ("-Xmx1g  -Da='b c'", format!("-Xmx1g  -Da='b c' {LOADED}")),
        ("-Da='b c", "there is an open quote in JDK_JAVA_OPTIONS".to_owned()),
    ] {
        let mut machine = Machine::new("17");
        machine.set(FOR_JAVA, old);
        let expected = if new.starts_with('-') { format!("{FOR_JAVA}={new}") } else { new };
        assert_eq!(machine.of("java -jar a.jar"), expected, "{old}");
    }
}

#[test]
fn paths_are_quoted_as_the_jvm_reads_them() {
    for (path, written) in [
        ("/a/b.jar", "-javaagent:/a/b.jar"),
        ("/a b/c.jar", "-javaagent:'/a b/c.jar'"),
        ("/o'x/c.jar", "-javaagent:\"/o'x/c.jar\""),
        ("/o\"x/c.jar", "-javaagent:'/o\"x/c.jar'"),
    ] {
        assert_eq!(appended(OsStr::new(""), Path::new(path)), Ok(written.into()), "{path}");
        assert_eq!(words::split(written), [format!("-javaagent:{path}")]);
    }
    assert!(appended(OsStr::new(""), Path::new("/'\"/a.jar")).is_err());
}

#[test]
fn the_agent_that_was_named() {
    let mut machine = Machine::new("21");
    machine.write("my agent.jar", JAR);
    machine.settings.inject.java_agent = Some(machine.path("my agent.jar"));
    assert_eq!(machine.of("java A"), format!("{FOR_JAVA}=-javaagent:'HERE/my agent.jar'"));
    for (content, reason) in [
        (&b"not found"[..], "not a complete jar"),
        (&JAR[..12], "not a complete jar"),
        (b"", "not a complete jar"),
    ] {
        machine.write("my agent.jar", content);
        assert_eq!(machine.of("java A"), format!("HERE/my agent.jar: {reason}"));
    }
    machine.settings.inject.java_agent = Some(machine.path("absent.jar"));
    assert_eq!(machine.of("java A"), "HERE/absent.jar: no such file");
    machine.settings.inject.java_agent = Some(machine.path("jdk"));
    assert_eq!(machine.of("java A"), "HERE/jdk: not a file");
    machine.settings.inject.java_agent = Some(machine.path("a=b.jar"));
    assert_eq!(machine.of("java A"), "HERE/a=b.jar: a path with \"=\" cannot be given to the JVM");
}

#[test]
fn a_jar_that_the_program_may_not_be_able_to_read() {
    let machine = Machine::new("17");
    std::fs::set_permissions(machine.path(FETCHED), PermissionsExt::from_mode(0o600)).expect("permissions");
    let loaded = format!("{FOR_JAVA}={LOADED}");
    let doubt = "HERE/overlay/java/opentelemetry-javaagent.jar: users other than root cannot read it, and the program \
                 may become one";
    assert_eq!(machine.of("java A"), loaded, "java stays who it is");
    let expected = if nix::unistd::geteuid().is_root() { doubt } else { &loaded };
    assert_eq!(machine.of("setpriv --reuid 65534 java A"), expected);
}

#[test]
fn no_agent_anywhere() {
    let machine = Machine::new("17");
    std::fs::remove_file(machine.path(FETCHED)).expect("the agent");
    assert_eq!(
        machine.of("java A"),
        "opentelemetry-javaagent.jar was not found (otel-run bootstrap -- COMMAND fetches it, --java_agent FILE names it)"
    );
}

#[test]
fn other_agents_are_respected() {
    for (variable, value, command, expected) in [
        (
            "JAVA_TOOL_OPTIONS",
            "-javaagent:/x/dd-java-agent.jar",
            "java A",
            Some("JAVA_TOOL_OPTIONS loads dd-java-agent.jar"),
        ),
        (
            "_JAVA_OPTIONS",
            "-Xmx1g -javaagent:'/a b/newrelic.jar'",
            "java A",
            Some("_JAVA_OPTIONS loads newrelic.jar"),
        ),
        (
            "CATALINA_OPTS",
            "-javaagent:/x/glowroot.jar",
            "catalina.sh run",
            Some("CATALINA_OPTS loads glowroot.jar"),
        ),
        (
            "JDK_JAVA_OPTIONS",
            "-javaagent:/x/opentelemetry-javaagent.jar",
            "java A",
            Some("JDK_JAVA_OPTIONS loads opentelemetry-javaagent.jar"),
        ),
        (
            "JAVA_TOOL_OPTIONS",
            "-javaagent:/x/our-own.jar",
            "java A",
            Some("JAVA_TOOL_OPTIONS loads our-own.jar"),
        ),
        (
            "JAVA_TOOL_OPTIONS",
            "-agentpath:/dt/liboneagentloader.so=x",
            "java A",
            Some("JAVA_TOOL_OPTIONS loads liboneagentloader.so"),
        ),
        ("JAVA_TOOL_OPTIONS", "-agentlib:jdwp=transport=dt_socket", "java A", None),
        ("JAVA_TOOL_OPTIONS", "-javaagent:/x/org.jacoco.agent-0.8.jar=destfile=/tmp/x", "java A", None),
        (
            "A",
            "",
            "java -cp x -javaagent:elastic-apm-agent-1.50.jar -jar a.jar",
            Some("the command loads elastic-apm-agent-1.50.jar"),
        ),
        (
            "A",
            "",
            "java -javaagent:applicationinsights-agent-3.7.jar A",
            Some("the command loads applicationinsights-agent-3.7.jar"),
        ),
        ("A", "", "java -jar a.jar -javaagent:newrelic.jar", None),
    ] {
        let mut machine = Machine::new("17");
        machine.set(variable, value);
        let said = machine.of(command);
        match expected {
            Some(start) => assert_eq!(said, format!("{start} already; Java is left to it"), "{command}"),
            None => assert!(said.contains(LOADED), "{command}: {said}"),
        }
    }
}

#[test]
fn options_in_a_file_count() {
    let machine = Machine::new("17");
    machine.write("options", b"-Xmx1g\n-javaagent:/x/newrelic.jar\n");
    assert_eq!(
        machine.of(&format!("java @{} A", machine.path("options").display())),
        "the command loads newrelic.jar already; Java is left to it"
    );
}

#[test]
fn who_named_our_agent_wants_it_beside_an_unknown_one() {
    let mut machine = Machine::new("17");
    machine.settings.inject.java_agent = Some(machine.path(FETCHED));
    machine.set("JAVA_TOOL_OPTIONS", "-javaagent:/x/our-own.jar");
    assert_eq!(machine.of("java A"), format!("{FOR_JAVA}={LOADED}"));
    machine.set("JAVA_TOOL_OPTIONS", "-javaagent:/x/newrelic.jar");
    assert_eq!(machine.of("java A"), "JAVA_TOOL_OPTIONS loads newrelic.jar already; Java is left to it");
}

#[test]
fn switched_off() {
    let mut machine = Machine::new("17");
    machine.set(ENABLED, "False");
    assert_eq!(machine.of("java A"), "OTEL_JAVAAGENT_ENABLED is false");
}
