//! What cannot be used stops the start, before the program runs.

use super::{Place, otel_run};
use nix::sys::stat::Mode;

/// What is said about this file, and that nothing was started.
fn refused(path: &str) -> String {
    let seen = otel_run(&["--config", path, "echo", "started"], &[]);
    assert_eq!((seen.status.code(), seen.stdout.as_str()), (Some(2), ""), "{seen:?}");
    seen.stderr.replace(path, "FILE")
}

#[test]
fn files_that_are_none() {
    let place = Place::of("a.yaml", "");
    let folder = place.folder.path().to_str().unwrap().to_owned();
    let huge = place.beside("huge.yaml", &"#".repeat((1 << 20) + 1));
    let utf16 = place.folder.path().join("utf16.json");
    std::fs::write(&utf16, [0xff, 0xfe, b'{', 0, b'}', 0]).unwrap();
    let latin = place.folder.path().join("latin.yaml");
    std::fs::write(&latin, b"role:\n  name: \xe9\n").unwrap();
    let pipe = place.folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    for (path, why, hint) in [
        (place.path(), "it is empty", "write something into it, or leave it out"),
        (folder.as_str(), "it is a folder", "name a YAML or JSON file"),
        ("/no/such/file", "there is no such file", "look at the path"),
        (huge.as_str(), "it is larger than 1 MiB", "is it the right file?"),
        (utf16.to_str().unwrap(), "it is written in UTF-16", "save it as UTF-8"),
        (latin.to_str().unwrap(), "line 2 is not UTF-8", "save it as UTF-8"),
        (pipe.to_str().unwrap(), "it is no regular file", "name a YAML or JSON file"),
    ] {
        let expected = format!(
            "otel-run: cannot read the configuration file FILE: {why}\n  from: flag --config_file\n  hint: {hint}\n"
        );
        assert_eq!(refused(path), expected);
    }
}

#[test]
fn every_mistake_with_its_place() {
    let place = Place::of(
        "otel.yaml",
        "file_format: \"1.0\"\nresorce: {}\ntracer_provider:\n  processors:\n    - batch:\n        schedule_delay: soon\n        exporter: {console: }\n",
    );
    assert_eq!(
        refused(place.path()),
        "otel-run: the configuration file cannot be used, 2 things are wrong:\n  FILE:2:1: unknown key: resorce\n    \
         hint: did you mean resource?\n  FILE:6:25: tracer_provider.processors[0].batch.schedule_delay must be a whole number\n"
    );
}

#[test]
fn values_that_are_complained_of_later_name_their_line() {
    let place = Place::of("a.json", "{\n  \"connectionString\": \"nonsense\"\n}");
    let told = refused(place.path());
    assert!(
        told.contains("APPLICATIONINSIGHTS_CONNECTION_STRING") && told.contains("  from: FILE:2\n"),
        "{told}"
    );
}

#[test]
fn files_of_variables() {
    let place = Place::of("a.env", "A=1\nB\n");
    let seen = otel_run(&["--env-file", place.path(), "echo", "started"], &[]);
    assert_eq!((seen.status.code(), seen.stdout.as_str()), (Some(2), ""), "{seen:?}");
    assert_eq!(
        seen.stderr.replace(place.path(), "FILE"),
        "otel-run: FILE:2: there is no \"=\" in this line\n  from: flag --env_file\n  hint: write NAME=value, \
         NAME=\"value\" or # and a comment on each line\n"
    );
}

#[test]
fn secrets_that_others_can_read() {
    const KEY: &str = "0af76519-16cd-43dd-8448-eb211c80319c";
    let text = format!(
        "{{\"connectionString\": \"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9/\"}}"
    );
    let place = Place::of("a.json", &text);
    let run = || {
        otel_run(
            &[
                "--config",
                place.path(),
                "--traces_exporter",
                "none",
                "--metrics_exporter",
                "none",
                "--logs_exporter",
                "none",
                "true",
            ],
            &[],
        )
        .stderr
    };
    assert_eq!(run(), "");
    place.mode(0o644);
    let told = run().replace(place.path(), "FILE");
    assert!(told.contains("everybody on this machine can read the file"), "{told}");
    assert!(told.contains("chmod 600 FILE") && !told.contains(KEY), "{told}");
    std::fs::write(&place.file, "{\"connectionString\": \"${CS:-}\"}").unwrap();
    assert_eq!(run(), "", "the secret is in a variable");
}
