//! What programs of Java and .NET run on, as far as files tell it.

use super::Check;
use crate::cli::Launch;
use crate::launch::inject::java::jdk::Jdk;
use crate::launch::inject::{self, Language, dotnet, java};

pub(super) fn check(launch: &Launch) -> Vec<Check> {
    let Launch { command, environment, .. } = launch;
    match inject::language(command, environment) {
        Ok(Language::Java) => vec![jdk(Jdk::of(command, environment))],
        Ok(Language::DotNet) => vec![runtime(dotnet::runtime(command, environment))],
        _ => Vec::new(),
    }
}

fn jdk(jdk: Option<Jdk>) -> Check {
    const AREA: &str = "java";
    let Some(Jdk { home, version }) = jdk else {
        return Check::warn(AREA, "no java in JAVA_HOME or on PATH", "put the folder of java on PATH");
    };
    let home = home.display();
    match version {
        Some(old) if old < java::OLDEST => {
            let hint = format!("the agent needs Java {} or later", java::OLDEST);
            Check::warn(AREA, format!("Java {old} in {home}"), hint)
        }
        Some(version) => Check::ok(AREA, format!("Java {version} in {home}")),
        None => {
            Check::ok(AREA, format!("Java in {home}, which has no file \"release\" that tells its version"))
        }
    }
}

fn runtime(version: Option<u32>) -> Check {
    const AREA: &str = "dotnet";
    match version {
        Some(old) if old < dotnet::OLDEST => {
            let hint = format!("the automatic instrumentation needs .NET {} or later", dotnet::OLDEST);
            Check::warn(AREA, format!("the program asks for .NET {old}"), hint)
        }
        Some(version) => Check::ok(AREA, format!("the program asks for .NET {version}")),
        None => Check::ok(AREA, "no runtimeconfig.json beside the program tells its version of .NET"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn versions_that_fit_and_do_not() {
        let of = |version| jdk(Some(Jdk { home: "/jdk".into(), version }));
        assert_eq!(of(Some(17)), Check::ok("java", "Java 17 in /jdk"));
        assert_eq!(of(Some(7)), Check::warn("java", "Java 7 in /jdk", "the agent needs Java 8 or later"));
        assert_eq!((of(None).verdict, jdk(None).verdict), (Verdict::Ok, Verdict::Warn));
        assert_eq!(runtime(Some(9)), Check::ok("dotnet", "the program asks for .NET 9"));
        assert_eq!((runtime(Some(6)).verdict, runtime(None).verdict), (Verdict::Warn, Verdict::Ok));
    }
}
