//! The track API: what is in a request, and what the service says to it.

use super::answer::{Answer, Fault};
use super::json::Strict;
use super::{KEY, Request, check};
use serde_json::{Value, json};
use std::io::Read;

/// How the envelopes stand in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One on each line.
    Lines,
    /// A JSON array.
    Array,
}

/// A request to the track API.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) request: Request,
    /// Length of the body after decompression.
    pub(crate) plain: usize,
    pub(crate) form: Form,
    pub(crate) envelopes: Vec<Came>,
    /// What was answered; 0: nothing.
    pub(crate) status: u16,
    /// Why the body could not be read.
    pub(crate) unreadable: Option<String>,
}

/// An envelope and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) value: Value,
    /// What the schema says against it.
    pub(crate) fault: Option<String>,
    pub(crate) accepted: bool,
}

impl Post {
    /// Reads the body. With `status` 200 everything that is right is accepted.
    pub(super) fn new(request: Request, status: u16) -> Post {
        let form = match request.header("content-type") {
            Some("application/json") => Form::Array,
            _ => Form::Lines,
        };
        let (plain, values, unreadable) = match plain(&request) {
            Err(why) => (0, Vec::new(), Some(why)),
            Ok(plain) => match values(form, &plain) {
                Ok(values) => (plain.len(), values, None),
                Err(why) => (plain.len(), Vec::new(), Some(why)),
            },
        };
        let envelopes = values
            .into_iter()
            .map(|value| {
                let fault = check(&value).err();
                let accepted = fault.is_none() && matches!(status, 200 | 204);
                Came { value, fault, accepted }
            })
            .collect();
        Post { request, plain, form, envelopes, status, unreadable }
    }

    pub(crate) fn accepted(&self) -> impl Iterator<Item = &Value> {
        self.envelopes.iter().filter(|came| came.accepted).map(|came| &came.value)
    }
}

fn plain(request: &Request) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    match request.header("content-encoding") {
        None => return Ok(request.body.clone()),
        Some("gzip") => {}
        Some(other) => return Err(format!("content encoding {other}")),
    }
    let mut decoder = flate2::bufread::GzDecoder::new(&request.body[..]);
    decoder.read_to_end(&mut plain).map_err(|e| format!("gzip: {e}"))?;
    match decoder.into_inner() {
        [] => Ok(plain),
        _ => Err("bytes behind the gzip member".to_owned()),
    }
}

fn values(form: Form, plain: &[u8]) -> Result<Vec<Value>, String> {
    let read = |bytes: &[u8]| {
        serde_json::from_slice::<Strict>(bytes).map(|Strict(value)| value).map_err(|e| e.to_string())
    };
    let values = match form {
        Form::Array => match read(plain)? {
            Value::Array(values) => values,
            _ => return Err("not an array".to_owned()),
        },
        Form::Lines => {
            let plain = plain.strip_suffix(b"\n").unwrap_or(plain);
            plain.split(|byte| *byte == b'\n').map(read).collect::<Result<Vec<_>, _>>()?
        }
    };
    if values.is_empty() { Err("no envelopes".to_owned()) } else { Ok(values) }
}

/// What the service would say; with `faults`, what it is told to say.
pub(super) fn judge(request: Request, faults: Option<Vec<Fault>>) -> (Post, Answer) {
    let content_type = request.header("content-type").map(str::to_owned);
    let mut post = Post::new(request, 200);
    if !matches!(content_type.as_deref(), Some("application/json" | "application/x-json-stream")) {
        return refuse(post, 415, "Unsupported media type");
    }
    if let Some(why) = post.unreadable.clone() {
        return refuse(post, 400, &format!("Invalid body: {why}"));
    }
    if post.envelopes.iter().all(|came| came.value["iKey"] != KEY) {
        return refuse(post, 400, "Invalid instrumentation key");
    }
    let scripted = faults.is_some();
    let faults = faults.unwrap_or_else(|| {
        let faulty = |(index, came): (usize, &Came)| {
            let why = came.fault.as_ref()?;
            Some(Fault { index: index as i64, status: 400, message: format!("109: {why}") })
        };
        post.envelopes.iter().enumerate().filter_map(faulty).collect()
    });
    for fault in &faults {
        if let Some(came) = usize::try_from(fault.index).ok().and_then(|at| post.envelopes.get_mut(at)) {
            came.accepted = false;
        }
    }
    let (received, accepted) = (post.envelopes.len(), post.accepted().count());
    post.status = match accepted {
        _ if scripted => 206,
        _ if accepted == received => 200,
        0 => 400,
        _ => 206,
    };
    let errors: Vec<Value> = faults
        .iter()
        .map(|fault| json!({"index": fault.index, "statusCode": fault.status, "message": fault.message}))
        .collect();
    let body = json!({"itemsReceived": received, "itemsAccepted": accepted, "errors": errors, "appId": null});
    let answer = Answer::status(post.status).body("application/json; charset=utf-8", body.to_string());
    (post, answer)
}

fn refuse(mut post: Post, status: u16, message: &str) -> (Post, Answer) {
    post.status = status;
    post.envelopes.iter_mut().for_each(|came| came.accepted = false);
    (post, Answer::refusal(status, message))
}
