//! One application of each kind on every server: each request is told once, and answered as without us.

use super::{Run, lean};
use crate::support::process::{Process, eventually};
use crate::support::venv;
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

/// Servers beside those of `lean`, and clients of HTTP/2.
fn servers() -> PathBuf {
    venv(
        "servers",
        &[
            "bottle==0.13.4",
            "cheroot==11.1.2",
            "daphne==4.2.3",
            "django==5.2.19",
            "eventlet==0.41.3",
            "falcon==4.4.0",
            "flask==3.1.3",
            "gevent==26.9.0",
            "granian==2.8.9",
            "gunicorn==27.0.1",
            "h2==4.4.1",
            "httptools==0.9.0",
            "httpx==0.28.1",
            "hypercorn==0.18.0",
            "pyuwsgi==2.0.30.post1",
            "uvicorn==0.54.0",
            "uvloop==0.23.0",
            "waitress==3.0.2",
            "werkzeug==3.1.9",
        ],
    )
}

/// (path, status) of the answers that say what each application does.
type Answers = BTreeMap<String, (u16, String)>;

fn ask(run: &Run, paths: &[&str]) -> Answers {
    paths.iter().map(|path| ((*path).to_owned(), run.get(path))).collect()
}

/// The same without otel-run: the answers that everything is compared with.
fn bare(venv: &Path, command: &str, paths: &[&str]) -> Answers {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("it").port();
    let words = command.replace("PORT", &port.to_string());
    let process = Process::start(&mut super::super::within(venv, words.split_whitespace()));
    let address = format!("127.0.0.1:{port}");
    eventually("a connection", || TcpStream::connect(&address).ok());
    let run = Run { sink: super::Sink::start(), process, address };
    let answers = ask(&run, paths);
    drop(run.stop(end(command)));
    answers
}

/// What lets a server end in order; others need no second thought.
fn end(command: &str) -> Signal {
    if command.starts_with("gunicorn") { Signal::SIGTERM } else { Signal::SIGINT }
}

fn asgi(venv: &Path, command: &str) {
    let paths = ["/", "/boom", "/none"];
    let expected = bare(venv, command, &paths);
    let run = Run::start(venv, command);
    assert_eq!(ask(&run, &paths), expected, "{command}");
    drop(run.until(|told| told.served().count() >= 3));
    let (_, told) = run.stop(end(command));
    assert_eq!(told.served().count(), 3, "{command}: {:#?}", told.spans);
    assert_eq!(told.path("/").answer(), ("", "200"), "{command}");
    assert_eq!(told.path("/boom").get("error.type"), "ValueError", "{command}");
    assert_eq!(told.path("/boom").exceptions.len(), 1, "{command}");
    assert_ne!(told.path("/none").get("error.type"), "", "{command}: no answer is an error");
}

fn wsgi(venv: &Path, command: &str) {
    let paths = ["/", "/boom", "/file", "/parts", "/late", "/written"];
    let expected = bare(venv, command, &paths);
    let run = Run::start(venv, command);
    assert_eq!(ask(&run, &paths), expected, "{command}");
    drop(run.until(|told| told.served().count() >= 6));
    let (_, told) = run.stop(end(command));
    assert_eq!(told.served().count(), 6, "{command}: {:#?}", told.spans);
    for path in ["/file", "/parts", "/written"] {
        assert_eq!(told.path(path).answer(), ("", "200"), "{command}");
    }
    assert_eq!(told.path("/").answer(), ("", "201"), "{command}");
    assert!(told.path("/parts").seconds >= 0.2, "{command}: {}", told.path("/parts").seconds);
    assert_eq!(told.path("/boom").get("error.type"), "ValueError", "{command}");
    assert_eq!(told.path("/late").get("error.type"), "KeyError", "{command}");
}

#[test]
fn uvicorn() {
    asgi(&lean(), "uvicorn bare_asgi:app --port PORT");
    asgi(&servers(), "uvicorn bare_asgi:app --port PORT --loop uvloop --http httptools");
}

#[test]
fn uvicorn_in_gunicorn() {
    asgi(
        &lean(),
        "gunicorn -k uvicorn_worker.UvicornWorker --no-control-socket -b 127.0.0.1:PORT bare_asgi:app",
    );
    asgi(&lean(), "gunicorn -k asgi --no-control-socket -b 127.0.0.1:PORT bare_asgi:app");
}

#[test]
fn hypercorn() {
    asgi(&servers(), "hypercorn -b 127.0.0.1:PORT bare_asgi:app");
}

#[test]
fn daphne() {
    // It never answers a request that the application forgets, so that one is left out.
    let run = Run::start(&servers(), "daphne -b 127.0.0.1 -p PORT bare_asgi:app");
    assert_eq!(run.get("/"), (200, "ok".to_owned()));
    assert_eq!(run.get("/boom").0, 500);
    let (_, told) = run.stop(Signal::SIGINT);
    assert_eq!(told.served().count(), 2);
    assert_eq!(told.path("/boom").get("error.type"), "ValueError");
}

