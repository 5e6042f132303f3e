//! What the fault server does to a request.

use std::time::Duration;

/// Where in an exchange a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The connection is made, nothing is read, no TLS is spoken.
    Accept,
    /// The request's headers have been read.
    Headers,
    /// The whole request has been read.
    Reply,
    /// The reply's headers have been sent, its body has not begun.
    Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Reply(Reply),
    /// Says nothing more, for ever.
    Hang(Point),
    /// Closes in the usual way.
    Close(Point),
    /// Closes with a reset.
    Reset(Point),
    /// These bytes at [`Point::Accept`] instead of anything that was expected.
    Garbage(Vec<u8>),
    /// A reply of which one byte comes every hundred milliseconds (HTTP/1.1 only).
    Drip(Reply),
    /// A good reply with a body that never ends.
    Endless,
    /// A reply when the headers have been read and the body has not, and the connection closed.
    Early(Reply),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// gRPC only; empty: the status is among the headers.
    pub(crate) trailers: Vec<(String, String)>,
    pub(crate) delay: Duration,
}

impl Step {
    /// Success in the protocol of the request.
    pub(crate) const OK: Step = Step::Reply(Reply {
        status: 0,
        headers: Vec::new(),
        body: Vec::new(),
        trailers: Vec::new(),
        delay: Duration::ZERO,
    });

    /// An HTTP reply without a body.
    pub(crate) fn status(status: u16) -> Self {
        Step::Reply(Reply { status, ..Reply::default() })
    }

    /// The same, without waiting for the body.
    pub(crate) fn early(status: u16) -> Self {
        Step::Early(Reply { status, ..Reply::default() })
    }

    /// A gRPC reply of this code, with its status behind an empty body.
    pub(crate) fn grpc(code: u32, message: &str) -> Self {
        let trailers = [("grpc-status", code.to_string()), ("grpc-message", message.to_owned())];
        Step::Reply(Reply {
            status: 200,
            trailers: trailers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            ..Reply::default()
        })
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.change(|reply| reply.headers.push((name.to_owned(), value.to_owned())))
    }

    pub(crate) fn trailer(self, name: &str, value: &str) -> Self {
        self.change(|reply| reply.trailers.push((name.to_owned(), value.to_owned())))
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", content_type).change(|reply| reply.body = body.into())
    }

    pub(crate) fn delay(self, delay: Duration) -> Self {
        self.change(|reply| reply.delay = delay)
    }

    fn change(mut self, change: impl FnOnce(&mut Reply)) -> Self {
        match &mut self {
            Step::Reply(reply) | Step::Drip(reply) | Step::Early(reply) => change(reply),
            other => panic!("{other:?} is no reply"),
        }
        self
    }

    /// Where the fault happens; `None` for a reply.
    pub(super) fn point(&self) -> Option<Point> {
        match self {
            Step::Hang(point) | Step::Close(point) | Step::Reset(point) => Some(*point),
            Step::Garbage(_) => Some(Point::Accept),
            Step::Early(_) => Some(Point::Headers),
            Step::Reply(_) | Step::Drip(_) | Step::Endless => None,
        }
    }

    /// Whether the sender may take the request for delivered.
    pub(super) fn accepts(&self) -> bool {
        match self {
            Step::Reply(reply) => {
                let status =
                    reply.trailers.iter().chain(&reply.headers).find(|(name, _)| name == "grpc-status");
                match (reply.status, status) {
                    (0, _) => true,
                    (200..=299, None) => true,
                    (200, Some((_, code))) => code == "0",
                    _ => false,
                }
            }
            Step::Endless => true,
            _ => false,
        }
    }
}
