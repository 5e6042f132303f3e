//! The whole command line for clap: the flags of a start, help and version, the sub-commands.

use super::{flags, help, subcommands};
use crate::settings::table::Heading;
use clap::{Arg, ArgAction, Command};

/// `-h`.
pub(super) const HELP: &str = "short_help";

/// The whole command line. Arguments start behind our own name.
pub(super) fn command() -> Command {
    let command = Command::new("otel-run")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .no_binary_name(true)
        .disable_help_subcommand(true)
        .override_usage("otel-run [FLAGS] [--] COMMAND [ARGUMENTS]...\n       otel-run doctor|env|bootstrap|replay|try|settings|completions|man ...")
        .after_long_help(help::LONG);
    let command = flags::launching(command)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(
            Arg::new(HELP)
                .short('h')
                .action(ArgAction::SetTrue)
                .help_heading(Heading::Diagnostics.name())
                .help("The most used flags, on one screen"),
        )
        .arg(
            Arg::new("help")
                .long("help")
                .action(ArgAction::HelpLong)
                .help_heading(Heading::Diagnostics.name())
                .help("All flags"),
        )
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help_heading(Heading::Diagnostics.name())
                .help("The version"),
        );
    subcommands::add(command)
}
