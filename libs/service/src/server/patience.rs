//! How long a connection may rest, and how long the head of a request may take: hyper knows one
//! timer for both, which begins when the connection starts to rest.

use axum::body::Body;
use bytes::Bytes;
use http::Version;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::future::Future as _;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// No request is begun.
const IDLE: u8 = 0;
/// The head of a request is on its way.
const HEAD: u8 = 1;
/// A request is being answered.
const BUSY: u8 = 2;
/// HTTP/2, which has pings and streams instead.
const HTTP2: u8 = 3;

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// What a connection is doing, known to its stream and to the answers on it.
#[derive(Clone, Default)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    /// A head of this version has arrived.
    pub(super) fn busy(&self, version: Version) {
        self.set(if version == Version::HTTP_2 { HTTP2 } else { BUSY });
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, phase: u8) {
        self.0.store(phase, Ordering::Relaxed);
    }

    fn answered(&self) {
        // Nothing to do for HTTP/2.
        let _was = self.0.compare_exchange(BUSY, IDLE, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// A stream that ends when it rests too long, and fails when a head takes too long.
pub(super) struct Patient<T> {
    stream: T,
    phase: Phase,
    head: Duration,
    idle: Duration,
    /// The phase the timer runs for.
    armed: Option<u8>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<T> Patient<T> {
    /// `head` and `idle` are the times of the two phases.
    pub(super) fn new(stream: T, phase: Phase, head: Duration, idle: Duration) -> Self {
        Self { stream, phase, head, idle, armed: None, timer: None }
    }

    fn took(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && self.phase.get() == IDLE {
            self.phase.set(if bytes.starts_with(PREFACE) { HTTP2 } else { HEAD });
            self.armed = None;
        }
    }

    fn wrote(&mut self) {
        // The last answer is still being taken: that is no rest.
        if self.armed == Some(IDLE) {
            self.armed = None;
        }
    }

    /// Ready when the time of the present phase is over.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let phase = self.phase.get();
        let limit = match phase {
            IDLE => self.idle,
            HEAD => self.head,
            _ => return Poll::Pending,
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(Instant::now())));
        if self.armed != Some(phase) {
            timer.as_mut().reset(Instant::now() + limit);
            self.armed = Some(phase);
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(if phase == IDLE { Ok(()) } else { Err(ErrorKind::TimedOut.into()) })
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                self.took(&buffer.filled()[before..]);
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_patience(context),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.wrote();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, pieces));
        self.wrote();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The body of an answer; when it goes, the connection rests.
pub(super) struct Answering {
    body: Body,
    phase: Phase,
}

impl Answering {
    /// Notes in `phase` when `body` was sent.
    pub(super) fn new(body: Body, phase: Phase) -> Self {
        Self { body, phase }
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.phase.answered();
    }
}
