//! What must not be, looked for (contracts §7.4).

use super::recover::LATE;
use crate::AppState;
use crate::error::Result;
use crate::providers::Provider;
use crate::store::checks;
use api::notification::{NotificationViolation, NotificationViolations};
use std::collections::BTreeSet;
use std::time::Duration;

/// How late a notification may be: the time in which it is looked after, and some.
pub(super) const TOLERATED: Duration = LATE.saturating_mul(5);

/// Everything that is wrong, at most some hundreds.
pub(crate) async fn invariants(app: &AppState) -> Result<NotificationViolations> {
    let mut found = Vec::new();
    let mut note = |rule: &str, id: String, detail: String| {
        found.push(NotificationViolation { rule: rule.to_owned(), id, detail });
    };
    let mut conn = app.db.conn().await?;
    let late = app.clock.now() - TOLERATED;
    for (event, count) in checks::unconfirmed_orders(&mut conn).await? {
        note(
            "one-confirmation-per-order",
            event.to_string(),
            format!("the placed order has {count} confirmations"),
        );
    }
    for (id, until) in checks::stuck(&mut conn, late).await? {
        note(
            "no-stuck-notification",
            id.to_string(),
            format!("it is being sent, but its lease ended at {until}"),
        );
    }
    for (id, due) in checks::forgotten(&mut conn, late).await? {
        note("no-forgotten-notification", id.to_string(), format!("it was due at {due} and was not tried"));
    }
    for (id, status) in checks::disagreeing(&mut conn).await? {
        note(
            "sent-means-accepted",
            id.to_string(),
            format!("it is {status}, but its attempts say otherwise"),
        );
    }
    if let Provider::Mailbox(mailbox) = &app.provider {
        let since = app.clock.now() - app.config.body_retention.0 / 2;
        let sent = checks::in_mailbox(&mut conn, since).await?;
        drop(conn);
        let arrived: BTreeSet<_> = mailbox.arrived(&sent).await?.into_iter().collect();
        for id in sent.into_iter().filter(|id| !arrived.contains(id)) {
            note(
                "sent-means-arrived",
                id.to_string(),
                "it was sent to the built-in mailbox and is not there".into(),
            );
        }
    }
    Ok(NotificationViolations { violations: found })
}
