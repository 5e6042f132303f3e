//! What a start makes of an overlay.

use super::{application, bootstrap, done, finish, home, installed, packages, within};
use crate::python::server::Server;
use crate::support::process::OTEL_RUN;
use crate::support::sink::{Seen, Sink};
use nix::sys::signal::Signal;
use otel_run::otlp::Decoded;
use std::path::Path;

const SERVER: i32 = 2;
const CLIENT: i32 = 3;
/// Prints where the official SDK comes from, if it was loaded.
const WHERE: &str = "import sys; m = sys.modules.get('opentelemetry.sdk.trace'); print(m and m.__file__); \
                     print([p for p in sys.path if 'overlay' in p] == sys.path[-1:])";

/// Fills `home` without any network.
pub(super) fn filled(home: &Path) {
    let packages = packages().display().to_string();
    done(&mut bootstrap(&application(), home, &["--offline", &packages, "--", "uvicorn", "shop:app"]));
}

/// The spans that came: scope, kind and name.
pub(super) fn spans(seen: &Seen) -> Vec<(String, i32, String)> {
    let mut spans = Vec::new();
    for request in seen.requests.iter().filter(|request| request.accepted) {
        let Decoded::Traces(request) = request.batch.decoded().expect("OTLP") else { continue };
        for scope in request.resource_spans.iter().flat_map(|group| &group.scope_spans) {
            let name = scope.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            spans.extend(scope.spans.iter().map(|span| (name.clone(), span.kind, span.name.clone())));
        }
    }
    spans
}

#[test]
fn server_and_client_spans_of_the_official_packages() {
    let (venv, home, sink) = (application(), home(), Sink::start());
    filled(home.path());
    let mut run = within(&venv, home.path(), [OTEL_RUN, "--exporter_otlp_endpoint", &sink.url()]);
    let server = Server::start(run.args(["uvicorn", "shop:app", "--port", "0"]));
    assert_eq!(server.get("/outer/x"), "{\"inner\":true}");
    let finished = server.stop(Signal::SIGTERM);
    assert!(!finished.stderr.contains("otel-run"), "{}", finished.stderr);
    let spans = spans(&sink.seen());
    for (scope, kind, name) in [
        ("opentelemetry.instrumentation.fastapi", SERVER, "GET /outer/{name}"),
        ("opentelemetry.instrumentation.httpx", CLIENT, "GET"),
        ("opentelemetry.instrumentation.fastapi", SERVER, "GET /inner"),
    ] {
        let found = spans.iter().filter(|span| **span == (scope.to_owned(), kind, name.to_owned())).count();
        assert_eq!(found, 1, "{scope} {name}: {spans:?}");
    }
}

/// What is installed later makes the overlay stale: one line, and the built-in shim.
#[test]
fn a_stale_overlay_is_not_used() {
    let (venv, home) = (application(), home());
    filled(home.path());
    let run = |path: Option<&Path>, shim: &str| {
        let mut run = within(&venv, home.path(), [OTEL_RUN, "--traces_exporter", "console", "--shim", shim]);
        run.args(["--metrics_exporter", "none", "--logs_exporter", "none", "python", "-c", WHERE]);
        if let Some(path) = path {
            run.env("PYTHONPATH", path);
        }
        let finished = finish(&mut run);
        assert!(finished.status.success(), "{}", finished.stderr);
        finished
    };
    let fresh = run(None, "auto");
    assert!(
        fresh.stdout.contains("/overlay/python/") && fresh.stdout.ends_with("True\n"),
        "{}",
        fresh.stdout
    );
    assert_eq!(fresh.stderr, "");
    let builtin = run(None, "builtin");
    assert_eq!((builtin.stdout.as_str(), builtin.stderr.as_str()), ("None\nFalse\n", ""));

    let more = installed(&["something-1.0"]);
    let stale = run(Some(more.path()), "auto");
    assert_eq!(stale.stdout, "None\nFalse\n");
    assert_eq!(stale.stderr.lines().count(), 1, "{}", stale.stderr);
    assert!(stale.stderr.contains("run otel-run bootstrap again"), "{}", stale.stderr);
}

/// `doctor` reads the same record. A package of the environment is replaced.
#[test]
fn doctor_says_which_is_used() {
    let home = home();
    let venv = home.path().join("venv");
    done(&mut within(
        &venv,
        home.path(),
        ["python3", "-m", "venv", "--without-pip", &venv.display().to_string()],
    ));
    let site = done(&mut within(
        &venv,
        home.path(),
        ["python", "-c", "import site; print(site.getsitepackages()[0])"],
    ));
    let package =
        |version: &str| Path::new(site.stdout.trim()).join(format!("something-{version}.dist-info"));
    std::fs::create_dir(package("1.0")).expect("a folder");
    let python = venv.join("bin/python").display().to_string();
    let overlay = home.path().join("overlay/python");
    // As bootstrap writes it.
    let facts = "import os, sys; print(os.path.realpath(sys.prefix))";
    let prefix = done(&mut within(&venv, home.path(), ["python", "-c", facts])).stdout;
    let place = overlay.join("environments").join(prefix.trim().trim_start_matches('/'));
    std::fs::create_dir_all(&place).expect("a folder");
    std::fs::create_dir_all(overlay.join("key/opentelemetry_sdk-1.45.1.dist-info")).expect("a folder");
    let record =
        format!("otel-run overlay 1\nfolder key\npath {}\npackage something==1.0\n", site.stdout.trim());
    std::fs::write(place.join("cpython"), record).expect("a record");
    let doctor = || {
        let mut run = within(&venv, home.path(), [OTEL_RUN, "doctor", "--offline", &python]);
        finish(&mut run).stdout
    };
    let said = doctor();
    assert!(said.contains("ok       overlay") && said.contains("serves: opentelemetry-sdk 1.45.1"), "{said}");
    std::fs::rename(package("1.0"), package("2.0")).expect("a package");
    let said = doctor();
    assert!(said.contains("added: something==2.0; gone: something==1.0"), "{said}");
    assert!(said.contains("hint: run otel-run bootstrap -- COMMAND again"), "{said}");
}
