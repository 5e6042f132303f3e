//! Makes complete telemetry of what the built-in shims send (`shims/CONTRACT.md`).
//!
//! A shim tells what it saw, as it saw it; names, addresses, results and what must not be told are
//! made here, once, for all languages. Requests are read in place and written anew, without structs
//! in between. A span that cannot be read is dropped: nobody knows what it would tell, and a decoder
//! refuses the whole request for it.

mod count;
mod database;
mod forwarded;
mod http;
mod method;
mod secrets;
mod slot;
mod span;
#[cfg(test)]
mod tests;
mod url;

use super::parts::{Open, Part};
use super::requests::Requests;
use super::sql::Statement;
use crate::otlp::view::Scope;
use crate::otlp::wire::{Fields, Value, WireError, each_message};
use crate::otlp::write::put_message;
use crate::otlp::{Batch, Signal};
use crate::settings::RequestMetrics;
use method::Methods;
use slot::Slot;
use span::{CLIENT, Edit, SERVER, Span};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Scopes of the shims' own spans are named after it.
const OWN: &str = "otel_run.";

/// Completes the spans of shims, and counts them.
#[derive(Debug)]
pub struct Completion {
    methods: Methods,
    requests: Option<Mutex<Requests>>,
    /// Something was counted.
    begun: Notify,
}

/// What became of a request.
#[derive(Debug)]
pub struct Completed {
    /// What is exported; `None` when nothing is left.
    pub sampled: Option<Batch>,
    /// What was counted, and is not exported: spans of traces that nobody wants.
    pub unsampled: Option<Batch>,
    /// How many spans are lost, since they cannot be read.
    pub unreadable: u64,
}

impl Completion {
    /// `known_methods`: those of HTTP that keep their names, if others than those of the conventions.
    /// `metrics`: how metrics of requests are told, if anybody wants them.
    pub fn new(known_methods: &[String], metrics: Option<RequestMetrics>) -> Completion {
        let requests = metrics.map(|metrics| Mutex::new(Requests::new(metrics)));
        Completion { methods: Methods::new(known_methods), requests, begun: Notify::new() }
    }

    /// Completes the spans of a request that a shim has sent. They are counted by [`Completion::count`].
    pub fn complete(&self, batch: &Batch) -> Completed {
        if batch.signal() != Signal::Traces {
            return Completed { sampled: Some(batch.clone()), unsampled: None, unreadable: 0 };
        }
        let nothing = Completed { sampled: None, unsampled: None, unreadable: batch.items() };
        // A mistake here must not harm, nor let anything through that must not be told.
        let written = catch_unwind(AssertUnwindSafe(|| self.write(batch.bytes())));
        let Ok(Ok([sampled, unsampled])) = written else { return nothing };
        let unreadable = batch.items().saturating_sub(sampled.items + unsampled.items);
        match (sampled.made(Signal::Traces), unsampled.made(Signal::Traces)) {
            (Ok(sampled), Ok(unsampled)) => Completed { sampled, unsampled, unreadable },
            _ => nothing,
        }
    }

    /// The metrics of requests, while somebody wants them.
    pub fn requests(&self) -> Option<MutexGuard<'_, Requests>> {
        self.requests.as_ref().map(|requests| requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something was counted.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    /// The request in two: what is sampled, and what is not.
    fn write(&self, request: &[u8]) -> Result<[Part; 2], WireError> {
        let mut parts = [Part::with_capacity(request.len() + request.len() / 2), Part::with_capacity(0)];
        let mut work = Work::new();
        let mut fields = Fields::new(request);
        while let Some((number, value, whole)) = fields.next_whole()? {
            let (1, Value::Bytes(group)) = (number, value) else {
                parts.iter_mut().for_each(|part| part.add(whole));
                continue;
            };
            let open = Open::begin(&mut parts, 1);
            self.group(group, &mut work, &mut parts)?;
            open.end(&mut parts);
        }
        Ok(parts)
    }

    /// The spans of a resource.
    fn group<'a>(
        &self,
        group: &'a [u8],
        work: &mut Work<'a>,
        parts: &mut [Part; 2],
    ) -> Result<(), WireError> {
        let mut fields = Fields::new(group);
        while let Some((number, value, whole)) = fields.next_whole()? {
            let (2, Value::Bytes(scope)) = (number, value) else {
                parts.iter_mut().for_each(|part| part.add(whole));
                continue;
            };
            let open = Open::begin(parts, 2);
            let whose = whose(scope);
            let mut fields = Fields::new(scope);
            while let Some((number, value, whole)) = fields.next_whole()? {
                match (number, value) {
                    (2, Value::Bytes(span)) => match whose {
                        Ok(Whose::Ours) => self.span(span, work, parts),
                        Ok(Whose::Others) => {
                            let place = usize::from(!span::is_sampled(span).unwrap_or(true));
                            parts.get_mut(place).into_iter().for_each(|part| part.add_item(whole));
                        }
                        Err(_) => {}
                    },
                    _ => parts.iter_mut().for_each(|part| part.add(whole)),
                }
            }
            open.end(parts);
        }
        Ok(())
    }

    /// A span of ours. It is not written when it cannot be read.
    fn span<'a>(&self, message: &'a [u8], work: &mut Work<'a>, [sampled, unsampled]: &mut [Part; 2]) {
        let Work { span, edit, statement } = work;
        edit.clear();
        if span.read(message).is_err() {
            return;
        }
        secrets::hide(span, statement, edit);
        let is_http = span.known.has(Slot::HttpRequestMethod);
        match span.kind {
            SERVER if is_http || span.known.has(Slot::UrlPath) => {
                http::server(span, &self.methods, edit);
            }
            CLIENT if is_http => http::client(span, &self.methods, edit),
            CLIENT if span.known.has(Slot::DbSystemName) => database::call(span, statement, edit),
            _ => {}
        }
        let part = if span.timing.sampled { sampled } else { unsampled };
        put_message(&mut part.out, 2, |out| span.write(edit, out));
        part.items += 1;
    }
}

/// Room that is used again for each span.
struct Work<'a> {
    span: Span<'a>,
    edit: Edit,
    statement: Statement,
}

impl Work<'_> {
    fn new() -> Self {
        Work { span: Span::new(), edit: Edit::new(), statement: Statement::default() }
    }
}

#[derive(Clone, Copy)]
enum Whose {
    Ours,
    /// The application's own tracers.
    Others,
}

fn whose(scope: &[u8]) -> Result<Whose, WireError> {
    let mut whose = Whose::Others;
    each_message(scope, 1, |message| {
        let is_ours = Scope::read(message)?.name.starts_with(OWN);
        whose = if is_ours { Whose::Ours } else { Whose::Others };
        Ok(())
    })?;
    Ok(whose)
}
