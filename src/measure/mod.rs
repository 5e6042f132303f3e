//! What we measure ourselves: the host, the target's process tree, the target's end.
