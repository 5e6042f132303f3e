//! The matrix: runs each framework of the table on each of its servers.

use super::table::{FRAMEWORKS, Framework, Server, packages};
use super::{check, run};
use std::path::Path;
use std::sync::{Condvar, Mutex};

/// Runs a framework on each of its servers. The message of a failure says which pairs failed, and why.
pub(super) fn serves(venv: &Path, framework: &Framework) {
    let name = framework.name;
    let failed: Vec<String> = std::thread::scope(|scope| {
        let threads = framework.servers.iter().map(|name| {
            let server = Server::named(name);
            let thread = scope.spawn(move || {
                let _turn = TURNS.take();
                check::all(framework, server, &run::observed(venv, framework.app, server))
            });
            (name, thread)
        });
        let threads: Vec<_> = threads.collect();
        let failed = threads.into_iter().map(|(server, thread)| match thread.join() {
            Ok(wrong) => wrong.iter().map(|wrong| format!("{name} on {server}: {wrong}\n")).collect(),
            Err(_) => format!("{name} on {server}: see above\n"),
        });
        failed.filter(|failed| !failed.is_empty()).collect()
    });
    assert!(failed.is_empty(), "\n{}", failed.concat());
}

macro_rules! tests {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            serves(&packages(), FRAMEWORKS.iter().find(|framework| framework.name == $name).expect("in the table"));
        })*

        #[test]
        fn each_has_its_test() {
            let tested = [$($name),*];
            assert!(FRAMEWORKS.iter().map(|framework| framework.name).eq(tested));
        }
    };
}

tests! {
    fastapi: "FastAPI",
    starlette: "Starlette",
    django_asgi: "Django (ASGI)",
    django: "Django",
    flask: "Flask",
    litestar: "Litestar",
    quart: "Quart",
    bottle: "Bottle",
    falcon: "Falcon",
    falcon_asgi: "Falcon (ASGI)",
    pyramid: "Pyramid",
    asgi: "no framework, ASGI",
    wsgi: "no framework, WSGI",
    http_server: "http.server",
}

/// A machine of two cores has enough to do with three servers that start.
static TURNS: Turns = Turns { free: Mutex::new(3), freed: Condvar::new() };

struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

struct Turn<'a>(&'a Turns);

impl Turns {
    fn take(&self) -> Turn<'_> {
        let mut free =
            self.freed.wait_while(self.free.lock().expect("no panic"), |free| *free == 0).expect("no panic");
        *free -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().expect("no panic") += 1;
        self.0.freed.notify_one();
    }
}
