use super::*;
use std::os::unix::fs::PermissionsExt;

/// A folder with the instrumentation and a program, as a machine may have them.
struct Machine {
    folder: tempfile::TempDir,
    plan: Plan,
}

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
        let mut environment = Environment::default();
        environment.set("OTEL_RUN_HOME", folder.path());
        environment.set("PATH", folder.path().join("bin"));
        let machine = Machine {
            folder,
            plan: Plan { environment, decisions: Vec::new(), warnings: Vec::new(), shims: Vec::new() },
        };
        machine.write(&format!("overlay/dotnet/{HOOK}"), "");
        machine.program("bin/dotnet", "\x7fELF /lib64/ld-linux-x86-64.so.2");
        machine
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    fn program(&self, name: &str, content: &str) {
        self.write(name, content);
        let mode = PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(self.folder.path().join(name), mode).expect("permissions");
    }

    /// What is set, with `HOME` for the folder of the instrumentation, and what was decided.
    fn of(&self, command: &str, set: &[(&str, &str)]) -> (Vec<String>, String) {
        let here = self.folder.path().display().to_string();
        let command: Vec<OsString> = command.replace("HERE", &here).split(' ').map(OsString::from).collect();
        let mut plan = self.plan.clone();
        set.iter().for_each(|(name, value)| plan.environment.set(*name, value.replace("HERE", &here)));
        let before = plan.environment.clone();
        inject(&command, "why", &mut plan);
        let set = plan
            .environment
            .iter()
            .filter(|(name, value)| before.get(&name.to_string_lossy()) != Some(value));
        let mut set: Vec<String> = set
            .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
            .map(|pair| pair.replace(&format!("{here}/overlay/dotnet"), "HOME"))
            .collect();
        set.sort();
        let decision = plan.decisions.last().expect("a decision");
        let text = if set.is_empty() { decision.why.clone() } else { decision.what.clone() };
        (set, text.replace(&format!("{here}/overlay/dotnet"), "HOME").replace(&here, "HERE"))
    }
}

const HOOKED: &str = "DOTNET_STARTUP_HOOKS=HOME/net/OpenTelemetry.AutoInstrumentation.StartupHook.dll";
const OWN_HOME: &str = "OTEL_DOTNET_AUTO_HOME=HOME";

#[test]
fn the_hook_alone_and_behind_others() {
    let machine = Machine::new();
    let expected = (vec![HOOKED.to_owned(), OWN_HOME.to_owned()], "startup hook alone of HOME".to_owned());
    assert_eq!(machine.of("dotnet shop.dll", &[]), expected);
    let behind = HOOKED.replacen('=', "=/a.dll:", 1);
    assert_eq!(machine.of("dotnet shop.dll", &[(HOOKS, "/a.dll")]).0, [behind, OWN_HOME.to_owned()]);
    let excluded = format!("{EXCLUDED}=dotnet,dotnet.exe");
    assert_eq!(machine.of("dotnet run", &[]).0, [HOOKED, &excluded, OWN_HOME]);
    assert_eq!(machine.of("dotnet watch", &[(EXCLUDED, "x")]).0, [HOOKED, OWN_HOME]);
}

