//! What the notification service tells of a customer: switches, consents, addresses that fail.

use super::name_of;
use crate::domain::email;
use api::ids::UserId;
use api::notification::{CommunicationPreferenceUpdated, DeliveryStatus};
use base::{Id, Timestamp};
use db::{Conn, DbError, Tx, sql};

/// Notes a switch, unless a newer word on it is known. Words without version are ordered by time.
pub(crate) async fn save(tx: &mut Tx, told: &CommunicationPreferenceUpdated) -> Result<(), DbError> {
    sql("INSERT INTO preference (user_id, channel, category, enabled, settings_version, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id, channel, category) DO UPDATE SET enabled = excluded.enabled,
             settings_version = excluded.settings_version, changed_at = excluded.changed_at
         WHERE (preference.settings_version, preference.changed_at)
             <= (excluded.settings_version, excluded.changed_at)")
    .bind(told.user_id)
    .bind(name_of(&told.channel))
    .bind(name_of(&told.preference_type))
    .bind(told.is_enabled)
    .bind(told.aggregate_version.unwrap_or_default())
    .bind(told.update_timestamp)
    .run(tx)
    .await
    .map(drop)
}

/// Which categories a customer has switched on or off for mail.
pub(crate) async fn of_mail(c: &mut Conn, user: UserId) -> Result<Vec<(String, bool)>, DbError> {
    sql("SELECT category, enabled FROM preference WHERE user_id = $1 AND channel IN ('ALL', 'EMAIL')
         ORDER BY channel, category")
    .bind(user)
    .all(c)
    .await
}

/// Adds to the ledger of consents what was said.
pub(crate) async fn add_consent(tx: &mut Tx, told: &CommunicationPreferenceUpdated) -> Result<(), DbError> {
    let now = tx.now();
    sql("INSERT INTO consent (id, user_id, purpose, channel, granted, source, at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(Id::<()>::new())
    .bind(told.user_id)
    .bind(name_of(&told.preference_type))
    .bind(name_of(&told.channel))
    .bind(told.is_enabled)
    .bind(told.source_of_change.as_str())
    .bind(told.update_timestamp)
    .bind(now)
    .run_one(tx)
    .await
}

/// Notes that mail to the address fails, unless something newer is known.
pub(crate) async fn mark_undeliverable(
    tx: &mut Tx,
    user: UserId,
    address: &str,
    reason: DeliveryStatus,
    at: Timestamp,
) -> Result<(), DbError> {
    sql("INSERT INTO undeliverable (user_id, email_key, reason, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET email_key = excluded.email_key, reason = excluded.reason,
             at = excluded.at WHERE undeliverable.at <= excluded.at")
    .bind(user)
    .bind(email::key(address))
    .bind(name_of(&reason))
    .bind(at)
    .run(tx)
    .await
    .map(drop)
}

/// Whether mail to this address of the customer is known to fail.
pub(crate) async fn is_undeliverable(c: &mut Conn, user: UserId, address: &str) -> Result<bool, DbError> {
    let found = sql("SELECT reason FROM undeliverable WHERE user_id = $1 AND email_key = $2");
    Ok(found.bind(user).bind(email::key(address)).opt::<(String,)>(c).await?.is_some())
}
