//! The Java agent from a Maven repository, here one of this test's own.

use super::{bootstrap, done, finish, home, names};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

const BASE: &str = "/maven2/io/opentelemetry/javaagent/opentelemetry-javaagent";
const JAR: &[u8] = b"PK\x03\x04 the agent";

/// A web server with these files below [`BASE`]; everything else is not found.
struct Repository {
    url: String,
    /// The Authorization headers that came.
    logins: Arc<Mutex<Vec<String>>>,
}

impl Repository {
    fn with(files: &[(&str, &[u8])]) -> Repository {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/maven2", listener.local_addr().expect("an address"));
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(name, content)| (format!("{BASE}/{name}"), content.to_vec())).collect();
        let logins: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = logins.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
                    if let Some(login) = line.strip_prefix("authorization: ") {
                        seen.lock().expect("no panic").push(login.to_owned());
                    }
                }
                let path = first.split(' ').nth(1).unwrap_or_default();
                let (status, body) = match files.get(path) {
                    Some(body) if body.starts_with(b"/") => ("302 Found", body.as_slice()),
                    Some(body) => ("200 OK", body.as_slice()),
                    None => ("404 Not Found", &b""[..]),
                };
                let to = if status.starts_with("302") {
                    format!("location: {}\r\n", String::from_utf8_lossy(body))
                } else {
                    String::new()
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\n{to}content-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), body].concat());
            }
        });
        Repository { url, logins }
    }

    fn bootstrap(&self, home: &Path) -> std::process::Command {
        let mut run =
            bootstrap(home, home, &["--maven_repository", &self.url, "--", "java", "-jar", "x.jar"]);
        run.env_remove("HTTP_PROXY").env_remove("http_proxy");
        run
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const METADATA: &[u8] =
    b"<metadata><versioning><latest>9.9</latest><release>2.33.1</release></versioning></metadata>";
const NAME: &str = "2.33.1/opentelemetry-javaagent-2.33.1.jar";

#[test]
fn fetched_and_verified() {
    let sha1 = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, JAR).as_ref());
    let sha256 = format!("{}  opentelemetry-javaagent-2.33.1.jar\n", hex(digest(&SHA256, JAR).as_ref()));
    for (end, sum) in [("sha1", sha1.as_str()), ("sha256", sha256.as_str())] {
        let home = home();
        let sum_file = format!("{NAME}.{end}");
        let moved = format!("{BASE}/moved.jar");
        let repository = Repository::with(&[
            ("maven-metadata.xml", METADATA),
            (&sum_file, sum.as_bytes()),
            (NAME, moved.as_bytes()),
            ("moved.jar", JAR),
        ]);
        let finished = done(&mut repository.bootstrap(home.path()));
        assert!(
            finished.stdout.contains(&format!("2.33.1 of {} ({end} verified)", repository.url)),
            "{}",
            finished.stdout
        );
        let folder = home.path().join("overlay/java");
        assert_eq!(names(&folder), ["opentelemetry-javaagent.jar", "version"]);
        assert_eq!(std::fs::read(folder.join("opentelemetry-javaagent.jar")).expect("a jar"), JAR);
        let again = done(&mut repository.bootstrap(home.path()));
        assert!(again.stdout.contains("is there already"), "{}", again.stdout);
    }
}

#[test]
fn what_is_not_what_it_should_be() {
    let wrong = "0".repeat(64);
    let page = hex(digest(&SHA256, b"<html>").as_ref());
    let sum = format!("{NAME}.sha256");
    for (files, said) in [
        (vec![], "there is no such file"),
        (vec![("maven-metadata.xml", &b"<html>"[..])], "it names no release"),
        (vec![("maven-metadata.xml", METADATA), (NAME, JAR)], "no checksum is published beside it"),
        (
            vec![("maven-metadata.xml", METADATA), (sum.as_str(), wrong.as_bytes()), (NAME, JAR)],
            "was published",
        ),
        (
            vec![("maven-metadata.xml", METADATA), (sum.as_str(), page.as_bytes()), (NAME, b"<html>")],
            "is no jar",
        ),
    ] {
        let home = home();
        let finished = finish(&mut Repository::with(&files).bootstrap(home.path()));
        assert_eq!(finished.status.code(), Some(125), "{said}");
        assert!(
            finished.stderr.contains(said) && finished.stderr.contains("  hint: "),
            "{said}: {}",
            finished.stderr
        );
        assert_eq!(names(&home.path().join("overlay/java")), Vec::<String>::new(), "{said}");
    }
}

/// The password goes to the repository, and is shown to nobody.
#[test]
fn a_repository_with_a_password() {
    let (home, repository) = (home(), Repository::with(&[]));
    let url = repository.url.replace("http://", "http://me:s3cret@");
    let mut run = bootstrap(home.path(), home.path(), &["--", "java", "-jar", "x.jar"]);
    let finished = finish(run.env("OTEL_RUN_MAVEN_REPOSITORY", url));
    assert!(
        finished.stderr.contains("http://***@127.0.0.1:") && !finished.stderr.contains("s3cret"),
        "{}",
        finished.stderr
    );
    assert!(finished.stderr.contains("from: OTEL_RUN_MAVEN_REPOSITORY (environment)"), "{}", finished.stderr);
    assert_eq!(*repository.logins.lock().expect("no panic"), ["Basic bWU6czNjcmV0"]);
}

#[test]
fn a_folder_with_the_jar() {
    let (home, folder) = (home(), tempfile::tempdir().expect("a folder"));
    let words = ["--offline", &folder.path().display().to_string(), "--", "java", "-jar", "x.jar"];
    let finished = finish(&mut bootstrap(home.path(), home.path(), &words));
    assert_eq!(finished.status.code(), Some(125));
    assert!(finished.stderr.contains("no opentelemetry-javaagent-VERSION.jar in"), "{}", finished.stderr);
    std::fs::write(folder.path().join("opentelemetry-javaagent-2.33.1.jar"), JAR).expect("a jar");
    let dry = done(&mut bootstrap(home.path(), home.path(), &[&["--dry-run"], &words[..]].concat()));
    assert!(dry.stdout.contains("opentelemetry-javaagent 2.33.1"), "{}", dry.stdout);
    assert_eq!(names(&home.path().join("overlay")), Vec::<String>::new());
    done(&mut bootstrap(home.path(), home.path(), &words));
    assert_eq!(
        std::fs::read(home.path().join("overlay/java/opentelemetry-javaagent.jar")).expect("a jar"),
        JAR
    );
}
