//! Node.js: a file that `NODE_OPTIONS` has every Node load first.
//!
//! A Node that cannot read that file does not start. So everybody who may become the target
//! must be able to, and on any doubt nothing is injected.

use super::found::Found;
use super::unpack::{self, File, Readers};
use super::{Decision, Plan, together};
use crate::overlay;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::LazyLock;

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File { path: $path, content: include_bytes!(concat!("../../../shims/node/", $path)) }),*]
    };
}

const FILES: &[File] = files![
    "otel-run.cjs",
    "together.cjs",
    "lib/api/api.cjs",
    "lib/api/baggage.cjs",
    "lib/api/context.cjs",
    "lib/api/imports.cjs",
    "lib/api/imports.mjs",
    "lib/api/instruments.cjs",
    "lib/api/logger.cjs",
    "lib/api/meter.cjs",
    "lib/api/propagator.cjs",
    "lib/api/reader.cjs",
    "lib/api/span.cjs",
    "lib/api/time.cjs",
    "lib/api/tracer.cjs",
    "lib/begin.cjs",
    "lib/bunyan.cjs",
    "lib/clock.cjs",
    "lib/connection.cjs",
    "lib/console.cjs",
    "lib/context.cjs",
    "lib/database.cjs",
    "lib/ending.cjs",
    "lib/exceptions.cjs",
    "lib/express.cjs",
    "lib/fastify.cjs",
    "lib/http-client.cjs",
    "lib/http-server.cjs",
    "lib/http2-server.cjs",
    "lib/identity.cjs",
    "lib/ids.cjs",
    "lib/ioredis.cjs",
    "lib/koa.cjs",
    "lib/last.cjs",
    "lib/late.cjs",
    "lib/logs.cjs",
    "lib/main.cjs",
    "lib/modules.cjs",
    "lib/mongodb.cjs",
    "lib/mysql2.cjs",
    "lib/nest.cjs",
    "lib/notice.cjs",
    "lib/official.cjs",
    "lib/pg.cjs",
    "lib/pino.cjs",
    "lib/propagation.cjs",
    "lib/queue.cjs",
    "lib/readable.cjs",
    "lib/redis.cjs",
    "lib/rival.cjs",
    "lib/role.cjs",
    "lib/routes.cjs",
    "lib/sampler.cjs",
    "lib/sender.cjs",
    "lib/settings.cjs",
    "lib/span.cjs",
    "lib/start.cjs",
    "lib/undici.cjs",
    "lib/value.cjs",
    "lib/winston.cjs",
    "lib/wire.cjs",
];

/// As they are unpacked.
static TOGETHER: LazyLock<String> = LazyLock::new(|| together::text(FILES));

const OPTIONS: &str = "NODE_OPTIONS";
/// Packages that instrument the program when they are named there or on the command line.
const AGENTS: [&str; 9] = [
    "@azure/monitor-opentelemetry",
    "@opentelemetry/auto-instrumentations-node",
    "@splunk/otel",
    "applicationinsights",
    "appdynamics",
    "dd-trace",
    "elastic-apm-node",
    "instana",
    "newrelic",
];
/// Options of Node's permission model, under which it may not read our file, and would not start.
const PERMISSION: [&str; 2] = ["--permission", "--experimental-permission"];

/// Prepares the target's environment, or says why not.
pub(super) fn inject(found: &Found, command: &[OsString], why: &str, plan: &mut Plan) {
    let old = plan.environment.get(OPTIONS).map(OsStr::to_owned).unwrap_or_default();
    if let Err((what, reason)) = may(&old, command) {
        // Nobody knows whether a Node is among what an unknown program starts.
        if found.language().is_some() {
            plan.warnings.push(format!("Node.js is {what}: {reason}"));
        }
        plan.decisions.push(Decision::new("node", what, reason));
        return;
    }
    let files = together::files(FILES, &TOGETHER);
    let placed = unpack::place_or_installed("node", &files, FILES, Readers::Everybody, &plan.environment)
        .and_then(|directory| Ok((file_in(&directory)?, directory)));
    let (file, directory) = match placed {
        Ok(placed) => placed,
        Err(reasons) => return super::not_placed("node", "Node.js", reasons, plan),
    };
    plan.environment.set(OPTIONS, in_front(&file, &old));
    plan.shims.push(directory);
    let overlay = overlay::usable(&plan.environment).map(|root| root.join("node"));
    let brought = overlay.filter(|folder| folder.is_dir()).map(|folder| {
        format!(", with the official packages of {} where the program has none", folder.display())
    });
    let what = format!("{file} is loaded first (NODE_OPTIONS){}", brought.unwrap_or_default());
    plan.decisions.push(Decision::new("node", what, why));
}

