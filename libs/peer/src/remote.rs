//! The transport to a process at a known address, over plain HTTP/1.1. It carries an operator's
//! commands to a running shop; calls between services over a network add their layers on top.

use crate::Transport;
use axum::body::Body;
use futures::FutureExt as _;
use http::uri::Authority;
use http::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::time::Duration;
use tower::BoxError;

/// Carries requests to `authority`, e.g. `127.0.0.1:8081`.
pub fn remote(authority: Authority) -> Transport {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(Duration::from_millis(500)));
    connector.set_nodelay(true);
    let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build(connector);
    Arc::new(move |mut request: Request<Body>| {
        let client = client.clone();
        let authority = authority.clone();
        async move {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let uri = Uri::builder().scheme("http").authority(authority).path_and_query(path).build();
            *request.uri_mut() = uri.map_err(BoxError::from)?;
            let response = client.request(request).await.map_err(BoxError::from)?;
            Ok(response.map(Body::new))
        }
        .boxed()
    })
}
