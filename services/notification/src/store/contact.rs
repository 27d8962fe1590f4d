//! Statements on `contact`.

use super::{Word, word};
use crate::domain::contact::Contact;
use api::ids::UserId;
use api::user::UserStatus;
use db::{Conn, DbError, FromRow, Row, Tx, sql};

impl FromRow for Contact {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            user_id: row.get("user_id")?,
            email: row.get("email")?,
            email_verified: row.get("email_verified")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            phone_number: row.get("phone_number")?,
            locale: row.get("locale")?,
            timezone: row.get("timezone")?,
            marketing_consent: row.get("marketing_consent")?,
            status: row.get::<Word<UserStatus>>("status")?.0,
            erased: row.get("erased")?,
        })
    }
}

pub(crate) async fn by_id(c: &mut Conn, user: UserId) -> Result<Option<Contact>, DbError> {
    sql("SELECT user_id, email, email_verified, first_name, last_name, phone_number, locale, timezone,
                marketing_consent, status, erased
         FROM contact WHERE user_id = $1")
    .bind(user)
    .opt(c)
    .await
}

/// Stores the person as version `version` describes them, unless a newer one is known or they
/// were erased. The status is told by other events too and has a version of its own.
pub(crate) async fn save(tx: &mut Tx, contact: &Contact, version: i64) -> Result<(), DbError> {
    sql("INSERT INTO contact (user_id, version, status_version, email, email_verified, first_name, last_name,
             phone_number, locale, timezone, marketing_consent, status, erased, updated_at)
         VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, email = excluded.email,
             email_verified = excluded.email_verified, first_name = excluded.first_name,
             last_name = excluded.last_name, phone_number = excluded.phone_number, locale = excluded.locale,
             timezone = excluded.timezone, marketing_consent = excluded.marketing_consent,
             status = CASE WHEN contact.status_version <= excluded.version
                           THEN excluded.status ELSE contact.status END,
             status_version = CASE WHEN contact.status_version <= excluded.version
                                   THEN excluded.version ELSE contact.status_version END,
             updated_at = excluded.updated_at
         WHERE contact.version <= excluded.version AND NOT contact.erased")
    .bind(contact.user_id)
    .bind(version)
    .bind(contact.email.as_str())
    .bind(contact.email_verified)
    .bind(contact.first_name.clone())
    .bind(contact.last_name.clone())
    .bind(contact.phone_number.clone())
    .bind(contact.locale.as_str())
    .bind(contact.timezone.as_str())
    .bind(contact.marketing_consent)
    .bind(word(contact.status))
    .bind(contact.erased)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}

/// Notes a status, unless a newer one is known.
pub(crate) async fn set_status(
    tx: &mut Tx,
    user: UserId,
    status: UserStatus,
    version: i64,
) -> Result<(), DbError> {
    sql("UPDATE contact SET status = $2, status_version = $3, updated_at = $4
         WHERE user_id = $1 AND status_version <= $3 AND NOT erased")
    .bind(user)
    .bind(word(status))
    .bind(version)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}

/// Notes that the address is proven, if it is still the one.
pub(crate) async fn set_verified(tx: &mut Tx, user: UserId, email: &str) -> Result<(), DbError> {
    sql("UPDATE contact SET email_verified = $3, updated_at = $4
         WHERE user_id = $1 AND lower(email) = lower($2) AND NOT erased")
    .bind(user)
    .bind(email)
    .bind(true)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}

/// Forgets a person for good: nothing written later brings them back.
pub(crate) async fn erase(tx: &mut Tx, user: UserId, version: i64) -> Result<(), DbError> {
    sql("INSERT INTO contact (user_id, version, status_version, email, email_verified, locale, timezone,
             marketing_consent, status, erased, updated_at)
         VALUES ($1, $2, $2, '', $3, 'en', 'UTC', $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, status_version = excluded.status_version,
             email = '', email_verified = excluded.email_verified, first_name = NULL, last_name = NULL,
             phone_number = NULL, locale = excluded.locale, timezone = excluded.timezone,
             marketing_consent = excluded.marketing_consent, status = excluded.status, erased = excluded.erased,
             updated_at = excluded.updated_at")
    .bind(user)
    .bind(version)
    .bind(false)
    .bind(word(UserStatus::Deleted))
    .bind(true)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}
