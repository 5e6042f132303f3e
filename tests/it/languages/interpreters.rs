//! Ruby, PHP and Deno, for real. The official agents of Ruby and PHP are in no registry that a test may count on: what
//! stands in for them shows that the interpreter loads what is named to it, and goes on as without us.

use super::home;
use crate::support::process::{Finished, OTEL_RUN, Process, bare};
use crate::support::sink::Sink;
use crate::support::{node_packages, skip};
use nix::sys::signal::Signal;
use otel_run::otlp::Decoded;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

fn run(home: &Path, words: &[&str]) -> Finished {
    let mut run = bare([
        OTEL_RUN,
        "--traces_exporter",
        "none",
        "--metrics_exporter",
        "none",
        "--logs_exporter",
        "none",
    ]);
    run.arg("--").args(words).env("OTEL_RUN_HOME", home);
    for name in ["RUBYOPT", "PHP_INI_SCAN_DIR", "GEM_HOME"] {
        run.env_remove(name);
    }
    Process::start(&mut run).finish()
}

const GEM: &str =
    "ruby/gems/opentelemetry-auto-instrumentation-0.1.0/lib/opentelemetry-auto-instrumentation.rb";

#[test]
fn ruby_requires_the_gem() {
    let home = home(GEM, "$gem = ENV.fetch('OTEL_RUBY_ADDITIONAL_GEM_PATH')\n");
    let code = "p $gem, $0, ARGV, ENV['OTEL_RUBY_ADDITIONAL_GEM_PATH']; exit 7";
    let finished = run(home.path(), &["ruby", "-e", code, "a b"]);
    let expected = format!("\"{}/overlay/ruby\"\n\"-e\"\n[\"a b\"]\nnil\n", home.path().display());
    assert_eq!((finished.stdout, finished.stderr.as_str()), (expected, ""));
    assert_eq!(finished.status.code(), Some(7));
    // Below a shell, in which nobody has recognised Ruby, nothing is prepared.
    let below = run(home.path(), &["sh", "-c", "ruby -e 'p $gem'"]);
    assert_eq!(below.stdout, "nil\n", "{below:?}");
}

/// The gem of the interpreter's own folder counts, and the newest of several.
#[test]
fn ruby_takes_what_fits_it() {
    let home = home(GEM, "$gem = 'of any'\n");
    let key = "print RUBY_ENGINE, '-', RbConfig::CONFIG['ruby_version'], '-', RUBY_PLATFORM";
    let key = Process::start(&mut bare(["ruby", "-e", key])).finish().stdout;
    for version in ["0.9.0", "0.10.0"] {
        let gem = GEM.replace("ruby/gems", &format!("overlay/ruby/{key}/gems")).replace("0.1.0", version);
        let file = home.path().join(gem);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, format!("$gem = '{version}'\n")).expect("a file");
    }
    assert_eq!(run(home.path(), &["ruby", "-e", "p $gem"]).stdout, "\"0.10.0\"\n");
}

/// Whatever a gem does, the program runs: one that was built for another Ruby, one that is broken, one that wants out.
#[test]
fn ruby_survives_its_gem() {
    for (content, said) in [
        ("require 'no/such/file'\n", "LoadError: cannot load such file -- no/such/file"),
        ("def\n", "SyntaxError: "),
        ("exit 3\n", "SystemExit: exit"),
        ("raise 'odd'\n", "RuntimeError: odd"),
    ] {
        let home = home(GEM, content);
        let finished = run(home.path(), &["ruby", "-e", "puts 'runs'; exit 7"]);
        assert_eq!((finished.stdout.as_str(), finished.status.code()), ("runs\n", Some(7)), "{finished:?}");
        let start = format!("otel-run: Ruby is not instrumented: {said}");
        assert!(finished.stderr.starts_with(&start) && finished.stderr.lines().count() == 1, "{finished:?}");
    }
}

