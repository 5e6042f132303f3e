//! .NET: the official automatic instrumentation, by a startup hook and, where there is room for it, a profiler.

mod app;

pub(super) use app::is_host;
pub(crate) use app::runtime;

use super::{Decision, Plan, agent_file, tools};
use crate::environment::Environment;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

const HOME: &str = "OTEL_DOTNET_AUTO_HOME";
const HOOKS: &str = "DOTNET_STARTUP_HOOKS";
const HOOK: &str = "net/OpenTelemetry.AutoInstrumentation.StartupHook.dll";
const LIBRARY: &str = "OpenTelemetry.AutoInstrumentation.Native.so";
const CLSID: &str = "{918728DD-259F-4A6A-AC2B-B85E1B658318}";
const EXCLUDED: &str = "OTEL_DOTNET_AUTO_EXCLUDE_PROCESSES";
/// The oldest runtime that the current release supports.
pub(crate) const OLDEST: u32 = 8;
/// Profilers that trace: beside one of them, a second tracer is too much.
const TRACING: [(&str, &str); 3] = [
    ("{846F5F1C-F9AE-4B07-969E-05C26BC060D8}", "Datadog"),
    ("{36032161-FFC0-4B61-B559-F6C5D41BAE5A}", "New Relic"),
    ("{FA65FE15-F085-4681-9B20-95E04F6C03CC}", "Elastic APM"),
];
const USUAL: [&str; 4] = [
    "/opt/opentelemetry/dotnet",
    "/usr/lib/opentelemetry/dotnet",
    "/usr/lib/opentelemetry/dotnet/glibc",
    "/otel-auto-instrumentation-dotnet",
];

/// Prepares the target's environment, or says why not.
pub(super) fn inject(command: &[OsString], why: &str, plan: &mut Plan) {
    let home = match choose(command, &plan.environment) {
        Ok(home) => home,
        Err(reason) => return plan.decisions.push(Decision::new("dotnet", "OTLP variables only", reason)),
    };
    let environment = &mut plan.environment;
    let profiler = profiler(&home, command, environment);
    if let Some(library) = &profiler {
        environment.set("CORECLR_ENABLE_PROFILING", "1");
        environment.set("CORECLR_PROFILER", CLSID);
        environment.set("CORECLR_PROFILER_PATH", library);
    }
    append(HOOKS, &home.join(HOOK), environment);
    for (variable, folder) in [("DOTNET_ADDITIONAL_DEPS", "AdditionalDeps"), ("DOTNET_SHARED_STORE", "store")]
    {
        if home.join(folder).is_dir() {
            append(variable, &home.join(folder), environment);
        }
    }
    environment.set(HOME, &home);
    if app::is_run(command) && environment.setting(EXCLUDED).is_none() {
        // The command line builds first, with compilers that stay; the program has a name of its own.
        environment.set(EXCLUDED, "dotnet,dotnet.exe");
    }
    let with = if profiler.is_some() { "startup hook and profiler" } else { "startup hook alone" };
    plan.decisions.push(Decision::new("dotnet", format!("{with} of {}", home.display()), why));
}

/// The folder of the automatic instrumentation, or why nothing is loaded.
fn choose(command: &[OsString], environment: &Environment) -> Result<PathBuf, String> {
    if let Some(root) = tools::other_root(command) {
        return Err(format!("{root} may start it where the instrumentation is not"));
    }
    let hooks = environment.get(HOOKS).unwrap_or_default().to_string_lossy();
    if hooks.contains("OpenTelemetry.AutoInstrumentation") {
        return Err(format!("{HOOKS} loads OpenTelemetry already"));
    }
    let other = environment.setting("CORECLR_PROFILER").filter(|_| profiles(environment));
    if let Some((_, agent)) =
        TRACING.iter().find(|(id, _)| other.is_some_and(|other| other.eq_ignore_ascii_case(id)))
    {
        return Err(format!("CORECLR_PROFILER is {agent}'s: .NET is left to it"));
    }
    if let Some(old) = app::runtime(command, environment).filter(|version| *version < OLDEST) {
        return Err(format!("the program runs on .NET {old}, and the instrumentation needs {OLDEST}"));
    }
    if let Some(file) = app::with_opentelemetry(command, environment) {
        return Err(format!("{} has OpenTelemetry: the program brings its own", file.display()));
    }
    let named = environment.setting(HOME).map(PathBuf::from);
    let fits = |place: &Path| place.join(HOOK).is_file().then(|| place.to_owned());
    let own = environment.setting("HOME").map(|home| Path::new(home).join(".otel-dotnet-auto"));
    let home = match named {
        Some(named) => Some(named),
        None => agent_file::find("dotnet", &USUAL, environment, fits).or_else(|| fits(&own?)),
    };
    let home =
        home.ok_or("no automatic instrumentation was found (OTEL_DOTNET_AUTO_HOME names its folder)")?;
    if home.to_string_lossy().contains(':') || !home.is_absolute() {
        return Err(format!("{}: its path cannot be written in {HOOKS}", home.display()));
    }
    let direct =
        command.first().is_some_and(|program| Path::new(program).file_name() == Some(OsStr::new("dotnet")));
    agent_file::check(&home.join(HOOK), direct)
        .map_err(|reason| format!("{}: {reason}", home.join(HOOK).display()))?;
    Ok(home)
}

fn profiles(environment: &Environment) -> bool {
    environment.setting("CORECLR_ENABLE_PROFILING") == Some("1")
}

/// The profiler's library, unless the one place for a profiler is taken. A library that is missing is no
/// harm: the runtime goes on without.
fn profiler(home: &Path, command: &[OsString], environment: &Environment) -> Option<PathBuf> {
    let taken = environment.setting("CORECLR_PROFILER").is_some_and(|id| !id.eq_ignore_ascii_case(CLSID));
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    let libc = if app::is_musl(command, environment) { "linux-musl" } else { "linux" };
    let library = home.join(format!("{libc}-{machine}")).join(LIBRARY);
    (!taken && library.is_file()).then_some(library)
}

/// Lists of paths; what is there stays in front.
fn append(variable: &str, path: &Path, environment: &mut Environment) {
    let mut list = environment.get(variable).unwrap_or_default().to_owned();
    if !list.is_empty() {
        list.push(":");
    }
    list.push(path);
    environment.set(variable, list);
}

#[cfg(test)]
mod tests;
