//! The target's end as a log record: what no SDK inside the target can report.

use crate::link::{Ended, Target};
use crate::otlp::{Batch, Malformed, Signal};
use nix::sys::signal::Signal as UnixSignal;
use opentelemetry::{KeyValue, Value};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue as ProtoKeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_sdk::Resource;
use prost::Message;
use std::path::Path;

/// Name of the event.
const EVENT: &str = "process.exit";

/// The kernel's name of a signal.
pub(super) fn signal_name(number: i32) -> String {
    UnixSignal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

/// Whether the kernel killed it for want of memory, if that can be known.
fn oom_killed(ended: &Ended) -> Option<bool> {
    let killed = ended.signal == Some(UnixSignal::SIGKILL as i32);
    ended.oom_kills.map(|kills| killed && kills > 0)
}

/// How bad it is. To be asked to stop is no error, whoever asked.
fn severity(ended: &Ended) -> SeverityNumber {
    match (ended.code, ended.signal.map(UnixSignal::try_from)) {
        (Some(0), None) => SeverityNumber::Info,
        (_, None) => SeverityNumber::Error,
        (_, Some(Ok(UnixSignal::SIGTERM | UnixSignal::SIGINT | UnixSignal::SIGHUP))) => SeverityNumber::Info,
        (
            _,
            Some(Ok(
                UnixSignal::SIGSEGV
                | UnixSignal::SIGABRT
                | UnixSignal::SIGBUS
                | UnixSignal::SIGILL
                | UnixSignal::SIGFPE
                | UnixSignal::SIGSYS
                | UnixSignal::SIGTRAP,
            )),
        ) => SeverityNumber::Fatal,
        _ if oom_killed(ended) == Some(true) || ended.core_dumped => SeverityNumber::Fatal,
        _ => SeverityNumber::Error,
    }
}

/// A sentence for people.
fn sentence(target: &Target, ended: &Ended) -> String {
    let name = Path::new(&target.program).file_name();
    let name = name.map_or_else(|| "process".into(), |name| name.to_string_lossy().into_owned());
    let how = match (ended.code, ended.signal) {
        (_, Some(signal)) => {
            let core = if ended.core_dumped { ", core dumped" } else { "" };
            let memory = if oom_killed(ended) == Some(true) { ", out of memory" } else { "" };
            format!("was ended by {}{core}{memory}", signal_name(signal))
        }
        (Some(code), None) => format!("exited with code {code}"),
        (None, None) => "ended".to_owned(),
    };
    format!("{name} (pid {}) {how} after {:.3} s", ended.pid, ended.run_time.as_secs_f64())
}

/// What tells one outcome from another: `process.exit.code` or `process.exit.signal`.
pub(super) fn outcome(ended: &Ended) -> Vec<KeyValue> {
    let code = ended.code.map(|code| KeyValue::new("process.exit.code", i64::from(code)));
    let signal = ended.signal.map(|signal| KeyValue::new("process.exit.signal", signal_name(signal)));
    code.into_iter().chain(signal).collect()
}

fn attributes(ended: &Ended) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new("process.pid", i64::from(ended.pid))];
    attributes.extend(outcome(ended));
    if ended.signal.is_some() {
        attributes.push(KeyValue::new("process.exit.core_dumped", ended.core_dumped));
    }
    if let Some(oom_killed) = oom_killed(ended) {
        attributes.push(KeyValue::new("process.exit.oom_killed", oom_killed));
    }
    attributes.extend([
        KeyValue::new("process.exit.run_time", ended.run_time.as_secs_f64()),
        KeyValue::new("process.exit.cpu.user", ended.user_time.as_secs_f64()),
        KeyValue::new("process.exit.cpu.system", ended.system_time.as_secs_f64()),
        KeyValue::new("process.exit.memory.max_rss", ended.max_rss_kib.saturating_mul(1024)),
        KeyValue::new("process.exit.paging.minor_faults", ended.minor_faults),
        KeyValue::new("process.exit.paging.major_faults", ended.major_faults),
        KeyValue::new("process.exit.context_switches.voluntary", ended.voluntary_switches),
        KeyValue::new("process.exit.context_switches.involuntary", ended.involuntary_switches),
    ]);
    attributes
}

