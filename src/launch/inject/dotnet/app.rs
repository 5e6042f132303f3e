//! What a .NET program says about itself in the files beside it.

use crate::environment::Environment;
use crate::launch::search;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How much of a file is read: the longest lists of dependencies are some hundred kilobytes.
const MOST: u64 = 4 << 20;
/// Where the name of the dynamic loader stands in a program.
const HEAD: u64 = 4096;

/// `dotnet run` and `dotnet watch` build first.
pub(super) fn is_run(command: &[OsString]) -> bool {
    let dotnet = command.iter().position(|word| Path::new(word).file_name() == Some(OsStr::new("dotnet")));
    dotnet.and_then(|at| command.get(at + 1)).is_some_and(|word| word == "run" || word == "watch")
}

/// Major version of the runtime that the program asks for, if it says so.
pub(crate) fn runtime(command: &[OsString], environment: &Environment) -> Option<u32> {
    let text = read(&beside(command, "runtimeconfig.json", environment)?)?;
    let config: Value = serde_json::from_str(&text).ok()?;
    let options = config.get("runtimeOptions")?;
    let one = options.get("framework").into_iter();
    let many = ["frameworks", "includedFrameworks"]
        .iter()
        .filter_map(|list| options.get(*list)?.as_array())
        .flatten();
    let versions = one.chain(many).filter_map(|framework| framework.get("version")?.as_str());
    let majors = versions.filter_map(|version| version.split('.').next()?.parse().ok());
    // The runtime itself and what stands on it have the same.
    majors.min()
}

/// The list of dependencies, if OpenTelemetry is among them.
pub(super) fn with_opentelemetry(command: &[OsString], environment: &Environment) -> Option<PathBuf> {
    let file = beside(command, "deps.json", environment)?;
    read(&file).is_some_and(|text| text.contains("\"OpenTelemetry")).then_some(file)
}

/// Whether a program is the host that .NET makes for a library: both have one name.
pub(in super::super) fn is_host(program: &Path) -> bool {
    with_ending(program, "runtimeconfig.json").is_file() && with_ending(program, "dll").is_file()
}

/// Of two C libraries, the one that the host is linked to.
pub(super) fn is_musl(command: &[OsString], environment: &Environment) -> bool {
    let host = command.first().and_then(|program| search::find(program, environment));
    let mut head = Vec::new();
    let file = host.and_then(|host| std::fs::File::open(host).ok());
    file.is_some_and(|file| file.take(HEAD).read_to_end(&mut head).is_ok())
        && head.windows(8).any(|part| part == b"/ld-musl")
}

/// `shop.runtimeconfig.json` of `dotnet shop.dll` or `./shop`.
fn beside(command: &[OsString], ending: &str, environment: &Environment) -> Option<PathBuf> {
    let library = command.iter().map(Path::new).find(|word| word.extension() == Some(OsStr::new("dll")));
    let program = match library {
        Some(library) => library.with_extension(""),
        None => search::find(command.first()?, environment)?,
    };
    Some(with_ending(&program, ending)).filter(|file| file.is_file())
}

fn with_ending(program: &Path, ending: &str) -> PathBuf {
    let mut name = program.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn read(file: &Path) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(file).ok()?.take(MOST).read_to_string(&mut text).ok()?;
    Some(text)
}
