//! What happened to an account, for its owner and for staff.

use super::{Result, users};
use crate::AppState;
use crate::store;
use api::ids::UserId;
use api::user::{HistoryEntry, HistoryKind};
use auth::{Caller, Permission};
use base::page::{ByTime, Page, PageQuery};

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
    let part = page.part(&app.keys, &format!("history:{user}:{kind:?}"))?;
    let (mut c, _) = users::open(app, caller, user, Permission::UserRead, "user.history.read").await?;
    let rows = store::history::list(&mut c, user, kind, &part).await?;
    let mut found = part.page(&app.keys, rows, |row| ByTime::new(row.entry.at, row.id));
    if page.count == Some(true) {
        found.total = Some(store::history::count(&mut c, user, kind).await?);
    }
    Ok(found.map(|row| row.entry))
}
