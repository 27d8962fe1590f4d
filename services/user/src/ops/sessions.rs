//! Signing out, and seeing where one is signed in.

use super::{Result, announce, tokens, views};
use crate::AppState;
use crate::domain::refresh_token::RefreshToken;
use crate::error::UserError;
use crate::store::{self, session::Which};
use api::ids::{SessionId, UserId};
use api::user::{Logout, RevocationReason, Session, UserLoggedOut};
use auth::User;
use db::Tx;
use events::outbox;

/// Ends the session of the access token, that of the refresh token, or all of the user's.
pub(crate) async fn logout(app: &AppState, user: &User, body: Logout) -> Result<()> {
    let id = user.id;
    let current = user.session_id;
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let mut ended = if body.everywhere {
        store::session::revoke(&mut tx, id, Which::All, now).await?
    } else {
        let mut ended = store::session::revoke(&mut tx, id, Which::One(current), now).await?;
        if let Some(other) = session_of(app, &mut tx, id, body.refresh_token.as_deref()).await? {
            ended.extend(store::session::revoke(&mut tx, id, Which::One(other), now).await?);
        }
        ended
    };
    let token = user.token_id.to_string();
    let message = UserLoggedOut {
        user_id: id,
        session_id: Some(current),
        revoked_token_jtis: Some(vec![token.clone()]),
        logout_timestamp: now,
    };
    outbox::publish(&mut tx, &message).await?;
    announce::sessions_revoked(&mut tx, id, &ended, vec![token], RevocationReason::Logout).await?;
    tx.commit().await?;
    ended.push(current);
    tokens::forget(app, &ended);
    Ok(())
}

/// The session of a refresh token, if it is genuine and the user's; anything else is nothing.
async fn session_of(
    app: &AppState,
    tx: &mut Tx,
    user: UserId,
    token: Option<&str>,
) -> Result<Option<SessionId>> {
    let Some(token) = token.and_then(RefreshToken::parse) else { return Ok(None) };
    let family = store::session::find(tx, token.family).await?;
    let own = family.filter(|family| family.user_id == user && token.is_genuine(&app.keys, &family.nonce));
    Ok(own.map(|family| family.id))
}

/// Where the user is signed in, the latest used first.
pub(crate) async fn list_sessions(app: &AppState, user: &User) -> Result<Vec<Session>> {
    let mut c = app.db.conn().await?;
    let now = c.now();
    let open = store::session::open(&mut c, user.id, now).await?;
    let current = user.session_id;
    Ok(open.into_iter().map(|family| views::session(family, current)).collect())
}

/// Ends one session of the user.
///
/// # Errors
/// [`UserError::NotFound`], also for sessions of others and for ended ones.
pub(crate) async fn end_session(app: &AppState, user: &User, session: SessionId) -> Result<()> {
    let id = user.id;
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let ended = store::session::revoke(&mut tx, id, Which::One(session), now).await?;
    if ended.is_empty() {
        return Err(UserError::NotFound("session"));
    }
    announce::sessions_revoked(&mut tx, id, &ended, Vec::new(), RevocationReason::Logout).await?;
    tx.commit().await?;
    tokens::forget(app, &ended);
    Ok(())
}
