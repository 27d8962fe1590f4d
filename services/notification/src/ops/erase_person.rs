//! Forgets a person whose account was erased.

use super::people;
use crate::AppState;
use crate::providers::Provider;
use crate::store;
use api::user::UserAccountStatusChanged;
use base::Result;
use events::Delivery;

/// Calls off what waits, forgets contact, settings, contents of notifications and mails.
pub(crate) async fn erase_person(app: &AppState, delivery: Delivery<UserAccountStatusChanged>) -> Result<()> {
    let event = &delivery.message.payload;
    people::forget_answer(app, event.user_id).await;
    if let Provider::Mailbox(mailbox) = &app.provider {
        // Another store: forgotten first, since it may be forgotten twice.
        let ids = store::log::ids_of_user(&mut app.db.conn().await?, event.user_id).await?;
        mailbox.forget(&ids).await?;
    }
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        store::contact::erase(&mut tx, event.user_id, event.aggregate_version).await?;
        store::settings::forget(&mut tx, event.user_id).await?;
        store::notification::cancel_of_user(&mut tx, event.user_id).await?;
        store::notification::redact_user(&mut tx, event.user_id).await?;
        tx.commit().await?;
    }
    Ok(())
}
