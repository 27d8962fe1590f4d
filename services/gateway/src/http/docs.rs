//! The API reference: the documents of all services merged, in a viewer that is part of the binary.

use super::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::{Error, Kind};
use bytes::Bytes;
use futures::future::join_all;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::{Map, Value, json};
use service::http::{Path, Result};
use std::time::Duration;

/// Services whose documents are merged.
const SERVICES: [&str; 8] =
    ["gateway", "user", "product", "inventory", "cart", "order", "payment", "notification"];

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
<link rel="stylesheet" href="/api/docs/viewer.css">
</head>
<body>
<div id="reference"><noscript>The reference needs JavaScript; its source is <a href="/api/openapi.json">openapi.json</a>.</noscript></div>
<script src="/api/docs/viewer.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"#;

const START: &str = "window.addEventListener('load', () => SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#reference', deepLinking: true, tryItOutEnabled: true, displayRequestDuration: true }));\n";

// The viewer styles its elements inline; scripts stay limited to our own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /api/docs`.
pub(super) async fn page() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)], PAGE).into_response()
}

/// `GET /api/docs/{file}`.
pub(super) async fn file(Path(name): Path<String>) -> Result<Response> {
    let (kind, body) = match name.as_str() {
        "viewer.js" => ("text/javascript; charset=utf-8", include_str!("../../vendor/swagger-ui-bundle.js")),
        "viewer.css" => ("text/css; charset=utf-8", include_str!("../../vendor/swagger-ui.css")),
        "start.js" => ("text/javascript; charset=utf-8", START),
        _ => return Err(Error::not_found("file").into()),
    };
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=86400")], body).into_response())
}

/// `GET /api/openapi.json`: the public operations of all services.
pub(super) async fn merged(State(app): State<App>) -> Result<Response> {
    let json = "application/json; charset=utf-8";
    if let Some(known) = app.cache.get("gateway:openapi").await {
        return Ok(([(CONTENT_TYPE, json)], known).into_response());
    }
    let documents = join_all(SERVICES.map(|name| {
        let peer = app.peers.of(name);
        async move { peer.get("/openapi.json").send::<Value>().await.ok() }
    }));
    let merged = merge(documents.await.into_iter().flatten());
    let text = serde_json::to_vec(&merged).map_err(|error| {
        Error::new(Kind::Internal, "internal", "the reference cannot be written").caused_by(error)
    })?;
    let text = Bytes::from(text);
    app.cache.put("gateway:openapi", text.clone(), Duration::from_mins(1)).await;
    Ok(([(CONTENT_TYPE, json)], text).into_response())
}

/// One document with the public paths and all components of many.
fn merge(documents: impl Iterator<Item = Value>) -> Value {
    let mut paths = Map::new();
    let mut components = Map::new();
    for mut document in documents {
        if let Some(Value::Object(found)) = document.get_mut("paths").map(Value::take) {
            let public = found
                .into_iter()
                .filter(|(path, _)| path.starts_with("/api/") || path.starts_with("/.well-known/"));
            for (path, item) in public {
                let place = paths.entry(path).or_insert_with(|| json!({}));
                if let (Value::Object(place), Value::Object(item)) = (place, item) {
                    place.extend(item);
                }
            }
        }
        if let Some(Value::Object(found)) = document.get_mut("components").map(Value::take) {
            for (kind, found) in found {
                let place = components.entry(kind).or_insert_with(|| json!({}));
                if let (Value::Object(place), Value::Object(found)) = (place, found) {
                    place.extend(found);
                }
            }
        }
    }
    let bearer = json!({ "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } });
    components.insert("securitySchemes".to_owned(), bearer);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Emporion", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0 OR MIT" } },
        "paths": paths,
        "components": components,
        "security": [{}, { "bearer": [] }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_operations_are_not_shown_and_methods_of_one_path_are_joined() {
        let one = json!({"paths": {"/api/a": {"get": 1}, "/internal/a": {"get": 1}}, "components": {"schemas": {"A": {}}}});
        let two = json!({"paths": {"/api/a": {"post": 2}}, "components": {"schemas": {"B": {}}, "responses": {"R": {}}}});
        let merged = merge([one, two].into_iter());
        assert_eq!(merged["paths"], json!({"/api/a": {"get": 1, "post": 2}}));
        assert_eq!(merged["components"]["schemas"], json!({"A": {}, "B": {}}));
        assert_eq!(merged["components"]["responses"], json!({"R": {}}));
    }
}
