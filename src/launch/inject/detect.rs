//! What is this command? A guess from names and the file's first bytes; no program is started.
//!
//! The guess decides only what is prepared. In a Python process the shim looks again, and
//! elsewhere the variables mean nothing.

use super::tools;
use crate::environment::Environment;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Languages that have, or will have, an injection of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Node,
    Java,
    DotNet,
    Ruby,
    Php,
}

impl Language {
    pub(super) fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Node => "node",
            Language::Java => "java",
            Language::DotNet => "dotnet",
            Language::Ruby => "ruby",
            Language::Php => "php",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a language that we know.
    Program(Language),
    /// Anything else, such as a shell, a wrapper or a compiled server.
    Unknown,
    /// Not a server: started as without us.
    Tool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) why: String,
    /// Options of the interpreter with which Python ignores its environment or its site.
    pub(super) closed: Option<String>,
}

impl Found {
    fn new(kind: Kind, why: impl Into<String>) -> Self {
        Found { kind, why: why.into(), closed: None }
    }

    pub(super) fn language(&self) -> Option<Language> {
        match self.kind {
            Kind::Program(language) => Some(language),
            Kind::Unknown | Kind::Tool => None,
        }
    }
}

const PYTHON: &[&str] = &[
    "celery",
    "daphne",
    "django-admin",
    "fastapi",
    "flask",
    "granian",
    "gunicorn",
    "hypercorn",
    "ipython",
    "manage.py",
    "uvicorn",
    "uwsgi",
    "waitress-serve",
];
const NODE: &[&str] = &["nest", "next", "node", "nodejs", "npm", "npx", "pm2", "pnpm", "tsx", "yarn"];
const JAVA: &[&str] = &["catalina.sh", "gradle", "gradlew", "java", "mvn", "mvnw"];
const RUBY: &[&str] = &["bundle", "puma", "rackup", "rails", "ruby", "unicorn"];

/// How much of a file is read.
const HEAD: u64 = 1024;

pub(super) fn detect(command: &[OsString], environment: &Environment) -> Found {
    let Some((program, arguments)) = command.split_first() else {
        return Found::new(Kind::Unknown, "no command");
    };
    let name = base_name(program);
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    if tools::is_tool(&name, words.iter().copied()) {
        return Found::new(Kind::Tool, format!("{name} is a tool, not a server"));
    }
    if let Some(language) = by_name(&name) {
        let mut found = Found::new(Kind::Program(language), format!("the command is {name}"));
        if language == Language::Python && is_interpreter(&name) {
            let python = python_options(&words);
            if let Some(module) = python.module.filter(|module| tools::is_tool(module, [].into_iter())) {
                return Found::new(Kind::Tool, format!("{module} is a tool, not a server"));
            }
            found.closed = python.closed;
        } else if language == Language::Python {
            // A console script: its first line may close the interpreter.
            found.closed =
                lookup(program, environment).and_then(|file| by_file(&file)).and_then(|f| f.closed);
        }
        return found;
    }
    if let Some(file) = lookup(program, environment) {
        // `current -> /opt/app/bin/python3.12`
        if let Ok(real) = std::fs::canonicalize(&file)
            && let Some(language) = by_name(&base_name(real.as_os_str()))
        {
            return Found::new(Kind::Program(language), format!("{name} is a link to {}", real.display()));
        }
        if let Some(found) = by_file(&file) {
            return found;
        }
    }
    if let Some((language, word)) = words.iter().find_map(|word| Some((by_extension(word)?, word))) {
        return Found::new(Kind::Program(language), format!("the argument {word}"));
    }
    Found::new(Kind::Unknown, format!("{name} is of no language that we know by its name or first bytes"))
}

fn base_name(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}

fn by_name(name: &str) -> Option<Language> {
    if is_interpreter(name) || PYTHON.contains(&name) {
        Some(Language::Python)
    } else if NODE.contains(&name) {
        Some(Language::Node)
    } else if JAVA.contains(&name) {
        Some(Language::Java)
    } else if name == "dotnet" {
        Some(Language::DotNet)
    } else if RUBY.contains(&name) || is_versioned(name, "ruby") {
        Some(Language::Ruby)
    } else if is_versioned(name, "php") || name.starts_with("php-fpm") {
        Some(Language::Php)
    } else {
        None
    }
}