/// The event as an OTLP request. Times are in seconds, memory is in bytes.
pub(super) fn event(resource: &Resource, target: &Target, ended: &Ended) -> Result<Batch, Malformed> {
    let severity = severity(ended);
    let record = LogRecord {
        time_unix_nano: ended.ended_unix_nano,
        observed_time_unix_nano: ended.ended_unix_nano,
        severity_number: severity as i32,
        severity_text: severity.as_str_name().trim_start_matches("SEVERITY_NUMBER_").to_owned(),
        event_name: EVENT.to_owned(),
        body: Some(Value::from(sentence(target, ended)).into()),
        attributes: attributes(ended).into_iter().map(proto).collect(),
        ..LogRecord::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource.into()),
            scope_logs: vec![ScopeLogs {
                scope: Some(InstrumentationScope {
                    name: super::SCOPE.to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..InstrumentationScope::default()
                }),
                log_records: vec![record],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    };
    Batch::from_protobuf(Signal::Logs, request.encode_to_vec().into())
}

fn proto(attribute: KeyValue) -> ProtoKeyValue {
    ProtoKeyValue {
        key: attribute.key.to_string(),
        value: Some(attribute.value.into()),
        ..ProtoKeyValue::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture;

    fn ended(code: Option<i32>, signal: Option<i32>) -> Ended {
        Ended { code, signal, ..fixture::ended() }
    }

    #[test]
    fn severity_by_outcome() {
        let cases = [
            (Some(0), None, SeverityNumber::Info),
            (Some(3), None, SeverityNumber::Error),
            (None, Some(15), SeverityNumber::Info),
            (None, Some(2), SeverityNumber::Info),
            (None, Some(9), SeverityNumber::Error),
            (None, Some(11), SeverityNumber::Fatal),
            (None, Some(6), SeverityNumber::Fatal),
            (None, Some(40), SeverityNumber::Error),
        ];
        for (code, signal, expected) in cases {
            assert_eq!(severity(&ended(code, signal)), expected, "{code:?} {signal:?}");
        }
        let oom = Ended { oom_kills: Some(1), ..ended(None, Some(9)) };
        assert_eq!(severity(&oom), SeverityNumber::Fatal);
    }

    #[test]
    fn out_of_memory_is_a_kill_while_the_kernel_counted_one() {
        for (code, signal, kills, expected) in [
            (None, Some(9), Some(1), Some(true)),
            (None, Some(9), Some(0), Some(false)),
            (Some(0), None, Some(1), Some(false)),
            (None, Some(9), None, None),
        ] {
            assert_eq!(oom_killed(&Ended { oom_kills: kills, ..ended(code, signal) }), expected);
        }
    }

    #[test]
    fn a_sentence_for_people() {
        let target = Target {
            pid: 7,
            program: "/usr/bin/uvicorn".into(),
            instance: "abc".into(),
            started_unix_nano: 0,
        };
        let say = |ended: &Ended| sentence(&target, ended);
        assert_eq!(say(&ended(Some(3), None)), "uvicorn (pid 7) exited with code 3 after 1.500 s");
        let oom = Ended { oom_kills: Some(1), ..ended(None, Some(9)) };
        assert_eq!(say(&oom), "uvicorn (pid 7) was ended by SIGKILL, out of memory after 1.500 s");
        let core = Ended { core_dumped: true, ..ended(None, Some(11)) };
        assert_eq!(say(&core), "uvicorn (pid 7) was ended by SIGSEGV, core dumped after 1.500 s");
        assert_eq!(say(&ended(None, Some(40))), "uvicorn (pid 7) was ended by signal 40 after 1.500 s");
    }
}
