//! `GET /api/status`: whether the platform works, without details.

use super::App;
use axum::extract::State;
use bytes::Bytes;
use futures::future::join_all;
use serde::Serialize;
use service::http::{Json, Result};
use std::time::Duration;

/// Services a shop cannot do without.
const NEEDED: [&str; 7] = ["user", "product", "inventory", "cart", "order", "payment", "notification"];

/// Whether the platform works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Health {
    /// Everything answers.
    Up,
    /// Something does not.
    Degraded,
    /// Nothing does.
    Down,
}

/// State of the platform.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Status {
    /// Whether it works.
    status: Health,
}

/// Whether the platform works.
#[utoipa::path(get, path = "/api/status", tag = "platform", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(app): State<App>) -> Result<Json<Status>> {
    if let Some(known) = app.cache.get("gateway:status").await {
        return Ok(Json(Status { status: by_count(usize::from(known[0])) }));
    }
    let ask = |name: &'static str| app.peers.of(name);
    let answers = join_all(NEEDED.map(|name| {
        let peer = ask(name);
        async move { peer.get("/health/ready").timeout(Duration::from_secs(1)).send_bytes().await.is_ok() }
    }));
    let good = answers.await.into_iter().filter(|good| *good).count();
    app.cache.put("gateway:status", Bytes::from(vec![good as u8]), Duration::from_secs(2)).await;
    Ok(Json(Status { status: by_count(good) }))
}

fn by_count(good: usize) -> Health {
    match good {
        0 => Health::Down,
        good if good == NEEDED.len() => Health::Up,
        _ => Health::Degraded,
    }
}
