//! Exchanging a refresh token for a new pair.

use super::{Origin, Result, announce, limits, tokens};
use crate::AppState;
use crate::config::Action;
use crate::domain::account;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::rights;
use crate::domain::session::{Family, Rules, Verdict};
use crate::error::UserError;
use crate::store::{self, session::Which};
use api::user::{Refresh, RevocationReason, TokenPair};
use base::Error;
use db::Tx;

/// Attempts at a rotation; a lost one means that another request has rotated, so the second look
/// finds its successor.
const ROUNDS: usize = 3;

/// Exchanges a refresh token. Of several requests with the same token one rotates the family and
/// all get the same successor; a token that was superseded longer ago kills the family.
///
/// # Errors
/// [`UserError::RefreshInvalid`], [`UserError::TooMany`].
pub(crate) async fn refresh(app: &AppState, origin: &Origin, body: Refresh) -> Result<TokenPair> {
    limits::check(app, origin, Action::Refresh).await?;
    let token = RefreshToken::parse(&body.refresh_token).ok_or(UserError::RefreshInvalid)?;
    let mut tx = app.db.begin().await?;
    for _ in 0..ROUNDS {
        let family = store::session::find(&mut tx, token.family).await?.ok_or(UserError::RefreshInvalid)?;
        let roles = store::role::names_of_user(&mut tx, family.user_id).await?;
        let limits = app.config.session_limits(rights::is_staff(&roles));
        let rules = Rules { limits, grace: app.config.refresh_grace.0 };
        let now = tx.now();
        match family.judge(&token, &app.keys, now, rules) {
            Verdict::Refuse => return Err(UserError::RefreshInvalid),
            Verdict::Reused => return kill(app, tx, &family).await,
            Verdict::SameSuccessor => {
                return hand_out(app, tx, &family, &roles, token.generation + 1).await;
            }
            Verdict::Rotate => {
                let next = Family {
                    generation: token.generation + 1,
                    rotated_at: now,
                    expires_at: limits.end(family.created_at, now),
                    user_agent: origin.user_agent.clone(),
                    ip_address: origin.ip_text(),
                    ..family
                };
                let next_hash = next.token(&app.keys, next.generation).hash();
                if store::session::rotate(&mut tx, &next, token.hash(), next_hash).await? {
                    return hand_out(app, tx, &next, &roles, next.generation).await;
                }
            }
        }
    }
    Err(UserError::Other(Error::unavailable("the session is being refreshed elsewhere")))
}

async fn hand_out(
    app: &AppState,
    mut tx: Tx,
    family: &Family,
    roles: &[String],
    generation: i64,
) -> Result<TokenPair> {
    let account = store::account::get(&mut tx, family.user_id).await?;
    if !account::may_sign_in(account.status, app.config.login_unverified) {
        return Err(UserError::RefreshInvalid);
    }
    tx.commit().await?;
    tokens::issue(app, &account, roles, family, generation).await
}

/// Somebody has a copy of an old token: nobody can tell which of the two is the owner, so both
/// must sign in again. Told once, however often the old token comes.
async fn kill(app: &AppState, mut tx: Tx, family: &Family) -> Result<TokenPair> {
    let now = tx.now();
    let ended = store::session::revoke(&mut tx, family.user_id, Which::One(family.id), now).await?;
    if !ended.is_empty() {
        let user = family.user_id;
        announce::sessions_revoked(&mut tx, user, &ended, Vec::new(), RevocationReason::TokenReuse).await?;
        let reason = Some(format!("session {}", family.id));
        announce::record(&mut tx, announce::system(), "authn.token-reuse", Some(user), reason).await?;
    }
    tx.commit().await?;
    tokens::forget(app, &ended);
    Err(UserError::RefreshInvalid)
}
