//! The service's name when nobody gave one: from the platform, or from the command.

use crate::environment::Environment;
use std::ffi::OsString;
use std::path::Path;

/// Variables that name what runs here: the Application Insights agents', then the platforms'.
const NAMED: [&str; 6] = [
    "APPLICATIONINSIGHTS_ROLE_NAME",
    "WEBSITE_SITE_NAME",
    "CONTAINER_APP_NAME",
    "AWS_LAMBDA_FUNCTION_NAME",
    "K_SERVICE",
    "HEROKU_APP_NAME",
];

/// Servers that take a module as `package.module:attribute`.
const SERVERS: [&str; 8] =
    ["uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve", "uwsgi", "mod_wsgi-express"];

/// Modules whose name says nothing; their package's does.
const PLAIN: [&str; 5] = ["main", "app", "asgi", "wsgi", "__main__"];

/// Programs that start the program behind them.
const WRAPPERS: [&str; 17] = [
    "uv",
    "poetry",
    "pipenv",
    "pdm",
    "rye",
    "hatch",
    "pyenv",
    "env",
    "nice",
    "ionice",
    "nohup",
    "setsid",
    "stdbuf",
    "exec",
    "tini",
    "dumb-init",
    "npx",
];

const PACKAGE_JSON: usize = 64 << 10;

/// A name, and why it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Derived {
    pub(super) name: String,
    pub(super) because: String,
}

/// Derives a name: platform, module of a server, `package.json`, jar, script, executable.
pub(super) fn derive(command: &[OsString], environment: &Environment, folder: &Path) -> Derived {
    for variable in NAMED {
        if let Some(name) = environment.setting(variable) {
            return Derived { name: name.to_owned(), because: format!("{variable} is set") };
        }
    }
    let words: Vec<String> = command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(name) = server_module(&words) {
        return Derived { name, because: "module of the server's command".to_owned() };
    }
    let words = unwrapped(&words);
    let Some((program, arguments)) = words.split_first() else {
        return Derived { name: "unknown_service".to_owned(), because: "there is no command".to_owned() };
    };
    let program = base(program);
    let found = match family(program) {
        Family::Python => python(arguments),
        Family::Node => node(program, arguments, folder),
        Family::Java => java(arguments),
        Family::Script => script(arguments),
        Family::Unknown => (stem(program) != program && ends_as_script(program))
            .then(|| (stem(program), "name of the script")),
    };
    match found {
        Some((name, because)) if !name.is_empty() => Derived { name, because: because.to_owned() },
        _ => {
            Derived { name: format!("unknown_service:{program}"), because: "name of the program".to_owned() }
        }
    }
}

fn ends_as_script(program: &str) -> bool {
    const ENDINGS: [&str; 10] = ["py", "js", "mjs", "cjs", "ts", "rb", "php", "sh", "pl", "bash"];
    program.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

enum Family {
    Python,
    Node,
    Java,
    /// An interpreter whose first plain argument is the script.
    Script,
    Unknown,
}

fn family(program: &str) -> Family {
    let letters = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match letters {
        "python" | "pypy" => Family::Python,
        "node" | "nodejs" | "npm" | "pnpm" | "yarn" | "tsx" | "ts-node" | "bun" => Family::Node,
        "java" => Family::Java,
        "ruby" | "php" | "perl" | "deno" | "sh" | "bash" | "dash" | "zsh" => Family::Script,
        _ => Family::Unknown,
    }
}

/// The words without `uv run`, `env A=B`, `nohup` and the like.
fn unwrapped(words: &[String]) -> &[String] {
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        if after.is_empty() || !WRAPPERS.contains(&base(first)) {
            break;
        }
        let skip =
            |word: &String| word.starts_with('-') || word.contains('=') || word == "run" || word == "exec";
        let next = after.iter().position(|word| !skip(word)).unwrap_or(after.len());
        match after.get(next..) {
            Some(left) if !left.is_empty() => rest = left,
            _ => break,
        }
    }
    rest
}

fn server_module(words: &[String]) -> Option<String> {
    let at = words.iter().position(|word| SERVERS.contains(&base(word)))?;
    let module = words.get(at + 1..)?.iter().find_map(|word| {
        let (module, attribute) = word.split_once(':')?;
        // A factory is called: `create()`.
        let attribute = attribute.split('(').next().unwrap_or_default();
        (is_path(attribute) && is_path(module)).then_some(module)
    })?;
    Some(meaningful(module))
}

/// Whether this is `name.name...`.
fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| {
            part.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
}

/// `shop.orders` is orders, `shop.main` is shop, `main` is main.
fn meaningful(module: &str) -> String {
    let mut parts = module.rsplit('.');
    let last = parts.next().unwrap_or_default();
    match parts.next() {
        Some(package) if PLAIN.contains(&last) => package.to_owned(),
        _ => last.to_owned(),
    }
}

fn python(arguments: &[String]) -> Option<(String, &'static str)> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-m" => return arguments.next().map(|module| (meaningful(module), "name of the module")),
            "-c" | "-" => return None,
            "-X" | "-W" | "--check-hash-based-pycs" => {
                arguments.next();
            }
            flag if flag.starts_with('-') => {}
            script => return Some((stem(script), "name of the script")),
        }
    }
    None
}

