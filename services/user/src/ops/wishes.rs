//! What the notification service tells: how customers want to be written to, and which of their
//! addresses fail. The consent of the account itself changes only where its owner changes it: a
//! switch that goes on because mail as a whole was switched on again is no consent.

use super::Result;
use super::shopping::begin;
use crate::AppState;
use crate::store;
use api::notification::{
    Category, Channel, CommunicationPreferenceUpdated, DeliveryStatus, NotificationDeliveryUpdate,
    mask_address,
};
use events::Delivery;

/// Keeps a copy of a switch; what is said about advertising is also kept as it was said.
///
/// # Errors
/// Those of the store; the message comes again.
pub(crate) async fn preference_updated(
    app: &AppState,
    delivery: &Delivery<CommunicationPreferenceUpdated>,
) -> Result<()> {
    let told = &delivery.message.payload;
    let Some((mut tx, _)) = begin(app, delivery, Some(told.user_id)).await? else { return Ok(()) };
    store::preference::save(&mut tx, told).await?;
    if told.preference_type == Category::Marketing {
        store::preference::add_consent(&mut tx, told).await?;
    }
    Ok(tx.commit().await?)
}

/// Marks an address to which mail fails for good, or whose owner calls it spam. An address the
/// account has left behind is nobody's business any more.
///
/// # Errors
/// Those of the store; the message comes again.
pub(crate) async fn delivery_updated(
    app: &AppState,
    delivery: &Delivery<NotificationDeliveryUpdate>,
) -> Result<()> {
    let told = &delivery.message.payload;
    let fails = matches!(told.delivery_status, DeliveryStatus::Bounced | DeliveryStatus::SpamComplaint);
    let user = told.recipient_id.parse().ok().filter(|_| fails && told.channel == Channel::Email);
    let Some((mut tx, user)) = begin(app, delivery, user).await? else { return Ok(()) };
    let account = store::account::get(&mut tx, user).await?;
    // Our own service names addresses only masked.
    let known = [account.email.clone(), mask_address(&account.email)];
    if known.iter().any(|known| known.eq_ignore_ascii_case(&told.recipient_address)) {
        let (status, at) = (told.delivery_status, told.update_timestamp);
        store::preference::mark_undeliverable(&mut tx, user, &account.email, status, at).await?;
    }
    Ok(tx.commit().await?)
}
