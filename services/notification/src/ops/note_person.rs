//! Keeps the copy of what user-service says about people. An older version never replaces a
//! newer one.

use super::{accept, people};
use crate::AppState;
use crate::domain::contact::Contact;
use crate::store;
use api::user::{UserAccountStatusChanged, UserCreated, UserEmailVerified, UserUpdated};
use base::Result;
use db::Tx;

pub(crate) async fn note_created(app: &AppState, tx: &mut Tx, event: UserCreated) -> Result<()> {
    people::forget_answer(app, event.user_id).await;
    Ok(store::contact::save(tx, &Contact::created(&event), event.aggregate_version).await?)
}

pub(crate) async fn note_updated(app: &AppState, tx: &mut Tx, event: UserUpdated) -> Result<()> {
    people::forget_answer(app, event.user_id).await;
    let contact = Contact::updated(event.user_id, &event.snapshot);
    Ok(store::contact::save(tx, &contact, event.aggregate_version).await?)
}

/// A proven address gets mail again, whatever came back from it before.
pub(crate) async fn note_verified(app: &AppState, tx: &mut Tx, event: UserEmailVerified) -> Result<()> {
    people::forget_answer(app, event.user_id).await;
    store::contact::set_verified(tx, event.user_id, &event.email).await?;
    Ok(store::suppression::lift(tx, &accept::address_key(&app.keys, &event.email)).await?)
}

pub(crate) async fn note_status(app: &AppState, tx: &mut Tx, event: UserAccountStatusChanged) -> Result<()> {
    people::forget_answer(app, event.user_id).await;
    Ok(store::contact::set_status(tx, event.user_id, event.new_status, event.aggregate_version).await?)
}