#[test]
fn the_profiler_that_fits_the_machine() {
    let machine = Machine::new();
    let arch = if std::env::consts::ARCH == "x86_64" { "x64" } else { "arm64" };
    let library = |libc: &str| format!("{libc}-{arch}/{LIBRARY}");
    machine.write(&format!("overlay/dotnet/{}", library("linux")), "");
    machine.write(&format!("overlay/dotnet/{}", library("linux-musl")), "");
    machine.write("overlay/dotnet/AdditionalDeps/x", "");
    machine.write("overlay/dotnet/store/x", "");
    let with = |libc: &str| {
        let mut all = vec![
            "CORECLR_ENABLE_PROFILING=1".to_owned(),
            format!("CORECLR_PROFILER={CLSID}"),
            format!("CORECLR_PROFILER_PATH=HOME/{}", library(libc)),
            "DOTNET_ADDITIONAL_DEPS=/deps:HOME/AdditionalDeps".to_owned(),
            "DOTNET_SHARED_STORE=HOME/store".to_owned(),
            HOOKED.to_owned(),
            OWN_HOME.to_owned(),
        ];
        all.sort();
        all
    };
    let deps = ("DOTNET_ADDITIONAL_DEPS", "/deps");
    assert_eq!(machine.of("dotnet shop.dll", &[deps]).0, with("linux"));
    machine.program("bin/dotnet", "\x7fELF /lib/ld-musl-x86_64.so.1");
    assert_eq!(machine.of("dotnet shop.dll", &[deps]).0, with("linux-musl"));
    // The one place for a profiler is taken.
    let (set, what) = machine
        .of("dotnet shop.dll", &[deps, ("CORECLR_PROFILER", "{AB}"), ("CORECLR_ENABLE_PROFILING", "1")]);
    assert!(!set.iter().any(|pair| pair.starts_with("CORECLR")), "{set:?}");
    assert_eq!(what, "startup hook alone of HOME");
}

#[test]
fn reasons_to_leave_it_alone() {
    let machine = Machine::new();
    for (file, content) in [
        (
            "old/shop.runtimeconfig.json",
            r#"{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"6.0.0"}}}"#,
        ),
        (
            "new/shop.runtimeconfig.json",
            r#"{"runtimeOptions":{"frameworks":[{"version":"9.0.1"},{"version":"9.0.1"}]}}"#,
        ),
        ("own/shop.deps.json", r#"{"libraries":{"OpenTelemetry.Extensions.Hosting/1.9.0":{}}}"#),
        ("odd/shop.runtimeconfig.json", "not JSON"),
    ] {
        machine.write(file, content);
    }
    machine.program("old/shop", "");
    machine.write("old/shop.dll", "");
    let old = "the program runs on .NET 6, and the instrumentation needs 8";
    for (command, set, expected) in [
        ("dotnet HERE/old/shop.dll", &[][..], old),
        ("HERE/old/shop", &[], old),
        (
            "dotnet HERE/own/shop.dll",
            &[],
            "HERE/own/shop.deps.json has OpenTelemetry: the program brings its own",
        ),
        ("chroot /srv dotnet shop.dll", &[], "chroot may start it where the instrumentation is not"),
        (
            "dotnet a.dll",
            &[(HOOKS, "/x/OpenTelemetry.AutoInstrumentation.StartupHook.dll")],
            "DOTNET_STARTUP_HOOKS loads OpenTelemetry already",
        ),
        (
            "dotnet a.dll",
            &[
                ("CORECLR_ENABLE_PROFILING", "1"),
                ("CORECLR_PROFILER", "{846f5f1c-f9ae-4b07-969e-05c26bc060d8}"),
            ],
            "CORECLR_PROFILER is Datadog's: .NET is left to it",
        ),
        (
            "dotnet a.dll",
            &[(HOME, "/absent")],
            "/absent/net/OpenTelemetry.AutoInstrumentation.StartupHook.dll: no such file",
        ),
        ("dotnet a.dll", &[(HOME, "/a:b")], "/a:b: its path cannot be written in DOTNET_STARTUP_HOOKS"),
    ] {
        assert_eq!(machine.of(command, set), (Vec::new(), expected.to_owned()), "{command} {set:?}");
    }
    for command in ["dotnet HERE/new/shop.dll", "dotnet HERE/odd/shop.dll"] {
        assert_eq!(machine.of(command, &[]).0, [HOOKED, OWN_HOME], "{command}");
    }
    assert!(app::is_host(&machine.folder.path().join("old/shop")));
    assert!(!app::is_host(&machine.folder.path().join("new/shop")));
}

#[test]
fn nothing_installed() {
    let machine = Machine::new();
    std::fs::remove_dir_all(machine.folder.path().join("overlay")).expect("the folder");
    let expected = "no automatic instrumentation was found (OTEL_DOTNET_AUTO_HOME names its folder)";
    assert_eq!(machine.of("dotnet a.dll", &[]), (Vec::new(), expected.to_owned()));
}
