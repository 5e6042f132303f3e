//! Java programs for tests: the Spring Boot example and the official agent, built and fetched at first use by Maven and
//! kept under `target/test-java`.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The agent's version that was tried.
const AGENT: &str = "io.opentelemetry.javaagent:opentelemetry-javaagent:2.33.1";
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";

pub(crate) struct Java {
    /// `examples/spring-boot`, ready to run.
    pub(crate) shop: PathBuf,
    /// opentelemetry-javaagent.jar
    pub(crate) agent: PathBuf,
}

/// Made at most once, however many tests ask for it at once.
pub(crate) fn java() -> Java {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/spring-boot");
    let sources = ["pom.xml", "src/main/java/shop/Shop.java"];
    let mut hasher = DefaultHasher::new();
    AGENT.hash(&mut hasher);
    for source in sources {
        fs::read(example.join(source)).expect("the example").hash(&mut hasher);
    }
    let folders = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-java");
    fs::create_dir_all(&folders).expect("a folder for Java programs");
    let folder = folders.join(format!("shop-{:016x}", hasher.finish()));

    let lock = File::create(folder.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    // Written last: without it a run was cut in the middle, and the folder is made anew.
    let complete = folder.join("complete");
    if !complete.exists() {
        let _ = fs::remove_dir_all(&folder);
        for source in sources {
            let copy = folder.join(source);
            fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
            fs::copy(example.join(source), copy).expect("a copy");
        }
        maven(&folder, &["package"]);
        maven(
            &folder,
            &[COPY, &format!("-Dartifact={AGENT}"), "-DoutputDirectory=agent", "-Dmdep.stripVersion"],
        );
        File::create(complete).expect("the mark of completeness");
    }
    Java { shop: folder.join("target/shop.jar"), agent: folder.join("agent/opentelemetry-javaagent.jar") }
}

fn maven(folder: &Path, words: &[&str]) {
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode"]).args(words).current_dir(folder);
    for name in ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MAVEN_OPTS"] {
        maven.env_remove(name);
    }
    let output = maven.output();
    let output =
        output.unwrap_or_else(|e| panic!("{maven:?}: {e} (the tests need Maven and a JDK of 17 or later)"));
    assert!(output.status.success(), "{maven:?}: {}", String::from_utf8_lossy(&output.stdout));
}
