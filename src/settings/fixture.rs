//! Settings for tests of other rooms.

use super::{Input, Loaded, Settings, Typed, load};
use std::path::Path;

/// What these variables alone mean.
pub(crate) fn settings(variables: &[(&str, &str)]) -> Settings {
    loaded(variables).settings
}

/// The same, with how it came about.
pub(crate) fn loaded(variables: &[(&str, &str)]) -> Loaded {
    let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let typed = Typed::default();
    load(Input { typed: &typed, environment, command: &[], terminal: false, folder: Path::new("/") })
        .expect("settings of a test")
}