#[test]
fn granian() {
    asgi(&servers(), "granian --interface asgi --host 127.0.0.1 --port PORT bare_asgi:app");
}

#[test]
fn gunicorn() {
    for worker in ["sync", "gthread --threads 2"] {
        wsgi(&lean(), &format!("gunicorn -k {worker} --no-control-socket -b 127.0.0.1:PORT bare_wsgi:app"));
    }
}

/// Its worker makes the standard library another one; our thread is a real one all the same.
#[test]
fn gunicorn_with_green_threads() {
    wsgi(&servers(), "gunicorn -k gevent --no-control-socket -b 127.0.0.1:PORT bare_wsgi:app");
}

#[test]
fn waitress() {
    wsgi(&servers(), "waitress-serve --listen=127.0.0.1:PORT bare_wsgi:app");
}

#[test]
fn cheroot_and_werkzeug_and_wsgiref() {
    for server in ["cheroot", "werkzeug", "wsgiref", "gevent", "eventlet"] {
        wsgi(&servers(), &format!("python bare_wsgi.py {server} PORT"));
    }
}

/// A server that we do not know at all: then the framework sees to it.
#[test]
fn a_server_of_ones_own() {
    let run = Run::start(&lean(), "python own_server.py PORT");
    assert_eq!(run.get("/hello/ann").0, 200);
    let (_, told) = run.stop(Signal::SIGINT);
    assert_eq!(told.path("/hello/ann").answer(), ("/hello/<name>", "200"));
}

#[test]
fn http_server() {
    let run = Run::start(&super::super::plain(), "python -m http.server PORT --bind 127.0.0.1");
    assert_eq!(run.get("/main.py?x=1").0, 200);
    assert_eq!(run.ask("DELETE", "/main.py", &[]).0, 501);
    assert_eq!(
        run.ask(
            "HEAD",
            "/none",
            &[("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
        )
        .0,
        404
    );
    let (_, told) = run.stop(Signal::SIGINT);
    assert_eq!(told.served().count(), 3, "{:#?}", told.spans);
    let head = told.path("/none");
    assert_eq!((head.answer(), head.parent.as_str()), (("", "404"), "b7ad6b7169203331"));
    let methods: Vec<_> =
        told.served().map(|span| (span.get("url.query"), span.get("http.response.status_code"))).collect();
    assert!(methods.contains(&("x=1", "200")) && methods.contains(&("", "501")), "{methods:?}");
}

#[test]
fn http_2() {
    let run = Run::start(&servers(), "hypercorn -b 127.0.0.1:PORT bare_asgi:app");
    let code = format!(
        "import httpx; c = httpx.Client(http1=False, http2=True); r = c.get('http://{}/'); print(r.http_version, r.text)",
        run.address
    );
    let client = Process::start(super::super::within(&servers(), ["python", "-c"]).arg(code)).finish();
    assert_eq!(client.stdout, "HTTP/2 ok\n", "{}", client.stderr);
    let (_, told) = run.stop(Signal::SIGINT);
    let span = told.path("/");
    assert_eq!((span.answer(), span.get("network.protocol.version")), (("", "200"), "2"));
}

/// Routes of frameworks that nobody else here looks at.
#[test]
fn bottle_falcon_and_django() {
    for (command, route) in [
        ("waitress-serve --listen=127.0.0.1:PORT routed:bottle", "/hello/<name>"),
        ("waitress-serve --listen=127.0.0.1:PORT routed:falcon", "/hello/{name}"),
        ("uvicorn --port PORT routed:falcon_async", "/hello/{name}"),
        ("waitress-serve --listen=127.0.0.1:PORT routed:django", "/hello/<str:name>"),
        ("daphne -p PORT routed:django_async", "/hello/<str:name>"),
    ] {
        let run = Run::start(&servers(), command);
        let (status, body) = run.get("/hello/ann");
        assert!(status == 200 && body.contains("ann"), "{command}: {body}");
        assert_eq!(run.get("/nowhere").0, 404, "{command}");
        drop(run.until(|told| told.served().count() >= 2));
        let (_, told) = run.stop(Signal::SIGINT);
        assert_eq!(told.path("/hello/ann").answer(), (route, "200"), "{command}");
        assert_eq!(told.path("/nowhere").answer(), ("", "404"), "{command}");
    }
}

/// It forks in C and calls none of Python's hooks, and its threads may stand still.
#[test]
fn uwsgi() {
    for (options, module, route) in [
        ("--enable-threads", "lean_flask:app", "/hello/<name>"),
        ("", "lean_flask:app", "/hello/<name>"),
        ("", "hello_wsgi:application", ""),
    ] {
        let command = format!(
            "uwsgi --http-socket 127.0.0.1:PORT --die-on-term --master --processes 2 {options} --module {module}"
        );
        let run = Run::start(&servers(), &command);
        assert_eq!(run.get("/hello/ann"), (200, "ann".to_owned()), "{command}");
        let (_, told) = run.stop(Signal::SIGTERM);
        assert_eq!(told.path("/hello/ann").answer(), (route, "200"), "{command}");
    }
}
