//! What is this command? A guess from names and the file's first bytes; no program is started.
//!
//! The guess decides only what is prepared. In a Python process the shim looks again, and
//! elsewhere the variables mean nothing.

use super::found::{Found, Kind, Language};
use super::{dotnet, java, tools};
use crate::environment::Environment;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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
/// What starts the program proper, which is named behind their own options.
const WRAPPERS: &[&str] = &[
    "chroot",
    "chrt",
    "dumb-init",
    "env",
    "gosu",
    "ionice",
    "nice",
    "nohup",
    "numactl",
    "runuser",
    "setpriv",
    "setsid",
    "stdbuf",
    "su-exec",
    "sudo",
    "taskset",
    "time",
    "timeout",
    "tini",
    "unshare",
];
const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "sh", "zsh"];
/// What start scripts of Java programs have in them.
const STARTS_JAVA: &[&str] = &["JAVA_HOME", "JAVACMD", "exec java ", "\njava ", "/bin/java"];
const RUBY: &[&str] = &["bundle", "falcon", "puma", "rackup", "rails", "ruby", "sidekiq", "thin", "unicorn"];

/// How much of a file is read.
const HEAD: u64 = 1024;
/// And of a shell script.
const SCRIPT: u64 = 65_536;

pub(super) fn detect(command: &[OsString], environment: &Environment) -> Found {
    let Some((program, arguments)) = command.split_first() else {
        return Found::new(Kind::Unknown, "no command");
    };
    let name = base_name(program);
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    if WRAPPERS.contains(&name.as_str())
        && let Some(proper) = arguments.iter().position(|word| is_known(word))
        && let Some(proper) = arguments.get(proper..)
    {
        return detect(proper, environment);
    }
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
        } else if language == Language::Java && java::words::is_question(&words) {
            return Found::new(Kind::Tool, "java is only asked about itself");
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
        if dotnet::is_host(&file) {
            let why = format!("{}.dll lies beside it", file.display());
            return Found::new(Kind::Program(Language::DotNet), why);
        }
    }
    let script = match SHELLS.contains(&name.as_str()) {
        true => words.first().filter(|word| !word.starts_with('-')).map(PathBuf::from),
        false => lookup(program, environment).filter(|file| is_shell_script(file)),
    };
    if let Some(script) = script.filter(|script| starts_java(script)) {
        let mut found = Found::new(Kind::Unknown, format!("{} starts java", script.display()));
        found.starts_java = true;
        return found;
    }
    if let Some((language, word)) = words.iter().find_map(|word| Some((by_extension(word)?, word))) {
        return Found::new(Kind::Program(language), format!("the argument {word}"));
    }
    Found::new(Kind::Unknown, format!("{name} is of no language that we know by its name or first bytes"))
}

fn base_name(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}

/// Whether a word names a program that we know. `JAVA=/usr/bin/java` does not.
fn is_known(word: &OsStr) -> bool {
    let name = base_name(word);
    !word.as_bytes().starts_with(b"-")
        && !word.as_bytes().contains(&b'=')
        && (by_name(&name).is_some() || tools::is_tool(&name, [].into_iter()))
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
    } else if name == "deno" {
        Some(Language::Deno)
    } else if matches!(name, "bun" | "bunx") {
        Some(Language::Bun)
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
    let head = head(file, HEAD)?;
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

fn is_shell_script(file: &Path) -> bool {
    let head = head(file, HEAD).unwrap_or_default();
    let line = text(split_line(&head).0);
    let Some(words) = line.strip_prefix("#!") else { return false };
    words.split_whitespace().take(2).any(|word| SHELLS.contains(&base_name(OsStr::new(word)).as_str()))
}

fn starts_java(script: &Path) -> bool {
    let text = text(&head(script, SCRIPT).unwrap_or_default());
    STARTS_JAVA.iter().any(|part| text.contains(part))
}

/// The beginning of a file.
fn head(file: &Path, most: u64) -> Option<Vec<u8>> {
    if !std::fs::metadata(file).ok()?.is_file() {
        return None; // opening a pipe would wait for its other end
    }
    let mut head = Vec::new();
    std::fs::File::open(file).ok()?.take(most).read_to_end(&mut head).ok()?;
    Some(head)
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
mod tests;
