//! PHP: the official SDK in the application's `vendor` folder is switched on, and a folder of `.ini` files, which
//! loads the extension, is added to those that PHP reads.

use super::{Decision, Plan, agent_file, tools};
use crate::environment::Environment;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

const SCAN: &str = "PHP_INI_SCAN_DIR";
const AUTOLOAD: &str = "OTEL_PHP_AUTOLOAD_ENABLED";
const USUAL: [&str; 3] =
    ["/opt/opentelemetry/php", "/usr/lib/opentelemetry/php", "/otel-auto-instrumentation-php"];
/// The SDK, from the folder of an application.
const SDK: &str = "vendor/open-telemetry/sdk";
/// How far above the program's file its `vendor` may be: `public/index.php`, `bin/console`.
const ABOVE: usize = 3;

/// Prepares the target's environment, or says why not.
pub(super) fn inject(command: &[OsString], why: &str, plan: &mut Plan) {
    const ONLY: &str = "OTLP variables only";
    if let Some(root) = tools::other_root(command) {
        let reason = format!("{root} may start it where the extension is not");
        return plan.decisions.push(Decision::new("php", ONLY, reason));
    }
    let sdk = sdk(command);
    let folder = match ini_folder(command, &plan.environment) {
        Ok(folder) => folder,
        Err(reason) => {
            plan.decisions.push(Decision::new("php", "no extension is loaded", reason));
            None
        }
    };
    if sdk.is_none() && folder.is_none() {
        let reason = format!("neither {SDK} beside the program nor an extension was found");
        return plan.decisions.push(Decision::new("php", ONLY, reason));
    }
    if plan.environment.setting(AUTOLOAD).is_none() {
        plan.environment.set(AUTOLOAD, "true");
    }
    if let Some(sdk) = sdk {
        plan.decisions.push(Decision::new(
            "php",
            format!("{} is switched on ({AUTOLOAD})", sdk.display()),
            why,
        ));
    }
    if let Some(folder) = folder {
        plan.environment.set(SCAN, scanned(plan.environment.get(SCAN), &folder));
        plan.decisions.push(Decision::new(
            "php",
            format!("the settings in {} are read ({SCAN})", folder.display()),
            why,
        ));
    }
    if command.first().is_some_and(|program| program.to_string_lossy().contains("php-fpm")) {
        let what = "its workers get these variables only with clear_env = no in the pool's settings";
        plan.decisions.push(Decision::new("php", what, "php-fpm clears their environment"));
    }
}

/// The old folders and ours behind them. A colon in front stands for the folder that PHP was built with.
fn scanned(old: Option<&OsStr>, folder: &Path) -> OsString {
    let mut list = old.unwrap_or_default().to_owned();
    list.push(":");
    list.push(folder);
    list
}

/// A folder with settings for the extension.
fn ini_folder(command: &[OsString], environment: &Environment) -> Result<Option<PathBuf>, String> {
    let Some(file) = agent_file::find("php", &USUAL, environment, ini) else { return Ok(None) };
    let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    if folder.to_string_lossy().contains(':') {
        return Err(format!("{}: its path cannot be written in {SCAN}", folder.display()));
    }
    let name = command.first().and_then(|program| Path::new(program).file_name()).unwrap_or_default();
    agent_file::check(&file, name == "php").map_err(|reason| format!("{}: {reason}", file.display()))?;
    Ok(Some(folder))
}

/// The first `.ini` in `conf.d`.
fn ini(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder.join("conf.d")).ok()?.flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension() == Some(OsStr::new("ini"))).min()
}

/// The SDK beside the program's file, or in the current directory.
fn sdk(command: &[OsString]) -> Option<PathBuf> {
    let file = command.iter().map(Path::new).find(|word| word.extension() == Some(OsStr::new("php")));
    let file = file.and_then(|file| std::path::absolute(file).ok());
    let above = file.iter().flat_map(|file| file.ancestors().skip(1).take(ABOVE).map(Path::to_owned));
    let here = std::env::current_dir().ok();
    above.chain(here).map(|folder| folder.join(SDK)).find(|sdk| sdk.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plan for `command`, where `HERE` is an application with what `files` names.
    fn of(files: &[&str], command: &str, set: &[(&str, &str)]) -> (Plan, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), mode).expect("permissions");
        for file in files.iter().map(|file| folder.path().join(file)) {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, "").expect("a file");
        }
        let here = folder.path().display().to_string();
        let mut environment = Environment::default();
        environment.set("OTEL_RUN_HOME", folder.path());
        set.iter().for_each(|(name, value)| environment.set(*name, *value));
        let mut plan = Plan { environment, decisions: Vec::new(), warnings: Vec::new(), shims: Vec::new() };
        let command: Vec<OsString> = command.replace("HERE", &here).split(' ').map(OsString::from).collect();
        inject(&command, "why", &mut plan);
        let scan = plan.environment.setting(SCAN).unwrap_or_default().replace(&here, "HERE");
        (plan, scan)
    }

    const INI: &str = "overlay/php/conf.d/50-opentelemetry.ini";
    const IN_VENDOR: &str = "vendor/open-telemetry/sdk/composer.json";

    #[test]
    fn a_colon_keeps_the_folder_of_php_itself() {
        for (old, expected) in [
            ("", ":HERE/overlay/php/conf.d"),
            ("/a:/b", "/a:/b:HERE/overlay/php/conf.d"),
            ("/a:", "/a::HERE/overlay/php/conf.d"),
        ] {
            let (plan, scan) = of(&[INI], "php -S localhost:0", &[(SCAN, old)]);
            assert_eq!((scan.as_str(), plan.environment.setting(AUTOLOAD)), (expected, Some("true")));
        }
    }

    #[test]
    fn the_sdk_of_the_application() {
        for (command, on) in [
            ("php HERE/public/index.php", Some("true")),
            ("php HERE/a/b/c/index.php", None),
            ("php -S localhost:0 -t public", None),
        ] {
            let (plan, scan) = of(&[IN_VENDOR], command, &[]);
            assert_eq!((plan.environment.setting(AUTOLOAD), scan.as_str()), (on, ""), "{command}");
            assert_eq!(plan.warnings, [""; 0]);
        }
        let (plan, _) = of(&[IN_VENDOR], "php HERE/index.php", &[(AUTOLOAD, "false")]);
        assert_eq!(plan.environment.setting(AUTOLOAD), Some("false"), "the user has said no");
    }

    #[test]
    fn php_fpm_clears_the_environment_of_its_workers() {
        let (plan, _) = of(&[INI], "php-fpm8.3 -F", &[]);
        assert!(plan.decisions.iter().any(|decision| decision.what.contains("clear_env = no")));
    }
}
