//! Database servers of the machine's own packages, each started for one test in a folder of its own.

use super::process::{Process, bare, eventually};
use super::skip;
use nix::unistd::Uid;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server that runs until it is dropped.
pub(crate) struct DatabaseServer {
    _process: Process,
    _folder: tempfile::TempDir,
    pub(crate) port: u16,
}

/// PostgreSQL with a user `app` who needs no password; `None`, and a word about it, if it is not installed.
pub(crate) fn postgresql() -> Option<DatabaseServer> {
    let (initdb, postgres) = (program("initdb"), program("postgres"));
    let (Some(initdb), Some(postgres)) = (initdb, postgres) else {
        skip("the programs initdb and postgres");
        return None;
    };
    let (folder, port) = (folder(), free_port());
    let data = folder.path().join("data");
    let mut create = unprivileged(&initdb);
    create.args(["--auth=trust", "--username=app", "--no-sync", "-D"]).arg(&data);
    succeed(&mut create);
    let mut run = unprivileged(&postgres);
    run.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-p", &port.to_string()]);
    run.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
    Some(started(&mut run, folder, port, |output| output.contains("ready to accept connections")))
}

/// MariaDB with a user `root` who needs no password.
pub(crate) fn mariadb() -> Option<DatabaseServer> {
    let (install, server) = (program("mariadb-install-db"), program("mariadbd"));
    let (Some(install), Some(server)) = (install, server) else {
        skip("the programs mariadb-install-db and mariadbd");
        return None;
    };
    let (folder, port) = (folder(), free_port());
    let data = format!("--datadir={}", folder.path().join("data").display());
    let mut create = unprivileged(&install);
    create.args(["--no-defaults", "--auth-root-authentication-method=normal", &data]);
    succeed(&mut create);
    let mut run = unprivileged(&server);
    run.args(["--no-defaults", "--bind-address=127.0.0.1", &data, &format!("--port={port}")]);
    run.arg(format!("--socket={}", folder.path().join("socket").display()));
    run.arg(format!("--pid-file={}", folder.path().join("pid").display()));
    Some(started(&mut run, folder, port, |output| output.contains("ready for connections")))
}

/// Redis.
pub(crate) fn redis() -> Option<DatabaseServer> {
    let Some(server) = program("redis-server") else {
        skip("the program redis-server");
        return None;
    };
    let (folder, port) = (folder(), free_port());
    let mut run = unprivileged(&server);
    run.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    Some(started(&mut run, folder, port, |_| true))
}

fn started(
    run: &mut Command,
    folder: tempfile::TempDir,
    port: u16,
    ready: impl Fn(&str) -> bool,
) -> DatabaseServer {
    let mut process = Process::start(run.current_dir(folder.path()));
    eventually("a database server that answers", || {
        (ready(&process.so_far()) && TcpStream::connect(("127.0.0.1", port)).is_ok()).then_some(())
    });
    DatabaseServer { _process: process, _folder: folder, port }
}

/// Where a program is: Debian keeps some where no path looks.
fn program(name: &str) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A folder that the server's user may use, wherever the repository lies.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix("db").tempdir_in("/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).expect("its mode");
    folder
}

/// Database servers refuse to run as root.
fn unprivileged(program: &Path) -> Command {
    let mut command = if Uid::effective().is_root() {
        let mut command = bare(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.arg(program);
        command
    } else {
        bare([program])
    };
    command.env("HOME", "/tmp").current_dir("/tmp");
    command
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port()
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("a program that runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
