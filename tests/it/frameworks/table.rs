//! Which frameworks and which servers, and which of them together.

use crate::support::venv;
use std::path::PathBuf;

/// The releases of the day, and of OpenTelemetry only what FastAPI brings itself.
pub(super) const PACKAGES: &[&str] = &[
    "bottle==0.13.4",
    "cheroot==11.1.2",
    "daphne==4.2.3",
    "django==5.2.19",
    "falcon==4.4.0",
    "fastapi==0.165.0",
    "flask==3.1.3",
    "granian==2.8.9",
    "gunicorn==27.0.1",
    "h11==0.16.0",
    "httptools==0.9.0",
    "httpx==0.28.1",
    "hypercorn==0.18.0",
    "litestar==2.25.0",
    "pyramid==2.1",
    "pyuwsgi==2.0.30.post1",
    "quart==0.22.0",
    "starlette==1.10.0",
    "uvicorn==0.54.0",
    "uvicorn-worker==0.4.0",
    "uvloop==0.23.0",
    "waitress==3.0.2",
    "werkzeug==3.1.9",
];

/// The environment of the whole matrix.
pub(super) fn packages() -> PathBuf {
    venv("frameworks", PACKAGES)
}

pub(super) struct Server {
    pub(super) name: &'static str,
    /// `{app}` is `module:attribute`, `{module}` its first half; the server listens on `{port}` of `127.0.0.1`.
    pub(super) command: &'static str,
    /// Ends in order when it is told to; others die of the signal, as they do without us.
    pub(super) orderly: bool,
}

pub(super) const SERVERS: &[Server] = &[
    server("gunicorn (before 25)", "gunicorn --bind 127.0.0.1:{port} {app}"),
    server("uvicorn", "uvicorn --host 127.0.0.1 --port {port} --loop uvloop --http httptools {app}"),
    server(
        "uvicorn (asyncio, h11)",
        "uvicorn --host 127.0.0.1 --port {port} --loop asyncio --http h11 {app}",
    ),
    server("hypercorn", "hypercorn --bind 127.0.0.1:{port} {app}"),
    server("daphne", "daphne --bind 127.0.0.1 --port {port} {app}"),
    server("granian", "granian --interface asgi --host 127.0.0.1 --port {port} {app}"),
    server("granian (WSGI)", "granian --interface wsgi --host 127.0.0.1 --port {port} {app}"),
    server("gunicorn", "gunicorn --no-control-socket --bind 127.0.0.1:{port} {app}"),
    server(
        "gunicorn (gthread)",
        "gunicorn --no-control-socket --bind 127.0.0.1:{port} --worker-class gthread --threads 2 {app}",
    ),
    server(
        "gunicorn (uvicorn-worker)",
        "gunicorn --no-control-socket --bind 127.0.0.1:{port} --worker-class uvicorn_worker.UvicornWorker {app}",
    ),
    server(
        "gunicorn (asgi)",
        "gunicorn --no-control-socket --bind 127.0.0.1:{port} --worker-class asgi {app}",
    ),
    server("uWSGI", "uwsgi --http-socket 127.0.0.1:{port} --master --die-on-term --need-app --module {app}"),
    server(
        "uWSGI (threads)",
        "uwsgi --http-socket 127.0.0.1:{port} --master --die-on-term --need-app --threads 2 --module {app}",
    ),
    abrupt("waitress", "waitress-serve --listen 127.0.0.1:{port} {app}"),
    abrupt("cheroot", "python3 -m cheroot --bind 127.0.0.1:{port} {app}"),
    abrupt("werkzeug", "python3 serve.py werkzeug {module} 127.0.0.1 {port}"),
    abrupt("wsgiref", "python3 serve.py wsgiref {module} 127.0.0.1 {port}"),
    abrupt("http.server", "python3 serve.py http.server {module} 127.0.0.1 {port}"),
    abrupt("flask run", "flask --app {module} run --port {port}"),
    abrupt("bottle", "python3 -m bottle --bind 127.0.0.1:{port} {app}"),
    abrupt("runserver", "python3 {module}.py runserver --noreload {port}"),
    server("quart run", "quart --app {module} run --port {port}"),
];

