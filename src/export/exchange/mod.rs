//! One request and its reply: what all destinations over HTTP share.

pub(super) mod body;
pub(super) mod failure;
pub(super) mod gzip;
pub(super) mod reply;
pub(super) mod retry_after;
