//! What the target's environment gets, and why.
