//! Releases of some years ago, and every interpreter that this machine has.

use super::matrix::serves;
use super::table::{Framework, Server, framework};
use super::{check, run};
use crate::python::interpreters;
use crate::support::{skip, venv, venv_of};
use std::path::Path;

const PACKAGES: &[&str] = &[
    "bottle==0.12.25",
    "django==4.2.30",
    "falcon==3.1.3",
    "fastapi==0.105.0",
    "flask==2.2.5",
    "gunicorn==20.1.0",
    "hypercorn==0.14.4",
    "pyramid==1.10.8",
    "quart==0.18.4",
    // For gunicorn and Pyramid of those days.
    "setuptools<80",
    "starlette==0.27.0",
    "uvicorn==0.24.0",
    "waitress==2.1.2",
    "werkzeug==2.2.3",
];

const FRAMEWORKS: &[Framework] = &[
    framework(
        "FastAPI 0.105",
        "with_fastapi:app",
        "/items/{number}",
        &["uvicorn (asyncio, h11)", "hypercorn"],
    ),
    framework("Starlette 0.27", "with_starlette:app", "/items/{number}", &["uvicorn (asyncio, h11)"]),
    framework(
        "Django 4.2",
        "with_django:wsgi",
        "/items/<int:number>",
        &["gunicorn (before 25)", "runserver"],
    ),
    framework("Django 4.2 (ASGI)", "with_django:asgi", "/items/<int:number>", &["uvicorn (asyncio, h11)"]),
    framework(
        "Flask 2.2",
        "with_flask:app",
        "/items/<int:number>",
        &["gunicorn (before 25)", "waitress", "flask run"],
    ),
    framework("Quart 0.18", "with_quart:app", "/items/<int:number>", &["hypercorn"]),
    framework("Bottle 0.12", "with_bottle:app", "/items/<number:int>", &["waitress"]),
    framework("Falcon 3.1", "with_falcon:app", "/items/{number:int}", &["gunicorn (before 25)"]),
    framework("Pyramid 1.10", "with_pyramid:app", "/items/{number}", &["waitress"]),
];

#[test]
fn releases_of_some_years_ago() {
    let venv = venv("older", PACKAGES);
    for framework in FRAMEWORKS {
        serves(&venv, framework);
    }
}

/// The last releases that run on Python 3.9.
const LAST_OF_3_9: &[&str] = &[
    "django==3.2.25",
    "fastapi==0.128.8",
    "flask==2.0.3",
    "gunicorn==23.0.0",
    "uvicorn==0.39.0",
    "waitress==3.0.2",
    "werkzeug==2.0.3",
];

#[test]
fn python_3_9() {
    let Some(python) = interpreters().into_iter().find(|python| python.ends_with("python3.9")) else {
        return skip("Python 3.9");
    };
    let venv = venv_of(&python, "python3.9", LAST_OF_3_9);
    for framework in [
        framework("FastAPI 0.128", "with_fastapi:app", "/items/{number}", &["uvicorn (asyncio, h11)"]),
        framework("Django 3.2", "with_django:wsgi", "/items/<int:number>", &["gunicorn (before 25)"]),
        framework("Flask 2.0", "with_flask:app", "/items/<int:number>", &["waitress", "werkzeug"]),
    ] {
        serves(&venv, &framework);
    }
}

#[test]
fn python_3_13() {
    let Some(python) = interpreters().into_iter().find(|python| python.ends_with("python3.13")) else {
        return skip("Python 3.13");
    };
    let venv = venv_of(
        &python,
        "python3.13",
        &["fastapi==0.165.0", "flask==3.1.3", "uvicorn==0.54.0", "waitress==3.0.2"],
    );
    for framework in [
        framework("FastAPI", "with_fastapi:app", "/items/{number}", &["uvicorn (asyncio, h11)"]),
        framework("Flask", "with_flask:app", "/items/<int:number>", &["waitress"]),
    ] {
        serves(&venv, &framework);
    }
}

/// What needs no package, on every Python 3 that is here.
#[test]
fn every_interpreter() {
    for python in interpreters() {
        // The folder above `bin`, as that of a virtual environment.
        let Some(prefix) = python.parent().and_then(Path::parent) else { continue };
        if !prefix.join("bin/python3").exists() {
            continue;
        }
        for (name, app) in [("http.server", "http.server:"), ("wsgiref", "with_wsgi:app")] {
            let server = Server::named(name);
            let nothing = Framework { name: "no framework", app, route: None, servers: &[] };
            let wrong = check::all(&nothing, server, &run::observed(prefix, app, server));
            assert!(wrong.is_empty(), "{}: {name}: {wrong:#?}", python.display());
        }
    }
}
