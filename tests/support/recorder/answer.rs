//! What is answered, when it is not what the service would say.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Reply(Reply),
    /// The judgement of the service, with these faults in place of its own (206).
    Partial(Vec<Fault>),
    /// Reads the request and says nothing, for ever.
    Never,
    /// Reads the request and closes the connection.
    Close,
    /// Answers before the body was read, and closes.
    Early(Reply),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) delay: Duration,
}

/// One of the `errors` of a 206.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) index: i64,
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(index: i64, status: u16, message: &str) -> Self {
        Fault { index, status, message: message.to_owned() }
    }
}

impl Answer {
    /// A reply without a body.
    pub(crate) fn status(status: u16) -> Self {
        Answer::Reply(Reply { status, ..Reply::default() })
    }

    /// The reply that the service gives when nothing in the request was accepted.
    pub(crate) fn refusal(status: u16, message: &str) -> Self {
        let error = serde_json::json!({"index": 0, "statusCode": status, "message": message});
        let body = serde_json::json!({"itemsReceived": 1, "itemsAccepted": 0, "errors": [error]});
        Answer::status(status).body("application/json", body.to_string())
    }

    pub(crate) fn early(status: u16) -> Self {
        Answer::Early(Reply { status, ..Reply::default() })
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.change(|reply| reply.headers.push((name.to_owned(), value.to_owned())))
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", content_type).change(|reply| reply.body = body.into())
    }

    pub(crate) fn delay(self, delay: Duration) -> Self {
        self.change(|reply| reply.delay = delay)
    }

    fn change(mut self, change: impl FnOnce(&mut Reply)) -> Self {
        match &mut self {
            Answer::Reply(reply) | Answer::Early(reply) => change(reply),
            other => panic!("{other:?} is no reply"),
        }
        self
    }
}