/// `python`, `python3`, `python3.13t`, `pypy3.10`.
fn is_interpreter(name: &str) -> bool {
    is_versioned(
        name.strip_suffix('t').filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit())).unwrap_or(name),
        "python",
    ) || is_versioned(name, "pypy")
}

fn is_versioned(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

fn by_extension(word: &str) -> Option<Language> {
    if word.starts_with('-') {
        return None;
    }
    match Path::new(word).extension()?.to_str()? {
        "py" | "pyz" => Some(Language::Python),
        "js" | "mjs" | "cjs" | "ts" => Some(Language::Node),
        "jar" | "war" => Some(Language::Java),
        "dll" => Some(Language::DotNet),
        "rb" | "ru" => Some(Language::Ruby),
        "php" => Some(Language::Php),
        _ => None,
    }
}

/// Where `execvp` will find the program.
fn lookup(program: &OsStr, environment: &Environment) -> Option<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(program));
    }
    let path = environment.get("PATH")?;
    std::env::split_paths(path).map(|directory| directory.join(program)).find(|file| {
        std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    })
}

/// By the interpreter that the first line names.
fn by_file(file: &Path) -> Option<Found> {
    if !std::fs::metadata(file).ok()?.is_file() {
        return None; // opening a pipe would wait for its other end
    }
    let mut head = Vec::new();
    std::fs::File::open(file).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let line = head.strip_prefix(b"#!")?;
    let (first, rest) = split_line(line);
    let mut words = text(first).split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter();
    let mut interpreter = base_name(OsStr::new(&words.next()?));
    if interpreter == "env" {
        // `env -S python -u`, `env NAME=value python`
        interpreter =
            base_name(OsStr::new(&words.find(|word| !word.starts_with('-') && !word.contains('='))?));
    }
    let mut options: Vec<String> = words.collect();
    if interpreter == "sh"
        && let Some(exec) = split_line(rest).0.strip_prefix(b"'''exec' ")
    {
        // What pip writes when the interpreter's path is too long for a first line.
        let mut quoted = text(exec)
            .split_whitespace()
            .map(|word| word.trim_matches('"').to_owned())
            .collect::<Vec<_>>()
            .into_iter();
        interpreter = base_name(OsStr::new(&quoted.next()?));
        options = quoted.take_while(|word| word.starts_with('-')).collect();
    }
    let language = by_name(&interpreter)?;
    let why = format!("{} is run by {interpreter}", file.display());
    let mut found = Found::new(Kind::Program(language), why);
    if language == Language::Python {
        let options: Vec<_> = options.iter().map(String::as_str).collect();
        found.closed = python_options(&options).closed;
    }
    Some(found)
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default()),
        None => (bytes, &[]),
    }
}

fn text(bytes: &[u8]) -> String {
    OsString::from_vec(bytes.to_vec()).to_string_lossy().into_owned()
}

#[derive(Default)]
struct PythonOptions<'a> {
    module: Option<&'a str>,
    closed: Option<String>,
}

