//! `otel-run completions SHELL`: flags by clap, and by hand what clap's generators cannot do:
//! the wrapped command, which completes as if it stood alone. clap's zsh script cannot hold
//! sub-commands and a command side by side, so that one is ours.

use super::grammar;
use super::words::Words;
use crate::error::Error;
use crate::settings::{Kind, table};
use clap::Command;
use clap_complete::{Shell, generate};

const BASH: &str = include_str!("completions/command.bash");
const ZSH: &str = include_str!("completions/command.zsh");
const FISH: &str = include_str!("completions/command.fish");

/// The script that the shell is to read.
pub fn script(shell: &str) -> Result<String, Error> {
    Ok(match shell {
        "bash" => format!("{}{}", generated(Shell::Bash), with_flags(BASH)),
        "fish" => format!("{}{}", generated(Shell::Fish), with_flags(FISH)),
        "zsh" => ZSH.replace("@FLAGS@", &zsh_flags()),
        other => {
            return Err(Error::usage(format!("no completions for {other:?}")).hint("use bash, zsh or fish"));
        }
    })
}

fn generated(shell: Shell) -> String {
    let mut command = grammar::command();
    command.build();
    let mut command = briefly(command).mut_subcommands(briefly);
    let mut text = Vec::new();
    generate(shell, &mut command, "otel-run", &mut text);
    // clap_complete names the sub-commands of a program with a dash in two ways (bash).
    String::from_utf8_lossy(&text).replace("otel__subcmd__run__", "otel__run__")
}

/// Descriptions without variable and default: they stand in a narrow column.
fn briefly(command: Command) -> Command {
    command.mut_args(|arg| match table::find(arg.get_id().as_str()) {
        Some(entry) => arg.help(entry.help),
        None => arg,
    })
}

/// Puts in the flags whose next word is their value.
fn with_flags(script: &str) -> String {
    let valued = table::entries().filter(|entry| entry.kind != Kind::Switch).filter_map(|entry| entry.flag);
    let spellings = valued.flat_map(|flag| [format!("--{flag}"), format!("--{}", flag.replace('_', "-"))]);
    let mut words: Vec<String> = spellings.chain(["--set", "--format", "-E"].map(str::to_owned)).collect();
    words.sort();
    words.dedup();
    script.replace("@VALUED@", &words.join(" "))
}

/// The table as specifications of zsh's `_arguments`.
fn zsh_flags() -> String {
    let quote =
        |text: &str| text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
    let lines = table::entries().filter_map(|entry| {
        let flag = entry.flag?;
        let help = quote(entry.help);
        if entry.kind == Kind::Switch {
            return Some(format!("        '--{flag}[{help}]'"));
        }
        let action = match Words::of(entry).list() {
            [] if entry.kind == Kind::Text("FILE") => "_files".to_owned(),
            [] => String::new(),
            words => format!("({})", words.join(" ")),
        };
        Some(format!("        '--{flag}=[{help}]:{}:{action}'", quote(entry.kind.placeholder())))
    });
    lines.collect::<Vec<_>>().join("\n")
}
