//! Ruby: a file of ours that `RUBYOPT` has every Ruby require first, and that loads the official gem
//! `opentelemetry-auto-instrumentation` where that fits the interpreter.
//!
//! A Ruby that cannot require that file does not start, nor would one with a gem that is built for another: so the file is
//! where everybody can read it, and it survives whatever the gem does.

use super::unpack::{self, File, Readers};
use super::{Decision, Plan, agent_file, tools};
use crate::environment::Environment;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const FILES: &[File] =
    &[File { path: "otel_run.rb", content: include_bytes!("../../../shims/ruby/otel_run.rb") }];
const OPTIONS: &str = "RUBYOPT";
/// For our file: where the gems are.
const OURS: &str = "OTEL_RUN_RUBY";
/// For the gem: the same. Who sets it has prepared Ruby already.
const GEMS: &str = "OTEL_RUBY_ADDITIONAL_GEM_PATH";
const GEM: &str = "opentelemetry-auto-instrumentation";
/// Parts of what other agents are required by.
const AGENTS: [&str; 6] = ["ddtrace", "datadog", "newrelic", "elastic-apm", "skylight", GEM];
const USUAL: [&str; 3] =
    ["/opt/opentelemetry/ruby", "/usr/lib/opentelemetry/ruby", "/otel-auto-instrumentation-ruby"];

/// Prepares the target's environment, or says why not.
pub(super) fn inject(command: &[OsString], why: &str, plan: &mut Plan) {
    let gems = match choose(command, &plan.environment) {
        Ok(gems) => gems,
        Err(reason) => return plan.decisions.push(Decision::new("ruby", "OTLP variables only", reason)),
    };
    let file = match unpack::place("ruby", FILES, Readers::Everybody, &plan.environment) {
        Ok(folder) => folder.join("otel_run.rb"),
        Err(reasons) => return super::not_placed("ruby", "Ruby", reasons, plan),
    };
    // Ruby splits the variable at blanks, and knows no quotes.
    if file.to_string_lossy().contains(char::is_whitespace) {
        let reasons = format!("{}: a path with blanks cannot be written in {OPTIONS}", file.display());
        return super::not_placed("ruby", "Ruby", reasons, plan);
    }
    let mut options = OsString::from("-r");
    options.push(&file);
    if let Some(old) = plan.environment.get(OPTIONS).filter(|old| !old.is_empty()) {
        options.push(" ");
        options.push(old);
    }
    plan.environment.set(OPTIONS, options);
    plan.environment.set(OURS, &gems);
    plan.shims.extend(file.parent().map(Path::to_owned));
    let what = format!("{} requires {GEM} of {} ({OPTIONS})", file.display(), gems.display());
    plan.decisions.push(Decision::new("ruby", what, why));
}

/// The folder with the gems, or why nothing is loaded.
fn choose(command: &[OsString], environment: &Environment) -> Result<PathBuf, String> {
    if let Some(root) = tools::other_root(command) {
        return Err(format!("{root} may start it where the gem is not"));
    }
    if environment.setting(GEMS).is_some() {
        return Err(format!("{GEMS} is set: somebody has prepared Ruby already"));
    }
    let options = environment.get(OPTIONS).unwrap_or_default().to_string_lossy();
    if let Some(token) =
        options.split_ascii_whitespace().find(|token| AGENTS.iter().any(|agent| token.contains(agent)))
    {
        return Err(format!("{OPTIONS} has {token} already: Ruby is left to it"));
    }
    let own = environment.setting("GEM_HOME").map(PathBuf::from);
    let found = agent_file::find("ruby", &USUAL, environment, with_gem).or_else(|| with_gem(&own?));
    found.ok_or_else(|| format!("the gem {GEM} was not found (otel-run bootstrap -- COMMAND fetches it)"))
}

/// The folder, if the gem is in its `gems` or in those of one of the interpreters that have folders in it.
fn with_gem(folder: &Path) -> Option<PathBuf> {
    let folders = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let has_gem = |place: &Path| {
        folders(&place.join("gems")).any(|entry| {
            entry.file_name().to_string_lossy().strip_prefix(GEM).is_some_and(|rest| rest.starts_with('-'))
                && entry.path().join("lib").join(format!("{GEM}.rb")).is_file()
        })
    };
    (has_gem(folder) || folders(folder).any(|entry| has_gem(&entry.path()))).then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variables that come out, with `HERE` for a folder with the gem, or the reason.
    fn of(command: &str, set: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), mode).expect("permissions");
        let lib = folder.path().join(format!("overlay/ruby/ruby-3.3.0-x/gems/{GEM}-0.9.0/lib"));
        std::fs::create_dir_all(&lib).expect("a folder");
        std::fs::write(lib.join(format!("{GEM}.rb")), "").expect("a file");
        let here = folder.path().display().to_string();
        let mut environment = Environment::default();
        environment.set("OTEL_RUN_HOME", folder.path());
        set.iter().for_each(|(name, value)| environment.set(*name, *value));
        let mut plan = Plan { environment, decisions: Vec::new(), warnings: Vec::new(), shims: Vec::new() };
        let command: Vec<OsString> = command.split(' ').map(OsString::from).collect();
        inject(&command, "why", &mut plan);
        let Some(gems) = plan.environment.setting(OURS) else { return plan.decisions[0].why.clone() };
        let options = plan.environment.setting(OPTIONS).expect("both or none");
        let (file, rest) = options.split_once("otel_run.rb").expect("our file");
        assert!(file.starts_with(&format!("-r{here}/shims/")), "{file}");
        format!("OURS{rest} {}", gems.replace(&here, "HERE"))
    }

    #[test]
    fn ours_comes_first_and_the_rest_stays() {
        assert_eq!(of("puma", &[]), "OURS HERE/overlay/ruby");
        assert_eq!(of("ruby a.rb", &[(OPTIONS, "-W0  -rlogger")]), "OURS -W0  -rlogger HERE/overlay/ruby");
    }

    #[test]
    fn reasons_to_leave_it_alone() {
        for (command, set, expected) in [
            (
                "puma",
                (OPTIONS, "-W0 -rddtrace/auto_instrument"),
                "RUBYOPT has -rddtrace/auto_instrument already: Ruby is left to it",
            ),
            (
                "puma",
                (OPTIONS, "-r opentelemetry-auto-instrumentation"),
                "RUBYOPT has opentelemetry-auto-instrumentation already: Ruby is left to it",
            ),
            (
                "puma",
                (GEMS, "/gems"),
                "OTEL_RUBY_ADDITIONAL_GEM_PATH is set: somebody has prepared Ruby already",
            ),
            ("chroot /srv puma", ("A", "b"), "chroot may start it where the gem is not"),
            (
                "puma",
                ("OTEL_RUN_HOME", "/absent"),
                "the gem opentelemetry-auto-instrumentation was not found (otel-run bootstrap -- COMMAND fetches it)",
            ),
        ] {
            assert_eq!(of(command, &[set]), expected);
        }
    }
}
