//! Other vendors' agents, told by the variables that configure them and by libraries that are loaded into every
//! program. Two agents in one program measure each other and fight over propagation: it is left to theirs, with
//! the OTLP variables. What is in `PYTHONPATH`, `NODE_OPTIONS` and the like is looked at where these are changed.

use super::found::Language;
use crate::environment::Environment;

/// An agent's variables.
struct Agent {
    name: &'static str,
    /// Beginnings, or whole names.
    variables: &'static [&'static str],
    /// With this value of these variables it does nothing.
    off: &'static [(&'static str, &'static str)],
    /// Whom it concerns; empty is everybody.
    languages: &'static [Language],
}

const AGENTS: [Agent; 10] = [
    Agent {
        name: "Datadog",
        variables: &["DD_"],
        off: &[("DD_TRACE_ENABLED", "false"), ("DD_TRACE_ENABLED", "0")],
        languages: &[],
    },
    Agent {
        name: "New Relic",
        variables: &["NEW_RELIC_"],
        off: &[
            ("NEW_RELIC_ENABLED", "false"),
            ("NEW_RELIC_AGENT_ENABLED", "false"),
            ("NEW_RELIC_MONITOR_MODE", "false"),
        ],
        languages: &[],
    },
    Agent {
        name: "Elastic APM",
        variables: &["ELASTIC_APM_"],
        off: &[
            ("ELASTIC_APM_ENABLED", "false"),
            ("ELASTIC_APM_ACTIVE", "false"),
            ("ELASTIC_APM_RECORDING", "false"),
        ],
        languages: &[],
    },
    Agent { name: "Dynatrace", variables: &["DT_"], off: &[], languages: &[] },
    Agent { name: "AppDynamics", variables: &["APPDYNAMICS_"], off: &[], languages: &[] },
    Agent { name: "Instana", variables: &["INSTANA_"], off: &[("INSTANA_DISABLE", "true")], languages: &[] },
    Agent { name: "SkyWalking", variables: &["SW_AGENT_"], off: &[], languages: &[] },
    Agent {
        name: "Scout",
        variables: &["SCOUT_MONITOR"],
        off: &[("SCOUT_MONITOR", "false")],
        languages: &[],
    },
    // Sentry without this only takes errors, which is no reason against traces.
    Agent {
        name: "Sentry",
        variables: &["SENTRY_TRACES_SAMPLE_RATE"],
        off: &[("SENTRY_TRACES_SAMPLE_RATE", "0"), ("SENTRY_TRACES_SAMPLE_RATE", "0.0")],
        languages: &[],
    },
    Agent {
        name: "Logfire",
        variables: &["LOGFIRE_TOKEN"],
        off: &[("LOGFIRE_SEND_TO_LOGFIRE", "false")],
        languages: &[Language::Python],
    },
];

/// Parts of `LD_PRELOAD` that instrument every program.
const PRELOADED: [(&str, &str); 4] = [
    ("liboneagentproc", "Dynatrace"),
    ("/opt/datadog", "Datadog"),
    ("libotelinject", "the OpenTelemetry injector"),
    ("libsplunk", "Splunk"),
];

/// An agent, and how it was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) agent: &'static str,
    /// `DD_SERVICE is set`
    pub(crate) evidence: String,
}

/// The first agent that this language is left to.
pub(super) fn of(language: Language, environment: &Environment) -> Option<Foreign> {
    AGENTS
        .iter()
        .filter(|agent| agent.languages.is_empty() || agent.languages.contains(&language))
        .find_map(|agent| switched_on(agent, environment))
        .or_else(|| preloaded(environment))
}

/// All agents.
pub(crate) fn all(environment: &Environment) -> Vec<Foreign> {
    AGENTS.iter().filter_map(|agent| switched_on(agent, environment)).chain(preloaded(environment)).collect()
}

fn switched_on(agent: &Agent, environment: &Environment) -> Option<Foreign> {
    let off = |(name, value): &(&str, &str)| {
        environment.setting(name).is_some_and(|is| is.eq_ignore_ascii_case(value))
    };
    if agent.off.iter().any(off) {
        return None;
    }
    let names =
        environment.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, _)| name.to_str());
    let mut own = names.filter(|name| {
        agent.variables.iter().any(|known| name == known || (known.ends_with('_') && name.starts_with(known)))
    });
    let name = own.next()?;
    Some(Foreign { agent: agent.name, evidence: format!("{} is set", name.escape_debug()) })
}

fn preloaded(environment: &Environment) -> Option<Foreign> {
    let list = environment.get("LD_PRELOAD")?.to_string_lossy();
    let (library, agent) = PRELOADED.iter().find(|(part, _)| list.contains(part))?;
    Some(Foreign { agent, evidence: format!("LD_PRELOAD has {library}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_by_their_variables() {
        for (set, expected) in [
            (&[("PATH", "/bin"), ("DDX", "1")][..], None),
            (&[("DD_ENV", "")], None),
            (&[("DD_ENV", "test")], Some("Datadog: DD_ENV is set")),
            (&[("DD_ENV", "test"), ("DD_TRACE_ENABLED", "False")], None),
            (&[("NEW_RELIC_LICENSE_KEY", "x")], Some("New Relic: NEW_RELIC_LICENSE_KEY is set")),
            (&[("SENTRY_DSN", "https://x")], None),
            (&[("SENTRY_TRACES_SAMPLE_RATE", "0.2")], Some("Sentry: SENTRY_TRACES_SAMPLE_RATE is set")),
            (&[("SCOUT_MONITORING", "1")], None),
            (
                &[("LD_PRELOAD", "/lib/x/liboneagentproc.so")],
                Some("Dynatrace: LD_PRELOAD has liboneagentproc"),
            ),
        ] {
            let environment: Environment =
                set.iter().map(|(name, value)| (name.into(), value.into())).collect();
            let found = of(Language::Node, &environment);
            let found = found.map(|found| format!("{}: {}", found.agent, found.evidence));
            assert_eq!(found.as_deref(), expected, "{set:?}");
        }
    }

    #[test]
    fn agents_of_one_language() {
        let environment: Environment = [("LOGFIRE_TOKEN".into(), "x".into())].into_iter().collect();
        assert_eq!(of(Language::Node, &environment), None);
        assert!(of(Language::Python, &environment).is_some());
    }
}
