//! What is known of a recipient: the copy kept by events, or else what user-service answers.

use crate::AppState;
use crate::domain::contact::Contact;
use crate::domain::gate::Standing;
use crate::domain::settings::Settings;
use crate::store;
use api::ids::UserId;
use base::{Kind, Result};
use std::time::Duration;

/// How long an answer of user-service is believed.
const BELIEVED: Duration = Duration::from_mins(5);

/// A recipient as far as known.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) standing: Standing,
    pub(super) contact: Option<Contact>,
    pub(super) settings: Option<Settings>,
}

/// Finds out who `user` is; somebody without account needs no finding.
///
/// # Errors
/// Those of a call to user-service, when it has to be asked.
pub(super) async fn find(app: &AppState, user: Option<UserId>) -> Result<Person> {
    let Some(user) = user else {
        return Ok(Person { standing: Standing::Good, contact: None, settings: None });
    };
    let mut conn = app.db.conn().await?;
    let known = store::contact::by_id(&mut conn, user).await?;
    let settings = store::settings::by_id(&mut conn, user).await?;
    drop(conn);
    let contact = match known {
        Some(contact) => Some(contact),
        None => ask(app, user).await?,
    };
    let standing = contact.as_ref().map_or(Standing::Unknown, Contact::standing);
    let settings = settings.or_else(|| contact.as_ref().map(|contact| Settings::defaults(&contact.locale)));
    Ok(Person { standing, contact, settings })
}

/// Asks user-service, at most once in five minutes per person.
async fn ask(app: &AppState, user: UserId) -> Result<Option<Contact>> {
    let key = format!("notification:contact:{user}");
    let cached = app.cache.get(&key).await.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let told = match cached {
        Some(told) => told,
        None => match app.user.contact(user).await {
            Ok(told) => {
                let bytes = serde_json::to_vec(&told).unwrap_or_default();
                app.cache.put(&key, bytes.into(), BELIEVED).await;
                told
            }
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        },
    };
    Ok(Some(Contact::asked(told)))
}

/// Forgets what user-service answered, since it told something newer.
pub(super) async fn forget_answer(app: &AppState, user: UserId) {
    app.cache.drop_key(&format!("notification:contact:{user}")).await;
}

/// The language of a mail: as asked for, as set, as the account says, English.
pub(super) fn locale(asked: Option<&str>, settings: Option<&Settings>, contact: Option<&Contact>) -> String {
    let set = settings.map(|settings| settings.locale.as_str());
    let known = contact.map(|contact| contact.locale.as_str());
    asked.or(set).or(known).unwrap_or("en").to_owned()
}