#[test]
fn ruby_without_an_agent() {
    let empty = tempfile::tempdir().expect("a folder");
    let finished =
        run(empty.path(), &["ruby", "-e", "p ENV['RUBYOPT'], ENV['OTEL_TRACES_EXPORTER']; exit 3"]);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("nil\n\"none\"\n", ""));
    assert_eq!(finished.status.code(), Some(3));
}

#[test]
fn php_reads_our_folder_and_its_own() {
    const CODE: &str =
        "echo php_ini_scanned_files(), '|', ini_get('user_agent'), '|', getenv('OTEL_PHP_AUTOLOAD_ENABLED');";
    let home = home("php/conf.d/50-ours.ini", "user_agent = from-our-folder\n");
    let ours = run(home.path(), &["php", "-r", CODE]);
    let alone = Process::start(bare(["php", "-r", CODE]).env_remove("PHP_INI_SCAN_DIR")).finish();
    let (files, rest) = ours.stdout.split_once('|').expect("a list");
    assert_eq!((rest, ours.stderr.as_str()), ("from-our-folder|true", ""));
    let own = alone.stdout.split('|').next().unwrap_or_default();
    let names = |list: &str| {
        list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    };
    let (all, own): (Vec<String>, Vec<String>) = (names(files), names(own));
    assert_eq!(all.get(..own.len()), Some(&own[..]), "PHP's own are read as ever");
    assert_eq!(all.len(), own.len() + 1);
}

#[test]
fn php_without_an_agent() {
    let empty = tempfile::tempdir().expect("a folder");
    let code = "var_dump(getenv('PHP_INI_SCAN_DIR'), getenv('OTEL_PHP_AUTOLOAD_ENABLED')); exit(3);";
    let finished = run(empty.path(), &["php", "-r", code]);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("bool(false)\nbool(false)\n", ""));
    assert_eq!(finished.status.code(), Some(3));
}

const SERVER: &str = r#"
Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: (address) => console.error("port " + address.port + ".") }, () => {
  console.log("asked");
  return new Response("hello");
});
"#;

#[test]
fn deno_brings_its_own() {
    if std::env::consts::ARCH != "x86_64" || Path::new("/lib/ld-musl-x86_64.so.1").exists() {
        return skip("a machine that the package of Deno is made for");
    }
    let package = node_packages("deno", &["@deno/linux-x64-glibc@2.9.6"]);
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("server.ts");
    std::fs::write(&script, SERVER).expect("a file");
    let sink = Sink::start();
    let mut command =
        bare([OTEL_RUN, "--exporter_otlp_endpoint", &sink.url(), "--host_metrics", "off", "--"]);
    command.arg(package.join("node_modules/@deno/linux-x64-glibc/deno")).args([
        "run",
        "--no-check",
        "--allow-net",
    ]);
    let mut process = Process::start(command.arg(&script).env("DENO_DIR", folder.path()));
    let said = process.until_stderr(".\n");
    let port = said.split("port ").nth(1).and_then(|rest| rest.split('.').next()).expect("a port");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server");
    stream.write_all(b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").expect("a request");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert!(response.ends_with("hello"), "{response}");
    let spans = |seen: &crate::support::sink::Seen| {
        let mut names = Vec::new();
        for request in seen.requests.iter().filter(|request| request.accepted) {
            if let Decoded::Traces(request) = request.batch.decoded().expect("OTLP") {
                let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
                names
                    .extend(scopes.flat_map(|scope| &scope.spans).map(|span| (span.name.clone(), span.kind)));
            }
        }
        names
    };
    drop(sink.wait(|seen| spans(seen) == [("GET".to_owned(), 2)]));
    process.signal(Signal::SIGTERM);
    let finished = process.finish();
    assert_eq!(finished.stdout, "asked\n", "{finished:?}");
    assert!(std::os::unix::process::ExitStatusExt::signal(&finished.status) == Some(15), "{finished:?}");
}
