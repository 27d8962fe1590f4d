//! What happened to an account, for its owner and for staff.

use super::{Result, users};
use crate::AppState;
use crate::store;
use api::ids::UserId;
use api::user::{HistoryEntry, HistoryKind};
use auth::{Caller, Permission};
use base::Timestamp;
use base::page::{Page, PageQuery};
use uuid::Uuid;

/// The history of an account, the latest first.
///
/// # Errors
/// [`crate::error::UserError::NotFound`], also for others' histories; 422 `bad-cursor`.
pub(crate) async fn history(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    kind: Option<HistoryKind>,
    page: PageQuery,
) -> Result<Page<HistoryEntry>> {
    let limit = page.limit()?;
    let list = format!("history:{user}:{kind:?}");
    let after: Option<(i64, Uuid)> = page.position(&app.keys, &list)?;
    let after = after.map(|(micros, id)| (Timestamp::from_micros(micros), id));
    let (mut c, _) = users::open(app, caller, user, Permission::UserRead, "user.history.read").await?;
    let rows = store::history::list(&mut c, user, kind, after, i64::from(limit) + 1).await?;
    let page = Page::from_rows(rows, limit, &app.keys, &list, |row| (row.entry.at.micros(), row.id));
    Ok(page.map(|row| row.entry))
}
