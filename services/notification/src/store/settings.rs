//! Statements on `settings`.

use crate::domain::settings::Settings;
use api::ids::UserId;
use db::{Conn, DbError, FromRow, Json, Row, Tx, json, sql};

impl FromRow for Settings {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            email_enabled: row.get("email_enabled")?,
            sms_enabled: row.get("sms_enabled")?,
            push_enabled: row.get("push_enabled")?,
            categories: row.get::<Json<_>>("categories")?.0,
            quiet_hours: row.get::<Option<Json<_>>>("quiet_hours")?.map(|json| json.0),
            locale: row.get("locale")?,
            version: row.get("version")?,
        })
    }
}

pub(crate) async fn by_id(c: &mut Conn, user: UserId) -> Result<Option<Settings>, DbError> {
    sql("SELECT email_enabled, sms_enabled, push_enabled, categories, quiet_hours, locale, version
         FROM settings WHERE user_id = $1")
    .bind(user)
    .opt(c)
    .await
}

/// Replaces the version before `settings.version`; `false` if that is not the present one.
pub(crate) async fn replace(tx: &mut Tx, user: UserId, settings: &Settings) -> Result<bool, DbError> {
    let text = if settings.version == 1 {
        "INSERT INTO settings (user_id, version, email_enabled, sms_enabled, push_enabled, categories, quiet_hours,
             locale, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id) DO NOTHING"
    } else {
        "UPDATE settings SET version = $2, email_enabled = $3, sms_enabled = $4, push_enabled = $5, categories = $6,
             quiet_hours = $7, locale = $8, updated_at = $9
         WHERE user_id = $1 AND version = $2 - 1"
    };
    let touched = sql(text)
        .bind(user)
        .bind(settings.version)
        .bind(settings.email_enabled)
        .bind(settings.sms_enabled)
        .bind(settings.push_enabled)
        .bind(json(&settings.categories))
        .bind(db::json_opt(settings.quiet_hours.as_ref()))
        .bind(settings.locale.as_str())
        .bind(tx.now())
        .run(tx)
        .await?;
    Ok(touched == 1)
}

pub(crate) async fn forget(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    sql("DELETE FROM settings WHERE user_id = $1").bind(user).run(tx).await.map(drop)
}