/// What is to be said if this target is better left alone, and why.
fn may(old: &OsStr, command: &[OsString]) -> Result<(), (&'static str, String)> {
    let options = old.to_string_lossy();
    let words = || command.iter().map(|word| word.to_string_lossy());
    // What follows the program's own name may be anything; of interest is what Node would load.
    let of_node = words().skip(1).take(16);
    for (place, text) in std::iter::once(("NODE_OPTIONS", options.clone()))
        .chain(of_node.map(|word| ("the command line", word)))
    {
        if let Some(agent) = AGENTS.iter().find(|agent| loads(&text, agent)) {
            return Err(("left alone", format!("{agent} is loaded by {place}")));
        }
        let mut tokens = text.split([' ', '=']);
        if let Some(option) = tokens.find(|token| PERMISSION.contains(token)) {
            return Err(("not instrumented", format!("{option} on {place} could keep it from starting")));
        }
    }
    if let Some(root) = super::tools::other_root(command) {
        return Err(("not instrumented", format!("{root} may start it where our files are not")));
    }
    Ok(())
}

/// Whether a part of the text is this package, or a path into it.
fn loads(text: &str, package: &str) -> bool {
    text.split([' ', '=', '"', '\'']).any(|token| {
        let from = token.rsplit_once("node_modules/").map_or(token, |(_, rest)| rest);
        from.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The file in our directory, if NODE_OPTIONS can name it.
fn file_in(directory: &Path) -> Result<String, String> {
    let file = directory.join("otel-run.cjs");
    match file.to_str() {
        Some(name) if !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => Err(format!("{}: its path cannot be written in NODE_OPTIONS", file.display())),
    }
}

/// The options with ours first, where it may be already; the rest byte for byte. Quotes are
/// unknown to Node before 12, so they are used only where they are needed.
fn in_front(file: &str, old: &OsStr) -> OsString {
    let ours = if file.contains([' ', '"', '\\', '\'']) {
        format!("--require \"{}\"", file.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("--require {file}")
    };
    let there = old.to_string_lossy();
    if there == ours || there.starts_with(&format!("{ours} ")) {
        return old.to_owned();
    }
    let mut options = OsString::from(ours);
    if !old.is_empty() {
        options.push(" ");
        options.push(old);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_options_stays_byte_for_byte() {
        for (file, old, expected) in [
            ("/s/a.cjs", "", "--require /s/a.cjs"),
            ("/s/a.cjs", "-r x  --inspect", "--require /s/a.cjs -r x  --inspect"),
            ("/s/a.cjs", "--require /s/a.cjs", "--require /s/a.cjs"),
            ("/s/a.cjs", "--require /s/a.cjs -r x", "--require /s/a.cjs -r x"),
            ("/s/a.cjs", "--require /s/a.cjs2", "--require /s/a.cjs --require /s/a.cjs2"),
            ("/a b/\"c\\d.cjs", "-r x", r#"--require "/a b/\"c\\d.cjs" -r x"#),
        ] {
            assert_eq!(in_front(file, OsStr::new(old)), expected, "{file} {old}");
        }
    }

    #[test]
    fn who_is_left_alone() {
        for (options, command, reason) in [
            ("", "node app.js", None),
            ("--max-old-space-size=99 -r ./dd-tracer.js", "node app.js newrelic-report", None),
            ("-r dd-trace/init", "node app.js", Some("dd-trace is loaded by NODE_OPTIONS")),
            ("--require=\"newrelic\"", "npm start", Some("newrelic is loaded by NODE_OPTIONS")),
            (
                "",
                "node -r /srv/node_modules/elastic-apm-node/start.js app.js",
                Some("elastic-apm-node is loaded by the command line"),
            ),
            (
                "",
                "node --permission --allow-fs-read=* app.js",
                Some("--permission on the command line could keep it from starting"),
            ),
            ("", "chroot /srv node app.js", Some("chroot may start it where our files are not")),
        ] {
            let command: Vec<OsString> = command.split(' ').map(OsString::from).collect();
            let found = may(OsStr::new(options), &command).err().map(|(_, reason)| reason);
            assert_eq!(found.as_deref(), reason, "{options} {command:?}");
        }
    }

    #[test]
    fn every_file_of_the_shim_is_embedded() -> std::io::Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims/node");
        let mut there = Vec::new();
        for folder in ["", "lib/", "lib/api/"] {
            for entry in std::fs::read_dir(root.join(folder))? {
                let name = format!("{folder}{}", entry?.file_name().to_string_lossy());
                if name.ends_with("js") {
                    there.push(name);
                }
            }
        }
        there.sort();
        let mut embedded: Vec<_> = FILES.iter().map(|file| file.path.to_owned()).collect();
        embedded.sort();
        assert_eq!(there, embedded);
        Ok(())
    }
}
