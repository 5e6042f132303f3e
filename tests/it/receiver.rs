//! The receiver, asked by raw sockets.

#[path = "receiver/door.rs"]
mod door;
#[path = "receiver/drain.rs"]
mod drain;
#[path = "receiver/http.rs"]
mod http;
