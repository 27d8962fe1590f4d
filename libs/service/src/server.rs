//! The HTTP server, built by hand because `axum::serve` sets no header timer: limits on
//! connections, headers and streams, and a graceful end. Numbers are those of security.md §3.

mod patience;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base::{Error, Result};
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use patience::{Answering, Patient, Phase};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

/// The address a request's connection came from.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddress(pub SocketAddr);

/// Limits of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections per address; IPv6 counts by /64.
    pub connections_per_address: usize,
    /// The time in which a request's headers must have arrived, from their first byte on.
    pub header_read: Duration,
    /// How long a connection may rest between two requests (HTTP/1).
    pub idle: Duration,
    /// The bytes a request's head may have.
    pub header_bytes: usize,
    /// The header fields a request may have.
    pub headers: usize,
    /// How long requests in progress may take to end when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 200,
            header_read: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            header_bytes: 32 * 1024,
            headers: 100,
            drain: Duration::from_secs(20),
        }
    }
}

/// Opens a listener on `address`, e.g. `127.0.0.1:8080`.
///
/// # Errors
/// 503 `unavailable` that says which address and why.
pub async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::unavailable(format!("cannot listen on {address}: {error}")))
}

/// Serves `router` until `stop` turns true, then lets requests in progress end within the limit.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let per_address = Arc::new(PerAddress::default());
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles or the like: wait a little instead of spinning.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let Some(seat) = per_address.enter(address.ip(), limits.connections_per_address) else { continue };
        connection(stream, address, router.clone(), limits, &graceful, (place, seat));
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            seconds = limits.drain.as_secs(),
            "some requests were still running when the server stopped"
        );
    }
}

fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    limits: Limits,
    graceful: &GracefulShutdown,
    held: (OwnedSemaphorePermit, Seat),
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let phase = Phase::default();
    let asked = phase.clone();
    let stream = Patient::new(stream, phase.clone(), limits.header_read, limits.idle);
    let service = router
        .map_request(move |request: Request<Incoming>| {
            asked.busy(request.version());
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(RemoteAddress(address));
            request
        })
        .map_response(move |response: Response| response.map(|body| Answering::new(body, phase.clone())));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Hyper's own timer begins when a connection rests; `Patient` tells rest from a slow head.
        .header_read_timeout(limits.idle + limits.header_read)
        .max_headers(limits.headers)
        .max_buf_size(limits.header_bytes)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(16 * 1024)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .keep_alive_interval(Some(Duration::from_secs(75)));
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
    let connection = graceful.watch(connection);
    drop(base::spawn("connection", async move {
        let _held = held;
        if let Err(error) = connection.await {
            tracing::debug!(error, "a connection ended early");
        }
    }));
}

#[derive(Default)]
struct PerAddress(Mutex<HashMap<IpAddr, usize>>);

struct Seat {
    table: Arc<PerAddress>,
    address: IpAddr,
}

impl PerAddress {
    fn enter(self: &Arc<Self>, address: IpAddr, limit: usize) -> Option<Seat> {
        let address = network(address);
        let mut table = self.0.lock().expect("no panic while holding this lock");
        let count = table.entry(address).or_insert(0);
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Seat { table: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.table.0.lock().expect("no panic while holding this lock");
        if let Some(count) = table.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                table.remove(&self.address);
            }
        }
    }
}

/// The address limits count by: IPv4 as it is, IPv6 by its /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::V6(segments.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
