//! What is not brought by us, with the steps by hand.

use crate::error::Error;
use crate::launch::inject::Language;

/// The .NET automatic instrumentation is an archive of native and managed files that its release
/// page publishes; no package registry has it.
pub(super) fn dotnet() -> Result<String, Error> {
    Ok("\
.NET: otel-run does not fetch the automatic instrumentation; its releases are archives outside any package registry.
By hand, once:
  1. Download opentelemetry-dotnet-instrumentation-linux-glibc-x64.zip (or -linux-musl-x64, -linux-glibc-arm64,
     -linux-musl-arm64) of https://github.com/open-telemetry/opentelemetry-dotnet-instrumentation/releases
  2. Unpack it into a folder of your choice, such as /opt/opentelemetry-dotnet
  3. Start with OTEL_DOTNET_AUTO_HOME=/opt/opentelemetry-dotnet otel-run COMMAND
Without it, programs that have the OpenTelemetry SDK in their code find otel-run by the variables that they are given.
"
    .to_owned())
}

/// The PHP instrumentation needs an extension of the interpreter, compiled for it, and packages that
/// Composer puts into the application.
pub(super) fn php() -> Result<String, Error> {
    Ok("\
PHP: otel-run brings nothing. The instrumentation needs an extension that is compiled for the interpreter, and packages that
Composer writes into the application; both would change what is yours.
By hand, once:
  1. pecl install opentelemetry, and the line extension=opentelemetry.so in php.ini
  2. composer require open-telemetry/sdk open-telemetry/exporter-otlp and open-telemetry/opentelemetry-auto-* for your
     framework
  3. Start with OTEL_PHP_AUTOLOAD_ENABLED=true otel-run COMMAND
"
    .to_owned())
}

/// Runtimes for which there is nothing to fetch.
pub(super) fn nothing(language: Language) -> String {
    let why = match language {
        Language::Deno => "Deno: OpenTelemetry is built into it, and otel-run switches it on.",
        _ => {
            "Bun: there is nothing to load; programs with an SDK of their own find otel-run by their variables."
        }
    };
    format!("{why}\n")
}
