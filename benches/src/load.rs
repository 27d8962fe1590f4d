//! Connections that send one request after the other, and the times their answers took.

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures::future::try_join_all;
use http::header::{CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// One keep-alive connection.
pub(crate) struct Connection {
    address: String,
    sender: SendRequest<Full<Bytes>>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {:?}", self.status, self.body))
    }
}

impl Connection {
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        drop(base::spawn("connection", connection));
        Ok(Self { address: address.to_owned(), sender })
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, String)],
        body: Option<String>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.address);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(Bytes::from(body.unwrap_or_default())))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.collect().await?.to_bytes() })
    }

    /// GETs a path that must answer 200.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let answer = self.send(Method::GET, path, &[], None).await?;
        if answer.status != StatusCode::OK {
            bail!("{path}: {} {:?}", answer.status, answer.body);
        }
        Ok(answer)
    }
}

/// What a load reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p99_ms: f64,
}

/// Runs `step` over and over on each of the `states` for `time`.
pub(crate) async fn run<S, F>(
    states: Vec<S>,
    time: Duration,
    step: impl Fn(S) -> F + Clone + Send + 'static,
) -> anyhow::Result<Measured>
where
    S: Send + 'static,
    F: Future<Output = anyhow::Result<S>> + Send,
{
    let started = Instant::now();
    let tasks = states.into_iter().map(|mut state| {
        let step = step.clone();
        base::spawn("load", async move {
            let mut times = Vec::new();
            while started.elapsed() < time {
                let begun = Instant::now();
                state = step(state).await?;
                times.push(begun.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for result in try_join_all(tasks).await? {
        times.extend(result?);
    }
    let took = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Measured { per_second: times.len() as f64 / took, p99_ms: p99.as_secs_f64() * 1000.0 })
}

/// Connections to `address`.
pub(crate) async fn connections(address: &str, count: usize) -> anyhow::Result<Vec<Connection>> {
    try_join_all((0..count).map(|_| Connection::open(address))).await
}
