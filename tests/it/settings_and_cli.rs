//! settings_and_cli
