//! The receiver, asked by raw sockets.

#[path = "receiver/door.rs"]
mod door;
#[path = "receiver/drain.rs"]
mod drain;
#[path = "receiver/grpc.rs"]
mod grpc;
#[path = "receiver/hostile.rs"]
mod hostile;
#[path = "receiver/http.rs"]
mod http;
#[path = "receiver/launch.rs"]
mod launch;
#[path = "receiver/smuggling.rs"]
mod smuggling;
