//! What all requests come through, whichever protocol they speak.

use super::intake::Intake;
use super::refusal::Refusal;
use super::reply::{Encoding, Payload};
use super::{grpc, http as otlp_http, reply, track};
use crate::otlp::Signal;
use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::request::Parts;
use http::{HeaderValue, Request, Response, Version};
use http_body::Body;
use http_body_util::BodyExt;
use std::fmt::Display;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Bytes of a refused body that are read to keep its connection ...
const REST: usize = 1 << 20;
/// ... and the time for them.
const REST_TIME: Duration = Duration::from_secs(1);

/// One listener's entrance; shared by its connections.
pub(super) struct Front {
    pub(super) intake: Intake,
}

impl Front {
    /// Answers one request, whatever it is and whatever happens.
    pub(super) async fn answer<B>(&self, request: Request<B>) -> Response<Payload>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Display,
    {
        let (head, mut body) = request.into_parts();
        let call = grpc::is_call(&head);
        let answer = async {
            if call {
                grpc::answer(&self.intake, &head, &mut body).await
            } else if track::is_call(&head) && self.intake.guard.check_site(&head).is_ok() {
                track::answer(&head)
            } else {
                otlp_http::answer(&self.intake, &head, &mut body).await
            }
        };
        let (mut response, usable) = match caught(answer).await {
            // HTTP/2 has a stream for each body, so there nothing stands in the way.
            Some(response) => {
                (response, head.version >= Version::HTTP_2 || rest_is_read(&head, &mut body).await)
            }
            None => (self.panicked(&head, call), false),
        };
        if !usable && head.version < Version::HTTP_2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn panicked(&self, head: &Parts, call: bool) -> Response<Payload> {
        let path = head.uri.path();
        let signal =
            Signal::ALL.into_iter().find(|signal| [signal.path(), signal.grpc_path()].contains(&path));
        let refusal = Refusal::internal();
        self.intake.count(signal, &refusal);
        if call { grpc::refused(&refusal) } else { reply::refused(Encoding::Json, &refusal) }
    }
}

/// `None`: it panicked. The panic itself is told by the panic hook.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Reads and forgets what a refused request still sends, so that its connection can be
/// used again. Gives up when that is much, or slow, or was not even sent yet.
async fn rest_is_read<B>(head: &Parts, body: &mut B) -> bool
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return true;
    }
    if head.headers.contains_key(EXPECT) {
        return false;
    }
    let read = async {
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            length += frame.data_ref().map_or(0, Bytes::len);
            if length > REST {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(REST_TIME, read).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::export::Pipeline;
    use crate::otlp::PerSignal;
    use crate::receive::guard::Guard;
    use crate::receive::limits::{Budget, IN_FLIGHT};
    use http_body::Frame;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::Context;

    /// A body that brings its reader down.
    struct Fault;

    impl Body for Fault {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("injected by a test");
        }
    }

    /// RCV-12: a panic ends its request and nothing else, and is counted.
    #[tokio::test]
    async fn a_panic_is_an_internal_error() {
        let account = Account::new();
        let intake = Intake {
            guard: Guard::new("token".into(), "127.0.0.1:4318".parse().unwrap()),
            budget: Budget::new(IN_FLIGHT),
            pipeline: Pipeline::new(PerSignal::default(), account.clone()),
        };
        let front = Front { intake };
        let request = |path: &str, kind: &str| {
            let request = Request::post(path).header("host", "127.0.0.1:4318").header("content-type", kind);
            request.header("x-otel-run-token", "token")
        };
        let http = request("/v1/traces", "application/x-protobuf");
        let response = front.answer(http.body(Fault).unwrap()).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["connection"], "close");
        let grpc = request(Signal::Logs.grpc_path(), "application/grpc").version(Version::HTTP_2);
        let response = front.answer(grpc.body(Fault).unwrap()).await;
        assert_eq!(response.headers()["grpc-status"], "13");
        let after = request("/v1/traces", "application/x-protobuf");
        let response = front.answer(after.body(http_body_util::Empty::new()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(
            account.lines(),
            [
                "account: refused 1 logs requests (internal error)",
                "account: refused 1 traces requests (internal error)"
            ]
        );
    }
}
