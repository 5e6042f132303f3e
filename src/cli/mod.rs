//! What was typed: flags, sub-commands, help.