pub(super) struct Framework {
    pub(super) name: &'static str,
    /// `module:attribute`
    pub(super) app: &'static str,
    /// Of `/items/…`, in its own spelling.
    pub(super) route: Option<&'static str>,
    pub(super) servers: &'static [&'static str],
}

const ASGI: &[&str] = &[
    "uvicorn",
    "uvicorn (asyncio, h11)",
    "hypercorn",
    "daphne",
    "granian",
    "gunicorn (uvicorn-worker)",
    "gunicorn (asgi)",
];

pub(super) const FRAMEWORKS: &[Framework] = &[
    framework("FastAPI", "with_fastapi:app", "/items/{number}", ASGI),
    framework(
        "Starlette",
        "with_starlette:app",
        "/items/{number}",
        &["uvicorn", "hypercorn", "granian", "gunicorn (uvicorn-worker)"],
    ),
    framework(
        "Django (ASGI)",
        "with_django:asgi",
        "/items/<int:number>",
        &["daphne", "uvicorn", "hypercorn", "granian"],
    ),
    framework(
        "Django",
        "with_django:wsgi",
        "/items/<int:number>",
        &["gunicorn", "gunicorn (gthread)", "uWSGI", "waitress", "cheroot", "runserver"],
    ),
    framework(
        "Flask",
        "with_flask:app",
        "/items/<int:number>",
        &[
            "gunicorn",
            "gunicorn (gthread)",
            "uWSGI",
            "uWSGI (threads)",
            "granian (WSGI)",
            "waitress",
            "cheroot",
            "werkzeug",
            "flask run",
        ],
    ),
    framework(
        "Litestar",
        "with_litestar:app",
        "/items/{number}",
        &["uvicorn", "hypercorn", "granian", "gunicorn (uvicorn-worker)"],
    ),
    framework(
        "Quart",
        "with_quart:app",
        "/items/<int:number>",
        &["hypercorn", "uvicorn", "granian", "quart run"],
    ),
    framework(
        "Bottle",
        "with_bottle:app",
        "/items/<number:int>",
        &["bottle", "gunicorn", "waitress", "cheroot"],
    ),
    framework("Falcon", "with_falcon:app", "/items/{number:int}", &["gunicorn", "uWSGI", "waitress"]),
    framework("Falcon (ASGI)", "with_falcon:asgi", "/items/{number:int}", &["uvicorn", "hypercorn"]),
    framework(
        "Pyramid",
        "with_pyramid:app",
        "/items/{number}",
        &["waitress", "gunicorn", "uWSGI", "wsgiref"],
    ),
    bare("no framework, ASGI", "with_asgi:app", ASGI),
    bare(
        "no framework, WSGI",
        "with_wsgi:app",
        &["wsgiref", "werkzeug", "gunicorn", "gunicorn (gthread)", "waitress", "cheroot", "granian (WSGI)"],
    ),
    bare("http.server", "http.server:", &["http.server"]),
];

const fn server(name: &'static str, command: &'static str) -> Server {
    Server { name, command, orderly: true }
}

const fn abrupt(name: &'static str, command: &'static str) -> Server {
    Server { name, command, orderly: false }
}

pub(super) const fn framework(
    name: &'static str,
    app: &'static str,
    route: &'static str,
    servers: &'static [&'static str],
) -> Framework {
    Framework { name, app, route: Some(route), servers }
}

const fn bare(name: &'static str, app: &'static str, servers: &'static [&'static str]) -> Framework {
    Framework { name, app, route: None, servers }
}

impl Server {
    pub(super) fn named(name: &str) -> &'static Server {
        SERVERS.iter().find(|server| server.name == name).unwrap_or_else(|| panic!("no server {name}"))
    }
}
