//! One file from a server, for `bootstrap`: bounded in time and size, redirects followed within reason.

use super::exchange::failure;
use super::https::{Identity, Version, client, tls};
use crate::settings::ProxySettings;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, LOCATION, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use std::io::Write;
use std::time::Duration;

/// Longest silence, before the answer and within it.
const SILENCE: Duration = Duration::from_secs(30);
/// Longest time for all of it.
const LONGEST: Duration = Duration::from_secs(15 * 60);
const REDIRECTS: usize = 5;

/// What to fetch, and how much of it at most.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// `http` or `https`; a user and a password may stand in it, percent-encoding is not undone.
    pub url: &'a str,
    pub proxy: Option<&'a ProxySettings>,
    /// Bytes.
    pub longest: u64,
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server knows no such file.
    Absent,
    /// In words, without the URL.
    Other(String),
}

impl Download<'_> {
    /// Writes the file to `into`, and tells `progress` the bytes so far and, if it is known, their total.
    pub fn to(self, into: &mut dyn Write, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<(), Refusal> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Refusal::Other(format!("no runtime: {error}")))?;
        let done =
            runtime.block_on(async { tokio::time::timeout(LONGEST, self.fetch(into, progress)).await });
        // A look-up that hangs is not waited for.
        runtime.shutdown_background();
        done.unwrap_or_else(|_| Err(Refusal::Other(format!("it takes longer than {} s", LONGEST.as_secs()))))
    }

    async fn fetch(
        self,
        into: &mut dyn Write,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), Refusal> {
        let response = self.open().await?;
        let total = response.body().size_hint().exact();
        let too_large = || Refusal::Other(format!("it is larger than {} MB", self.longest >> 20));
        if total.is_some_and(|total| total > self.longest) {
            return Err(too_large());
        }
        let mut body = response.into_body();
        let mut so_far = 0;
        while let Some(frame) = within(body.frame()).await? {
            let frame = frame.map_err(|error| Refusal::Other(failure::of_reply(&error).text))?;
            let Ok(data) = frame.into_data() else { continue };
            so_far += data.len() as u64;
            if so_far > self.longest {
                return Err(too_large());
            }
            into.write_all(&data).map_err(|error| Refusal::Other(format!("cannot be written: {error}")))?;
            progress(so_far, total);
        }
        Ok(())
    }

    /// The answer with status 200, wherever it is.
    async fn open(&self) -> Result<Response<Incoming>, Refusal> {
        let other = |text: &str| Refusal::Other(text.to_owned());
        let mut uri: Uri = self.url.parse().map_err(|_| other("it is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(other("its URL is neither http nor https"));
        }
        let tls = tls(&Identity::default(), true).map_err(|error| Refusal::Other(error.what))?;
        let client = client(Version::Http1, Some(tls), self.proxy);
        let login = authorization(&uri);
        let home = uri.authority().cloned();
        for _ in 0..=REDIRECTS {
            let mut request = Request::get(without_login(&uri)).header(USER_AGENT, "otel-run");
            // The password is for the server that was named, not for those to which it leads.
            if let Some(login) = login.as_ref().filter(|_| uri.authority() == home.as_ref()) {
                request = request.header(AUTHORIZATION, login);
            }
            let request =
                request.body(Empty::<Bytes>::new()).map_err(|_| other("its URL cannot be asked for"))?;
            let response = within(client.request(request)).await?;
            let response = response.map_err(|error| Refusal::Other(failure::of_request(&error).text))?;
            match response.status() {
                StatusCode::OK => return Ok(response),
                StatusCode::NOT_FOUND | StatusCode::GONE => return Err(Refusal::Absent),
                status if status.is_redirection() => uri = led_to(&uri, &response)?,
                status => return Err(Refusal::Other(format!("HTTP {}", status.as_u16()))),
            }
        }
        Err(other("it redirects without end"))
    }
}

async fn within<T>(future: impl Future<Output = T>) -> Result<T, Refusal> {
    let done = tokio::time::timeout(SILENCE, future).await;
    done.map_err(|_| Refusal::Other(format!("no answer within {} s", SILENCE.as_secs())))
}

/// `user:password@` as the header that says the same.
fn authorization(uri: &Uri) -> Option<String> {
    let (login, _) = uri.authority()?.as_str().rsplit_once('@')?;
    Some(format!("Basic {}", BASE64_STANDARD.encode(login)))
}

fn without_login(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{}://{host}{path}", uri.scheme_str().unwrap_or("http"))
}

/// Where a redirect leads; never from TLS to none.
fn led_to(from: &Uri, response: &Response<Incoming>) -> Result<Uri, Refusal> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = match location {
        path if path.starts_with('/') && !path.starts_with("//") => {
            let authority = from.authority().map_or("", |authority| authority.as_str());
            format!("{}://{authority}{path}", from.scheme_str().unwrap_or("http"))
        }
        other => other.to_owned(),
    };
    let safe =
        text.starts_with("https://") || (text.starts_with("http://") && from.scheme_str() == Some("http"));
    match text.parse::<Uri>() {
        Ok(uri) if safe && uri.authority().is_some() => Ok(uri),
        _ => Err(Refusal::Other("it redirects to where we do not follow".to_owned())),
    }
}
