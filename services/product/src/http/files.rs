//! Shopify files in and out.
//!
//! An import may take longer than a request may. It runs on its own task; if it is not done when
//! most of the time is over, the answer begins without it and blanks, which JSON ignores, are sent
//! until the report can be.

use super::images::broken;
use crate::App;
use crate::error::ProductError;
use crate::ops::export::export_products as export;
use crate::ops::import::{ImportOptions, import_products as import};
use api::product::ImportReport;
use auth::Caller;
use axum::body::Body;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use base::{Error, Kind};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use service::http::{Json, Query, Result};
use std::io;
use std::time::Duration;
use tokio::task::JoinHandle;

/// When the answer begins although the import is not done.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a blank is sent from then on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// How a file is imported.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct Import {
    /// Whether to say what would happen without storing anything.
    #[serde(default)]
    dry_run: bool,
    /// For a part of a file with the header put before it: the line of the whole file on which
    /// its rows begin.
    first_line: Option<u64>,
}

/// Imports a Shopify product file.
///
/// Good rows go in, bad ones are listed by line; the same file again changes nothing. Send
/// `text/csv`, or a form with the member `file`.
#[utoipa::path(post, path = "/api/products/import", tag = "products",
    request_body(content = String, content_type = "text/csv"),
    params(Import), responses((status = 200, body = ImportReport)))]
pub(super) async fn import_products(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Import>,
    request: Request,
) -> Result<Response> {
    run_import(app, caller, &query, request).await
}

/// The same for both addresses of the import.
pub(super) async fn run_import(
    app: App,
    caller: Caller,
    query: &Import,
    request: Request,
) -> Result<Response> {
    let options = ImportOptions { dry_run: query.dry_run, first_line: query.first_line };
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut work: JoinHandle<Outcome> = match kind.as_str() {
        "text/csv" | "application/csv" | "application/vnd.ms-excel" => base::spawn("import", async move {
            let pieces = request.into_body().into_data_stream().map_err(cut_off);
            import(&app, &caller, options, pieces).await
        }),
        "multipart/form-data" => {
            let form = Multipart::from_request(request, &()).await;
            let form =
                form.map_err(|rejection| Error::new(Kind::Malformed, "malformed", rejection.body_text()))?;
            base::spawn("import", import_form(app, caller, options, form))
        }
        _ => {
            return Err(Error::new(
                Kind::UnsupportedMedia,
                "unsupported-media-type",
                "send the file as text/csv",
            )
            .into());
        }
    };
    match tokio::time::timeout(PATIENCE, &mut work).await {
        Ok(done) => Ok(Json(done.map_err(Error::internal)??).into_response()),
        Err(_) => Ok(answer_later(work)),
    }
}

type Outcome = std::result::Result<ImportReport, ProductError>;

fn cut_off(error: axum::Error) -> Error {
    Error::new(Kind::Malformed, "malformed", "the file broke off").caused_by(error)
}

async fn import_form(app: App, caller: Caller, options: ImportOptions, mut form: Multipart) -> Outcome {
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() == Some("file") {
            return import(&app, &caller, options, field.map_err(broken)).await;
        }
    }
    Err(Error::field("/file", "required", "is required").into())
}

/// An answer that begins now and ends with the report. If the import fails after all, it ends
/// early, which no client takes for a report.
fn answer_later(work: JoinHandle<Outcome>) -> Response {
    let blanks = futures::stream::unfold(Some(work), |work| async move {
        let mut work = work?;
        match tokio::time::timeout(SIGN_OF_LIFE, &mut work).await {
            Err(_) => Some((Ok(Bytes::from_static(b" ")), Some(work))),
            Ok(done) => {
                let report =
                    done.map_err(io::Error::other).and_then(|outcome| outcome.map_err(io::Error::other));
                let json = report.and_then(|report| serde_json::to_vec(&report).map_err(io::Error::other));
                Some((json.map(Bytes::from), None))
            }
        }
    });
    let mut response = Body::from_stream(blanks).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// Exports the catalogue as a Shopify product file; archived products are left out.
#[utoipa::path(get, path = "/api/products/export.csv", tag = "products",
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn export_products(State(app): State<App>) -> Result<Response> {
    run_export(&app).await
}

/// The same for both addresses of the export.
pub(super) async fn run_export(app: &App) -> Result<Response> {
    let pieces = export(app).await?;
    let mut response = Body::from_stream(pieces.map_err(io::Error::other).boxed()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"products.csv\""));
    Ok(response)
}
