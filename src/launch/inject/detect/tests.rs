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
        ("setpriv --reuid 1 --clear-groups java A", Some(Language::Java)),
        ("env JAVA=/usr/bin/java nice -n 5 ruby a.rb", Some(Language::Ruby)),
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
        "timeout 5 pip install x",
        "java -version",
        "java -cp x --version",
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
    for (content, run, by_shell) in [
        ("#!/bin/sh\nexec \"$JAVA_HOME/bin/java\" -jar a.jar", true, true),
        ("#!/usr/bin/env bash\njava -jar a.jar", true, true),
        ("#!/bin/sh\nexec ./server", false, false),
        ("exec java -jar a.jar", false, true),
    ] {
        let file = directory.path().join("start");
        std::fs::write(&file, content)?;
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755))?;
        for (command, starts) in [(vec![file.clone()], run), (vec!["sh".into(), file], by_shell)] {
            let command: Vec<OsString> = command.into_iter().map(PathBuf::into_os_string).collect();
            let found = detect(&command, &Environment::default());
            assert_eq!((found.kind, found.starts_java), (Kind::Unknown, starts), "{command:?} {content}");
        }
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
