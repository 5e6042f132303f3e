//! OTLP in: one loopback port that takes OTLP/HTTP (protobuf and JSON) over HTTP/1.1 and
//! HTTP/2, and OTLP/gRPC.
//!
//! A request passes: connection -> guard (token, host) -> body (limits, decompression) ->
//! structural check -> pipeline. It is acknowledged when the pipeline owns it.

mod bind;
mod body;
mod connection;
mod framing;
mod front;
mod grpc;
mod guard;
mod http;
mod inflate;
mod intake;
mod limits;
mod owner;
mod pulse;
mod receiver;
mod refusal;
mod reply;
mod socket;
mod track;
mod traffic;

pub use bind::{Ingress, bind};
pub use guard::TOKEN_HEADER;
pub use receiver::Receiver;
