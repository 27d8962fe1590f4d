//! Keeps the copy of customers and their addresses, and reacts to what happens to accounts.

use super::announce;
use super::find;
use super::save;
use crate::App;
use crate::domain::order::Order;
use crate::error::Result;
use crate::store;
use crate::store::customers::Known;
use api::ids::{AddressId, OrderId, UserId};
use api::order::{OrderFlag, OrderStatus};
use api::shared::{Actor, Address};
use api::user::UserStatus;
use events::Delivery;

/// Stores what was told of a customer.
///
/// # Errors
/// Those of the store.
pub(crate) async fn note_customer<M>(app: &App, delivery: &Delivery<M>, known: &Known) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        store::customers::save(&mut tx, known).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What happened to the state of an account.
#[derive(Clone, Debug)]
pub(crate) struct AccountStatus {
    pub(crate) user_id: UserId,
    pub(crate) version: i64,
    pub(crate) email: String,
    pub(crate) status: UserStatus,
}

/// Stores the state of an account; a deleted one is forgotten on its orders too.
///
/// # Errors
/// Those of the store, and losing a race; the message comes again.
pub(crate) async fn note_account_status<M>(
    app: &App,
    delivery: &Delivery<M>,
    told: &AccountStatus,
) -> Result<()> {
    if told.status == UserStatus::Deleted {
        let orders = store::orders::of_user(&mut app.db.conn().await?, told.user_id).await?;
        for order_id in orders {
            find::again(|| pseudonymise(app, order_id)).await?;
        }
    }
    let mut tx = app.db.begin().await?;
    if !delivery.claim(&mut tx).await? {
        return Ok(());
    }
    let deleted = told.status == UserStatus::Deleted;
    let name =
        store::customers::by_id(&mut tx, told.user_id).await?.map_or_else(String::new, |known| known.name);
    let known = Known {
        user_id: told.user_id,
        version: told.version,
        email: if deleted { String::new() } else { told.email.clone() },
        name: if deleted { String::new() } else { name },
        status: told.status,
    };
    store::customers::save(&mut tx, &known).await?;
    if deleted {
        store::customers::forget_addresses(&mut tx, told.user_id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes the person out of an order that is over; what the books need stays (P-15).
async fn pseudonymise(app: &App, order_id: OrderId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let mut order = find::by_id(&mut tx, order_id).await?;
    let over = matches!(
        order.status,
        OrderStatus::Completed
            | OrderStatus::Cancelled
            | OrderStatus::Returned
            | OrderStatus::Rejected
            | OrderStatus::Delivered
    );
    if !over {
        return Ok(());
    }
    order.customer.email = format!("deleted-{}@deleted.invalid", order.id);
    "deleted customer".clone_into(&mut order.customer.name);
    order.notes = None;
    order.shipping_address = anonymous(&order.shipping_address);
    order.billing_address = anonymous(&order.billing_address);
    save::save(&mut tx, &mut order).await?;
    tx.commit().await?;
    Ok(())
}

/// Country and region decide about taxes and stay; the rest goes.
fn anonymous(address: &Address) -> Address {
    Address {
        address_line1: "deleted".to_owned(),
        city: "deleted".to_owned(),
        state_or_province: address.state_or_province.clone(),
        country: address.country.clone(),
        ..Address::default()
    }
}

/// What happened to an address of a customer's book.
#[derive(Clone, Debug)]
pub(crate) enum NoteAddress {
    /// It is new.
    Added { user_id: UserId, version: i64, address_id: AddressId, address: Address },
    /// It was changed; unshipped orders that go there are shown to staff, not changed.
    Updated { user_id: UserId, version: i64, address_id: AddressId, address: Address },
    /// It was removed.
    Deleted { address_id: AddressId },
}

/// Keeps the copy of the address book.
///
/// # Errors
/// Those of the store, and losing a race; the message comes again.
pub(crate) async fn note_address<M>(app: &App, delivery: &Delivery<M>, told: &NoteAddress) -> Result<()> {
    if let NoteAddress::Updated { address_id, address, .. } = told {
        let orders = store::orders::unshipped_to(&mut app.db.conn().await?, *address_id).await?;
        for order_id in orders {
            find::again(|| flag(app, order_id, address)).await?;
        }
    }
    let mut tx = app.db.begin().await?;
    if !delivery.claim(&mut tx).await? {
        return Ok(());
    }
    match told {
        NoteAddress::Added { user_id, version, address_id, address }
        | NoteAddress::Updated { user_id, version, address_id, address } => {
            store::customers::save_address(&mut tx, *user_id, *version, *address_id, address).await?;
        }
        NoteAddress::Deleted { address_id } => store::customers::delete_address(&mut tx, *address_id).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn flag(app: &App, order_id: OrderId, address: &Address) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let mut order: Order = find::by_id(&mut tx, order_id).await?;
    if order.shipping_address == *address || order.flags.contains(&OrderFlag::AddressChanged) {
        return Ok(());
    }
    order.flag(OrderFlag::AddressChanged);
    save::save(&mut tx, &mut order).await?;
    announce::updated(&mut tx, &order, vec!["flags".to_owned()], Actor::system()).await?;
    tx.commit().await?;
    Ok(())
}
