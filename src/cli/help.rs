//! What `-h` and `--help` say beside the flags.

use crate::settings::table::Entry;

/// All that `-h` says: one screen.
pub(super) const SHORT: &str = "\
Usage: otel-run [FLAGS] [--] COMMAND [ARGUMENTS]...

Starts COMMAND and sends its telemetry where the settings say.

  --traces_exporter NAMES     azure, otlp, console, none; several with commas
  --metrics_exporter NAMES    azure, otlp, console, prometheus, none
  --logs_exporter NAMES       azure, otlp, console, none
  --connection_string STRING  of an Application Insights resource
  --exporter_otlp_endpoint URL           such as http://localhost:4318
  --exporter_otlp_headers NAME=VALUE,... such as api-key=...
  --service_name NAME         otherwise made from COMMAND
  --metric_export_interval N  milliseconds, 60000 unless set
  --console_format FORMAT     json, basic, normal, detailed, pretty
  -v, -q                      say more; say nothing
  --help, --version           all flags, as variables too; the version
  doctor, env                 what would be done with COMMAND, and why
  bootstrap                   bring the official packages that fit COMMAND

Examples:
  otel-run uvicorn main:app
  otel-run --exporter_otlp_endpoint http://collector:4318 gunicorn main:app
  otel-run --metrics_exporter console -- sleep 30
";

pub(super) const LONG: &str = "\
Sub-commands (to start a program of such a name, write -- before it):
  doctor [--json] [--offline] [--send-test-item] [FLAGS] [--] [COMMAND]
                                                       what holds, and whether it works
  env [--format sh|dotenv|json] [FLAGS] [--] COMMAND   the environment that COMMAND would be given
  bootstrap [--dry-run] [--offline DIR] [--python PATH] [FLAGS] [--] COMMAND
                                                       bring the official packages that fit COMMAND, outside of it
  settings                                             all settings as a Markdown table
  completions bash|zsh|fish                            completions for a shell
  man                                                  the manual page

Examples:
  otel-run uvicorn main:app
      Telemetry on the terminal; elsewhere to http://localhost:4318.
  otel-run --exporter_otlp_endpoint http://collector:4318 gunicorn -w 4 main:app
      Everything to a collector.
  otel-run --traces_exporter console,otlp --metrics_exporter prometheus -- flask run
      Several destinations; each has its own queue.
  otel-run --metrics_exporter console -- sleep 30
      Any program: figures of the host and of its processes, without any SDK.

A flag is its variable: it wins over the environment, and an empty value unsets it. Its words
may be joined by _ or by -, and it may be shortened as long as it stays unambiguous. The first
word that is no flag starts the command; nothing behind it is ours.

Exit status: the program's own, and its signal. Before it starts: 2 bad usage, 125 otel-run
failed, 126 the command cannot be run, 127 it was not found.";

/// One setting's line of help: what it is, its variable, its default.
pub(super) fn text(entry: &Entry) -> String {
    let mut text = format!("{} [{}]", entry.help, entry.variable);
    if let Some(default) = entry.default {
        text.push_str(&format!(" [default: {default}]"));
    }
    text
}
