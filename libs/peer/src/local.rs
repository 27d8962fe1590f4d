//! The transport to a service in this process: its router.

use crate::Transport;
use axum::Router;
use axum::body::Body;
use futures::FutureExt as _;
use http::{Method, Request, Response};
use std::sync::Arc;
use tower::{BoxError, ServiceExt as _};

/// Carries requests to `router`. What may change something runs on a task of its own: a caller
/// that goes away must not drop the callee between two of its commits. What only reads ends with
/// its caller.
pub fn local(router: Router) -> Transport {
    Arc::new(move |request: Request<Body>| {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let answer = router.clone().oneshot(request);
        if reads {
            return async move { Ok(answered(answer.await)) }.boxed();
        }
        let call = base::spawn("local-peer", answer);
        async move { Ok(answered(call.await.map_err(BoxError::from)?)) }.boxed()
    })
}

fn answered(answer: Result<Response<Body>, std::convert::Infallible>) -> Response<Body> {
    answer.unwrap_or_else(|never| match never {})
}
