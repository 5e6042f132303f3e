//! Platforms that tell by variables alone.

use super::{Surroundings, Told};

/// Heroku, with dyno metadata on.
pub(super) fn heroku(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    if surroundings.first_of(&["HEROKU_APP_ID", "HEROKU_DYNO_ID"]).is_none() {
        return told;
    }
    told.text("cloud.provider", Some("heroku"));
    for (key, variable) in [
        ("heroku.app.id", "HEROKU_APP_ID"),
        ("heroku.release.commit", "HEROKU_SLUG_COMMIT"),
        ("heroku.release.creation_timestamp", "HEROKU_RELEASE_CREATED_AT"),
        ("service.version", "HEROKU_RELEASE_VERSION"),
    ] {
        told.text(key, surroundings.variable(variable));
    }
    told
}

/// Fly.io, of which the conventions know nothing: names of theirs that fit.
pub(super) fn fly(surroundings: &Surroundings) -> Told {
    let mut told = Told::default();
    let Some(machine) = surroundings.first_of(&["FLY_MACHINE_ID", "FLY_ALLOC_ID"]) else { return told };
    told.text("cloud.provider", Some("fly_io"));
    told.text("cloud.region", surroundings.variable("FLY_REGION"));
    told.text("host.id", Some(machine));
    told.text("container.image.name", surroundings.variable("FLY_IMAGE_REF"));
    told
}