/// The interpreter's options, up to the program that it runs.
fn python_options<'a>(words: &[&'a str]) -> PythonOptions<'a> {
    let mut found = PythonOptions::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else { break };
        if let Some(long) = letters.strip_prefix('-') {
            if long == "check-hash-based-pycs" {
                words.next();
            }
            continue;
        }
        for (at, letter) in letters.char_indices() {
            match letter {
                'I' | 'E' | 'S' => found.closed.get_or_insert_default().push(letter),
                'W' | 'X' | 'c' | 'm' => {
                    let rest = letters.get(at + 1..).filter(|rest| !rest.is_empty());
                    let value = rest.or_else(|| words.next().copied());
                    if letter == 'm' {
                        found.module = value;
                    }
                    if letter == 'm' || letter == 'c' {
                        return found;
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Found {
        let command: Vec<OsString> = words.iter().map(OsString::from).collect();
        detect(&command, &Environment::default())
    }

    #[test]
    fn by_the_name_of_the_command() {
        for (command, language) in [
            ("uvicorn main:app", Some(Language::Python)),
            ("/opt/venv/bin/python3.13t -u app.py", Some(Language::Python)),
            ("pypy3 app.py", Some(Language::Python)),
            ("node server.js", Some(Language::Node)),
            ("java -jar shop.jar", Some(Language::Java)),
            ("dotnet shop.dll", Some(Language::DotNet)),
            ("puma", Some(Language::Ruby)),
            ("php8.3 -S localhost:80", Some(Language::Php)),
            ("timeout 5 ./serve.py", Some(Language::Python)),
            ("sleep 30", None),
            ("sh start.sh", None),
            ("pythonista", None),
            ("--weird", None),
        ] {
            let words: Vec<_> = command.split(' ').collect();
            assert_eq!(of(&words).language(), language, "{command}");
        }
    }

    #[test]
    fn tools_are_tools_however_they_are_run() {
        for command in [
            "pip install x",
            "/usr/bin/pip3 list",
            "python3 -m pip install x",
            "python -Bm venv x",
            "poetry lock",
        ] {
            let words: Vec<_> = command.split(' ').collect();
            assert_eq!(of(&words).kind, Kind::Tool, "{command}");
        }
        assert_eq!(of(&["python", "-m", "uvicorn", "pip"]).kind, Kind::Program(Language::Python));
        assert_eq!(of(&["python", "-c", "import pip"]).kind, Kind::Program(Language::Python));
    }

    #[test]
    fn options_that_close_the_interpreter() {
        for (command, closed) in [
            ("python -I app.py", Some("I")),
            ("python3 -uEs app.py", Some("E")),
            ("python -W error -S app.py", Some("S")),
            ("python -Xdev -s -P -O -B -u app.py -I", None),
            ("python -m http.server -I", None),
            ("python -c pass -E", None),
        ] {
            let words: Vec<_> = command.split(' ').collect();
            assert_eq!(of(&words).closed.as_deref(), closed, "{command}");
        }
    }

    #[test]
    fn by_the_first_line_of_a_script() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let long = format!("#!/bin/sh\n'''exec' \"{}/bin/python3\" \"$0\" \"$@\"\n' '''\n", "/x".repeat(100));
        for (name, content, language, closed) in [
            ("a", "#!/usr/bin/env python3\n", Some(Language::Python), None),
            ("b", "#!/usr/bin/python3 -Es\nimport sys", Some(Language::Python), Some("E")),
            ("c", "#!/usr/bin/env -S python3 -I -u\n", Some(Language::Python), Some("I")),
            ("d", "#!/usr/bin/env node", Some(Language::Node), None),
            ("e", "#!/bin/bash\nexec uvicorn", None, None),
            ("f", &long, Some(Language::Python), None),
            ("g", "\x7fELF", None, None),
            ("h", "", None, None),
            ("i", "#!\n", None, None),
        ] {
            let file = directory.path().join(name);
            std::fs::write(&file, content)?;
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755))?;
            let found = detect(&[file.into_os_string()], &Environment::default());
            assert_eq!(found.language(), language, "{content}");
            assert_eq!(found.closed.as_deref(), closed, "{content}");
        }
        Ok(())
    }

    #[test]
    fn found_on_the_path_and_through_links() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("serve");
        std::fs::write(&file, "#!/usr/bin/python3\n")?;
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755))?;
        std::fs::write(directory.path().join("python3.12"), "")?;
        std::os::unix::fs::symlink("python3.12", directory.path().join("current"))?;
        std::fs::set_permissions(directory.path().join("python3.12"), PermissionsExt::from_mode(0o755))?;
        let mut environment = Environment::default();
        environment.set("PATH", directory.path());
        assert_eq!(detect(&["serve".into()], &environment).language(), Some(Language::Python));
        assert_eq!(detect(&["current".into()], &environment).language(), Some(Language::Python));
        assert_eq!(detect(&["absent".into()], &environment).kind, Kind::Unknown);
        Ok(())
    }
}
