//! The transport to a service in this process: its router.

use crate::Transport;
use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceExt as _, service_fn};

/// Carries requests to `router`, each on its own task: a caller that goes away must not drop
/// the callee between two of its commits.
pub fn local(router: Router) -> Transport {
    BoxCloneSyncService::new(service_fn(move |request: Request<Body>| {
        let router = router.clone();
        async move {
            let call = base::spawn("local-peer", router.oneshot(request));
            let answer: Response<Body> =
                call.await.map_err(BoxError::from)?.unwrap_or_else(|never| match never {});
            Ok(answer)
        }
    }))
}
