//! Programs that are not servers: package managers, cloud command lines, build tools. As the
//! target they start exactly as without us. (The Python shim has its own list for tools that
//! run below the target.)

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Base names.
const TOOLS: &[&str] = &[
    // Python packaging and checking.
    "_in_process",
    "black",
    "build",
    "compileall",
    "easy_install",
    "ensurepip",
    "flake8",
    "get_interpreter_info",
    "git-filter-repo",
    "git-remote-hg",
    "isort",
    "mypy",
    "pip",
    "pre-commit",
    "py.test",
    "py_compile",
    "pylint",
    "pyproject-build",
    "pyright",
    "pytest",
    "ruff",
    "setup",
    "twine",
    "venv",
    "virtualenv",
    "wheel",
    // Package managers of systems and other languages.
    "add-apt-repository",
    "apk",
    "apt",
    "apt-get",
    "apt-key",
    "aptitude",
    "brew",
    "dnf",
    "dnf-3",
    "dpkg",
    "gem",
    "pacman",
    "rpm",
    "unattended-upgrade",
    "yum",
    "zypper",
    // Node.js packaging, building and checking.
    "eslint",
    "jest",
    "mocha",
    "node-gyp",
    "prettier",
    "tsc",
    "vitest",
    // Tools of the JDK, and builds.
    "ant",
    "gradle",
    "gradlew",
    "jar",
    "jarsigner",
    "javac",
    "javadoc",
    "javap",
    "jcmd",
    "jconsole",
    "jdb",
    "jdeps",
    "jfr",
    "jhsdb",
    "jimage",
    "jinfo",
    "jlink",
    "jmap",
    "jmod",
    "jpackage",
    "jps",
    "jshell",
    "jstack",
    "jstat",
    "keytool",
    "serialver",
    // Clouds, clusters and hosts.
    "ansible",
    "ansible-galaxy",
    "ansible-playbook",
    "aws",
    "az",
    "cloud-init",
    "docker",
    "gcloud",
    "gsutil",
    "helm",
    "kubectl",
    "lsb_release",
    "podman",
    "reportbug",
    "supervisorctl",
    "systemctl",
    "terraform",
    // Tools of developers.
    "gdb",
    "git",
    "hg",
    "svn",
];

/// Tools that start the program proper when their first word is one of these.
const RUNNERS: &[(&str, &[&str])] = &[
    ("bundle", &["exec"]),
    ("cargo", &["run", "watch"]),
    ("composer", &["exec", "run", "run-script"]),
    ("conda", &["run"]),
    ("go", &["run"]),
    ("hatch", &["run"]),
    ("mamba", &["run"]),
    ("npm", &["exec", "restart", "run", "run-script", "start", "stop", "x"]),
    ("npm", &["exec", "restart", "run", "run-script", "start", "test", "x"]),
    ("pdm", &["run"]),
    ("pipenv", &["run"]),
    ("pipx", &["run"]),
    ("poetry", &["run"]),
    ("rye", &["run"]),
    ("uv", &["run", "tool"]),
];

/// What package managers that run scripts by their bare names (`yarn dev`) do themselves.
const MANAGING: &[&str] = &[
    "add", "audit", "cache", "ci", "config", "create", "dedupe", "i", "import", "info", "init", "install",
    "link", "list", "ls", "outdated", "pack", "patch", "pm", "prune", "publish", "rebuild", "remove", "rm",
    "set", "store", "unlink", "up", "update", "upgrade", "why",
];

/// Goals of Maven's plugins that start the program proper: `spring-boot:run`, `quarkus:dev`, `exec:java`.
const GOALS: &[&str] = &["dev", "exec", "java", "run", "run-war", "start"];

/// Programs that start others below another root folder, where files of ours are not.
const OTHER_ROOTS: [&str; 8] =
    ["bwrap", "chroot", "firejail", "nsenter", "proot", "schroot", "systemd-nspawn", "unshare"];

/// What starts the program where it may not find what it is to load.
pub(super) fn other_root(command: &[OsString]) -> Option<&'static str> {
    let name = Path::new(command.first()?).file_name()?;
    OTHER_ROOTS.into_iter().find(|root| name == OsStr::new(root))
}

/// Whether the program is a tool. `words` are its arguments.
pub(super) fn is_tool<'a>(name: &str, mut words: impl Iterator<Item = &'a str>) -> bool {
    if let Some((_, running)) = RUNNERS.iter().find(|(runner, _)| *runner == name) {
        return !words.any(|word| running.contains(&word));
    }
    if matches!(name, "bun" | "pnpm" | "yarn") {
        return words
            .find(|word| !word.starts_with('-'))
            .map_or(name == "yarn", |word| MANAGING.contains(&word));
    }
    if name == "dotnet" {
        // `dotnet shop.dll`, `dotnet run`, `dotnet exec shop.dll`.
        return !words.any(|word| matches!(word, "run" | "watch") || word.ends_with(".dll"));
    }
    if matches!(name, "mvn" | "mvnw") {
        return !words.any(|word| word.rsplit_once(':').is_some_and(|(_, goal)| GOALS.contains(&goal)));
    }
    TOOLS.contains(&without_version(name))
}

/// `pip3.11` is `pip`.
fn without_version(name: &str) -> &str {
    match name.strip_prefix("pip") {
        Some(rest) if rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => "pip",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_and_runners() {
        for (name, words, expected) in [
            ("pip", &["install", "x"][..], true),
            ("pip3.11", &[], true),
            ("pipeline", &[], false),
            ("uv", &["sync"], true),
            ("uv", &["--quiet", "run", "uvicorn"], false),
            ("uvx", &["fastapi"], false),
            ("npm", &["ci"], true),
            ("npm", &["--silent", "start"], false),
            ("poetry", &["install"], true),
            ("poetry", &["run", "flask"], false),
            ("az", &["login"], true),
            ("keytool", &["-list"], true),
            ("mvn", &["-q", "package"], true),
            ("mvn", &["-Dserver.port=0", "spring-boot:run"], false),
            ("mvnw", &["io.quarkus:quarkus-maven-plugin:3.0:dev"], false),
            ("mvn", &["dependency:get"], true),
            ("gradle", &["bootRun"], true),
            ("npm", &["ci"], true),
            ("npm", &["--silent", "start"], false),
            ("npm", &["run", "install"], false),
            ("yarn", &[], true),
            ("yarn", &["dev"], false),
            ("pnpm", &["add", "express"], true),
            ("bun", &["server.ts"], false),
            ("bun", &["install"], true),
            ("bundle", &["install"], true),
            ("bundle", &["exec", "puma"], false),
            ("dotnet", &["build"], true),
            ("dotnet", &["--info"], true),
            ("dotnet", &["shop.dll"], false),
            ("dotnet", &["watch", "run"], false),
            ("go", &["build"], true),
            ("sh", &["start.sh"], false),
            ("uvicorn", &["main:app"], false),
        ] {
            assert_eq!(is_tool(name, words.iter().copied()), expected, "{name} {words:?}");
        }
    }

    /// What the shim calls a tool is one as the target too.
    #[test]
    fn the_shim_has_the_same_tools() {
        let source = include_str!("../../../shims/python/_otel_run/role.py");
        let list = source.split("TOOLS = frozenset(").nth(1).and_then(|rest| rest.split("\"\"\"").nth(1));
        let names: Vec<_> = list.unwrap_or_default().split_whitespace().collect();
        assert!(names.len() > 30, "the list was not found");
        for name in names {
            assert!(TOOLS.contains(&name), "{name} is missing in TOOLS");
        }
    }
}