fn script(arguments: &[String]) -> Option<(String, &'static str)> {
    let script = arguments.iter().find(|argument| *argument != "run")?;
    (!script.starts_with('-')).then(|| (stem(script), "name of the script"))
}

fn java(arguments: &[String]) -> Option<(String, &'static str)> {
    let at = arguments.iter().position(|argument| argument == "-jar")?;
    let name = stem(arguments.get(at + 1)?);
    let version = name
        .match_indices('-')
        .find(|(dash, _)| name[dash + 1..].starts_with(|c: char| c.is_ascii_digit()))
        .map_or(name.len(), |(dash, _)| dash);
    Some((name[..version].to_owned(), "name of the jar"))
}

fn node(program: &str, arguments: &[String], folder: &Path) -> Option<(String, &'static str)> {
    let mut plain = arguments.iter();
    let mut script = None;
    while let Some(argument) = plain.next() {
        match argument.as_str() {
            "-r"
            | "--require"
            | "--import"
            | "--loader"
            | "--experimental-loader"
            | "-C"
            | "--conditions" => {
                plain.next();
            }
            "-e" | "--eval" | "-p" | "--print" => return None,
            flag if flag.starts_with('-') => {}
            word => {
                script = Some(word);
                break;
            }
        }
    }
    // What npm and its like are given is the name of a task, not a file.
    let script = script.filter(|_| !matches!(program, "npm" | "pnpm" | "yarn"));
    let start = script.map_or_else(|| folder.to_owned(), |script| folder.join(script));
    let package = start.ancestors().take(32).find_map(|folder| package_name(&folder.join("package.json")));
    match package {
        Some(name) => Some((name, "name in package.json")),
        None => script.map(|script| (stem(script), "name of the script")),
    }
}

fn package_name(file: &Path) -> Option<String> {
    use std::io::Read;
    // A named pipe of that name would block the start.
    if !std::fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    std::fs::File::open(file).ok()?.take(PACKAGE_JSON as u64).read_to_end(&mut text).ok()?;
    let package: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let name = package.get("name")?.as_str()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn base(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path)
}

/// Base name without its ending.
fn stem(path: &str) -> String {
    let base = base(path);
    base.rsplit_once('.').map_or(base, |(stem, _)| if stem.is_empty() { base } else { stem }).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(command: &str) -> String {
        let command: Vec<OsString> = command.split_whitespace().map(Into::into).collect();
        derive(&command, &Environment::default(), Path::new("/nowhere")).name
    }

    #[test]
    fn from_the_command() {
        for (command, expected) in [
            ("uvicorn main:app", "main"),
            ("uvicorn --host localhost --port 8000 shop.orders:app", "orders"),
            ("uvicorn shop.main:app --reload", "shop"),
            ("uvicorn --factory shop.web:create()", "web"),
            ("gunicorn -w 4 -b localhost:8000 -k uvicorn.workers.UvicornWorker main:app", "main"),
            ("gunicorn --bind unix:/tmp/x.sock config.wsgi:application", "config"),
            ("python -m uvicorn shop.api.main:app", "api"),
            ("uv run uvicorn main:app", "main"),
            ("uv run --with httpx gunicorn shop.app:app", "shop"),
            ("/srv/venv/bin/uvicorn main:app", "main"),
            ("python app.py --port 1", "app"),
            ("python3.12 -X dev -u /srv/worker.py", "worker"),
            ("python -m http.server", "server"),
            ("python -m shop.jobs", "jobs"),
            ("python -c pass", "unknown_service:python"),
            ("python", "unknown_service:python"),
            ("env A=1 python jobs/mailer.py", "mailer"),
            ("nohup ./run.sh", "run"),
            ("node --require ./x.js server.js", "server"),
            ("node -e 1", "unknown_service:node"),
            ("npm start", "unknown_service:npm"),
            ("java -Xmx1g -jar /srv/shop-service-1.2.3-SNAPSHOT.jar", "shop-service"),
            ("java -cp x Main", "unknown_service:java"),
            ("bash start.sh", "start"),
            ("ruby web.rb", "web"),
            ("sleep 30", "unknown_service:sleep"),
            ("/usr/bin/nginx", "unknown_service:nginx"),
            ("env", "unknown_service:env"),
            ("", "unknown_service"),
        ] {
            assert_eq!(name(command), expected, "{command}");
        }
    }

    #[test]
    fn platform_first() {
        let environment = [("K_SERVICE".into(), " orders ".into())].into_iter().collect();
        let derived = derive(&["uvicorn".into(), "main:app".into()], &environment, Path::new("/"));
        assert_eq!(derived, Derived { name: "orders".into(), because: "K_SERVICE is set".into() });
    }

    #[test]
    fn nearest_package_json() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("package.json"), r#"{"name": "@org/shop"}"#).unwrap();
        std::fs::write(folder.path().join("a/package.json"), "{").unwrap();
        let run = |command: &[&str], from: &str| {
            let command: Vec<OsString> = command.iter().map(Into::into).collect();
            derive(&command, &Environment::default(), &folder.path().join(from)).name
        };
        assert_eq!(run(&["node", "b/server.js"], "a"), "@org/shop");
        assert_eq!(run(&["npm", "start"], "a/b"), "@org/shop");
    }
}
