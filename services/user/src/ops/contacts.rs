//! How to reach users, for the services that write to them.

use super::{Result, users, views};
use crate::AppState;
use crate::domain::account::may_sign_in;
use crate::store;
use api::ids::UserId;
use api::user::{Contact, ContactBatch, Contacts, EmailPreferences, MarketingConsent, UserStatus};
use auth::{Caller, Permission};
use base::Check;
use std::collections::BTreeMap;

/// How to reach a user.
///
/// # Errors
/// [`crate::error::UserError::NotFound`].
pub(crate) async fn contact(app: &AppState, user: UserId) -> Result<Contact> {
    let account = store::account::get(&mut app.db.conn().await?, user).await?;
    Ok(views::contact(&account))
}

/// How to reach several users; unknown ones are left out.
///
/// # Errors
/// 422 unless there are 1 to 100 ids.
pub(crate) async fn contacts(app: &AppState, body: ContactBatch) -> Result<Contacts> {
    let mut check = Check::new();
    check.number("/ids", body.ids.len() as i64, 1..=100);
    check.finish()?;
    let found = store::account::by_ids(&mut app.db.conn().await?, &body.ids).await?;
    Ok(Contacts { items: found.iter().map(views::contact).collect() })
}

/// What a sender of mail must know of a user.
///
/// # Errors
/// [`crate::error::UserError::NotFound`], also for others' preferences.
pub(crate) async fn email_preferences(
    app: &AppState,
    caller: &Caller,
    user: UserId,
) -> Result<(i64, EmailPreferences)> {
    let (mut c, account) =
        users::open(app, caller, user, Permission::UserRead, "user.email-preferences.read").await?;
    let in_use = may_sign_in(account.status, true) || account.status == UserStatus::Suspended;
    let fails = store::preference::is_undeliverable(&mut c, user, &account.email).await?;
    let mut categories: BTreeMap<String, bool> =
        store::preference::of_mail(&mut c, user).await?.into_iter().collect();
    // Advertising needs both: the consent, and that it was not switched off.
    let marketing = categories.entry("MARKETING".to_owned()).or_insert(true);
    *marketing &= account.marketing.granted;
    let preferences = EmailPreferences {
        user_id: user,
        email: account.email.clone(),
        email_verified: account.email_verified,
        deliverable: in_use && !fails,
        global_unsubscribe: false,
        marketing_consent: MarketingConsent {
            granted: account.marketing.granted,
            at: account.marketing.at,
            source: account.marketing.source,
        },
        categories,
        locale: account.profile.locale,
        timezone: account.profile.timezone,
    };
    Ok((account.version, preferences))
}
