//! The built-in mailbox: pages for people, JSON for programs, by `Accept`.

use super::page;
use crate::App;
use crate::ops;
use api::notification::{MailboxMail, MailboxMails, MailboxSummary, ReadMailbox};
use auth::Caller;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::page::Page;
use http::HeaderMap;
use http::header::ACCEPT;
use service::http::{Json, Path, Query, Result};
use uuid::Uuid;

/// Lists the mails in the built-in mailbox, the newest first.
#[utoipa::path(get, path = "/api/mailbox", tag = "mailbox", params(ReadMailbox),
    responses((status = 200, content((Page<MailboxSummary> = "application/json"), (String = "text/html")))))]
pub(super) async fn list_mails(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<ReadMailbox>,
) -> Result<Response> {
    let to = query.to.clone();
    let mails = ops::list_mails(&app, &caller, query).await?;
    Ok(if wants_page(&headers) { page::list(&mails, to.as_deref()) } else { Json(mails).into_response() })
}

/// Reads a mail of the built-in mailbox.
#[utoipa::path(get, path = "/api/mailbox/{id}", tag = "mailbox", params(("id" = Uuid, Path)),
    responses((status = 200, content((MailboxMail = "application/json"), (String = "text/html")))))]
pub(super) async fn get_mail(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let (mail, _) = ops::get_mail(&app, &caller, id).await?;
    Ok(if wants_page(&headers) { page::mail(&mail) } else { Json(mail).into_response() })
}

/// Reads a mail as it would have travelled.
#[utoipa::path(get, path = "/api/mailbox/{id}/source", tag = "mailbox", params(("id" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn get_mail_source(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let (_, source) = ops::get_mail(&app, &caller, id).await?;
    Ok(page::source(source))
}

/// Lists mails with their parts, for tests.
#[utoipa::path(get, path = "/internal/mailbox", tag = "internal", params(ReadMailbox),
    responses((status = 200, body = MailboxMails)))]
pub(super) async fn all_mails(
    State(app): State<App>,
    Query(query): Query<ReadMailbox>,
) -> Result<Json<MailboxMails>> {
    Ok(Json(ops::all_mails(&app, query).await?))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
