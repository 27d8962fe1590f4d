//! The events and history entries that go with a change, written in its transaction.

use super::Result;
use crate::AppState;
use crate::domain::account::Account;
use api::audit::Deed;
use api::ids::{SessionId, UserId};
use api::shared::{Actor, ActorKind};
use api::user::{
    HistoryEntry, HistoryKind, PasswordChangeType, RevocationReason, UserAccountStatusChanged,
    UserAuditRecorded, UserPasswordChanged, UserSessionsRevoked, UserSnapshot, UserStatus, UserUpdated,
};
use auth::Caller;
use db::Tx;
use events::outbox;

/// The account as events carry it.
pub(crate) fn snapshot(account: &Account) -> UserSnapshot {
    let profile = account.profile.clone();
    UserSnapshot {
        email: account.email.clone(),
        email_verified: account.email_verified,
        username: profile.username,
        first_name: profile.first_name,
        last_name: profile.last_name,
        display_name: profile.display_name,
        phone_number: profile.phone_number,
        locale: profile.locale,
        timezone: profile.timezone,
        marketing_consent: account.marketing.granted,
        status: account.status,
    }
}

/// Tells that these fields of the account have changed.
pub(crate) async fn updated(tx: &mut Tx, account: &Account, fields: Vec<String>, by: &Actor) -> Result<()> {
    let message = UserUpdated {
        user_id: account.id,
        aggregate_version: account.version,
        updated_fields: fields,
        snapshot: snapshot(account),
        changed_by: by.clone(),
        update_timestamp: tx.now(),
    };
    outbox::publish(tx, &message).await?;
    Ok(())
}

/// Why a state was left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Why {
    /// Code.
    pub(crate) code: Option<&'static str>,
    /// Text.
    pub(crate) text: Option<String>,
}

/// Tells that the account has left the state `before`.
pub(crate) async fn status_changed(
    tx: &mut Tx,
    account: &Account,
    before: UserStatus,
    by: &Actor,
    why: Why,
) -> Result<()> {
    let now = tx.now();
    let message = UserAccountStatusChanged {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        previous_status: before,
        new_status: account.status,
        reason_code: why.code.map(str::to_owned),
        reason: why.text.clone(),
        changed_by: by.clone(),
        change_timestamp: now,
    };
    outbox::publish(tx, &message).await?;
    let reason =
        why.text.or(why.code.map(str::to_owned)).map_or_else(String::new, |text| format!(": {text}"));
    let summary = format!("{before:?} became {:?}{reason}", account.status);
    history(tx, account.id, HistoryKind::StatusChanged, summary, None, by).await
}

/// Tells that a password was set.
pub(crate) async fn password_changed(
    tx: &mut Tx,
    account: &Account,
    change_type: PasswordChangeType,
    by: &Actor,
) -> Result<()> {
    let message = UserPasswordChanged {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        change_type,
        change_timestamp: tx.now(),
    };
    outbox::publish(tx, &message).await?;
    history(tx, account.id, HistoryKind::PasswordChanged, "The password was set".into(), None, by).await
}

/// Tells that sessions have ended; nothing if there are none.
pub(crate) async fn sessions_revoked(
    tx: &mut Tx,
    user: UserId,
    sessions: &[SessionId],
    tokens: Vec<String>,
    reason: RevocationReason,
) -> Result<()> {
    if sessions.is_empty() && tokens.is_empty() {
        return Ok(());
    }
    let message = UserSessionsRevoked {
        user_id: user,
        session_ids: sessions.to_vec(),
        revoked_token_jtis: tokens,
        reason,
        revoked_at: tx.now(),
    };
    outbox::publish(tx, &message).await?;
    Ok(())
}

/// Adds to the history of an account.
pub(crate) async fn history(
    tx: &mut Tx,
    user: UserId,
    kind: HistoryKind,
    summary: String,
    ref_id: Option<String>,
    by: &Actor,
) -> Result<()> {
    let entry = HistoryEntry { kind, at: tx.now(), summary, ref_id, actor: by.clone() };
    Ok(crate::store::history::insert(tx, user, &entry).await?)
}

/// Writes an audit record if a member of staff deals with somebody else's account.
pub(crate) async fn audit(tx: &mut Tx, caller: &Caller, action: &str, about: Option<UserId>) -> Result<()> {
    let Some(user) = caller.user() else { return Ok(()) };
    if about == Some(user.id) {
        return Ok(());
    }
    record(tx, caller.into(), action, about, None).await
}

/// As [`audit`], for what only reads: opens a transaction only if there is something to write, so
/// that reading one's own data does not wait for the store's one writer.
pub(crate) async fn audit_read(
    app: &AppState,
    caller: &Caller,
    action: &str,
    about: Option<UserId>,
) -> Result<()> {
    let own = about.is_some() && about == caller.user_id();
    if caller.user().is_none() || own {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    audit(&mut tx, caller, action, about).await?;
    Ok(tx.commit().await?)
}

/// Writes an audit record.
pub(crate) async fn record(
    tx: &mut Tx,
    actor: Actor,
    action: &str,
    about: Option<UserId>,
    reason: Option<String>,
) -> Result<()> {
    let deed = Deed::new(action, "user").because(reason.as_deref());
    let deed = match about {
        Some(user) => deed.to(user),
        None => deed,
    };
    Ok(UserAuditRecorded::write(tx, actor, deed).await?)
}

/// The rules of the service itself as the one who acts.
pub(crate) fn system() -> Actor {
    Actor { kind: ActorKind::System, id: None }
}
