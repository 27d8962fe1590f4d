//! A middleware of one function. axum's `from_fn` does the same with extractors and with what is
//! within boxed once more; each request pays for both.

use axum::extract::Request;
use axum::response::Response;
use axum::routing::Route;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::convert::Infallible;
use std::future::Future;
use std::task::{Context, Poll};
use tower::layer::layer_fn;
use tower::{Layer, Service, ServiceExt as _};

/// What [`around`] makes of a route.
#[derive(Clone)]
pub struct Around<F> {
    work: F,
    inner: Route,
}

/// A layer that answers with `work`, which gets the request and what is within.
pub fn around<F, A>(work: F) -> impl Layer<Route, Service = Around<F>> + Clone
where
    F: Fn(Request, Route) -> A + Clone,
    A: Future<Output = Response> + Send + 'static,
{
    layer_fn(move |inner| Around { work: work.clone(), inner })
}

/// The answer of what is within.
pub async fn answer_of(inner: Route, request: Request) -> Response {
    inner.oneshot(request).await.unwrap_or_else(|never| match never {})
}

impl<F, A> Service<Request> for Around<F>
where
    F: Fn(Request, Route) -> A,
    A: Future<Output = Response> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // `answer_of` waits for what is within.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        (self.work)(request, self.inner.clone()).map(Ok).boxed()
    }
}
