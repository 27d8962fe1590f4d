//! The address book. An address is part of its account: changing one raises the account's version.

use super::{Result, announce, prove, users};
use crate::AppState;
use crate::domain::account::Account;
use crate::error::UserError;
use crate::store;
use api::ids::{AddressId, UserId};
use api::shared::{Actor, Address};
use api::user::{
    AddressPurpose, HistoryKind, SaveAddress, UserAddress, UserAddressAdded, UserAddressDeleted,
    UserAddressUpdated, UserProfileDefaultAddressChanged,
};
use auth::{Caller, Permission};
use base::{Check, Error};
use db::Tx;
use events::outbox;

/// All addresses of a user.
///
/// # Errors
/// [`UserError::NotFound`] for others' address books.
pub(crate) async fn list_addresses(
    app: &AppState,
    caller: &Caller,
    user: UserId,
) -> Result<Vec<UserAddress>> {
    let (mut c, _) = users::open(app, caller, user, Permission::UserUpdate, "user.addresses.read").await?;
    Ok(store::address::of_user(&mut c, user).await?)
}

/// One address, with the version of its account.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn get_address(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    address: AddressId,
) -> Result<(i64, UserAddress)> {
    let (mut c, account) =
        users::open(app, caller, user, Permission::UserUpdate, "user.addresses.read").await?;
    let found = store::address::find(&mut c, user, address).await?;
    Ok((account.version, found.ok_or(UserError::NotFound("address"))?))
}

/// A change of the address book in progress.
struct Change<'a> {
    tx: Tx,
    caller: &'a Caller,
    account: Account,
    by: Actor,
    defaults_before: Defaults,
}

type Defaults = [Option<AddressId>; 2];

impl<'a> Change<'a> {
    async fn begin(app: &AppState, caller: &'a Caller, user: UserId, seen: Option<i64>) -> Result<Self> {
        caller.owner_or(user, Permission::UserUpdate)?;
        let mut tx = app.db.begin().await?;
        let account = store::account::lock(&mut tx, user).await?;
        if seen.is_some_and(|seen| seen != account.version) {
            return Err(UserError::Other(Error::stale()));
        }
        let defaults_before = defaults(&mut tx, user).await?;
        Ok(Self { tx, caller, account, by: caller.into(), defaults_before })
    }

    /// Raises the account's version, so that every event of this change carries the new one.
    async fn raise_version(&mut self) -> Result<()> {
        prove::save(&mut self.tx, &mut self.account).await
    }

    async fn find(&mut self, address: AddressId) -> Result<UserAddress> {
        let found = store::address::find(&mut self.tx, self.account.id, address).await?;
        found.ok_or(UserError::NotFound("address"))
    }

    /// Takes the defaults away that `address` is about to get.
    async fn make_room(&mut self, address: &UserAddress) -> Result<()> {
        let user = self.account.id;
        if address.is_default_shipping {
            store::address::clear_default(&mut self.tx, user, AddressPurpose::Shipping).await?;
        }
        if address.is_default_billing {
            store::address::clear_default(&mut self.tx, user, AddressPurpose::Billing).await?;
        }
        Ok(())
    }

    async fn finish(mut self, what: &str, address: AddressId) -> Result<i64> {
        let [shipping, billing] = defaults(&mut self.tx, self.account.id).await?;
        if [shipping, billing] != self.defaults_before {
            let message = UserProfileDefaultAddressChanged {
                user_id: self.account.id,
                aggregate_version: self.account.version,
                profile_id: self.account.profile.id,
                default_shipping_address_id: shipping,
                default_billing_address_id: billing,
                change_timestamp: self.tx.now(),
            };
            outbox::publish(&mut self.tx, &message).await?;
        }
        let summary = format!("An address was {what}");
        let (user, kind) = (self.account.id, HistoryKind::AddressChanged);
        announce::history(&mut self.tx, user, kind, summary, Some(address.to_string()), &self.by).await?;
        announce::audit(&mut self.tx, self.caller, "user.addresses.write", Some(user)).await?;
        self.tx.commit().await?;
        Ok(self.account.version)
    }
}

async fn defaults(tx: &mut Tx, user: UserId) -> Result<Defaults> {
    let all = store::address::of_user(tx, user).await?;
    let first =
        |is: fn(&UserAddress) -> bool| all.iter().find(|address| is(address)).map(|address| address.id);
    Ok([first(|address| address.is_default_shipping), first(|address| address.is_default_billing)])
}

fn check(body: &SaveAddress) -> Result<Address> {
    let address = body.address();
    let mut check = Check::new();
    address.check(&mut check, "");
    Ok(check.finish().map(|()| address)?)
}

/// Stores a new address; the first one becomes both defaults.
///
/// # Errors
/// [`UserError::TooManyAddresses`], [`UserError::NotFound`] for others' address books, 422.
pub(crate) async fn add_address(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    body: SaveAddress,
) -> Result<(i64, UserAddress)> {
    let address = check(&body)?;
    let mut change = Change::begin(app, caller, user, None).await?;
    let count = store::address::of_user(&mut change.tx, user).await?.len() as i64;
    if count >= app.config.max_addresses {
        return Err(UserError::TooManyAddresses);
    }
    let now = change.tx.now();
    let address = UserAddress {
        id: AddressId::new(),
        address_type: body.address_type,
        is_default_shipping: body.is_default_shipping || count == 0,
        is_default_billing: body.is_default_billing || count == 0,
        address,
        created_at: now,
        updated_at: now,
    };
    change.make_room(&address).await?;
    store::address::insert(&mut change.tx, user, &address).await?;
    change.raise_version().await?;
    let message = UserAddressAdded {
        user_id: user,
        aggregate_version: change.account.version,
        profile_id: change.account.profile.id,
        address_id: address.id,
        address_type: address.address_type,
        is_default_shipping: address.is_default_shipping,
        is_default_billing: address.is_default_billing,
        country: address.address.country.clone(),
        full_address: address.address.clone(),
        add_timestamp: now,
    };
    outbox::publish(&mut change.tx, &message).await?;
    let version = change.finish("added", address.id).await?;
    Ok((version, address))
}

/// Replaces an address. A default is given by it, and taken only by another one.
///
/// # Errors
/// [`UserError::NotFound`], 412, 422.
pub(crate) async fn update_address(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    id: AddressId,
    seen: Option<i64>,
    body: SaveAddress,
) -> Result<(i64, UserAddress)> {
    let address = check(&body)?;
    let mut change = Change::begin(app, caller, user, seen).await?;
    let before = change.find(id).await?;
    let after = UserAddress {
        address_type: body.address_type,
        is_default_shipping: before.is_default_shipping || body.is_default_shipping,
        is_default_billing: before.is_default_billing || body.is_default_billing,
        address,
        updated_at: change.tx.now(),
        ..before.clone()
    };
    change.make_room(&after).await?;
    store::address::update(&mut change.tx, user, &after).await?;
    change.raise_version().await?;
    let message = UserAddressUpdated {
        user_id: user,
        aggregate_version: change.account.version,
        profile_id: change.account.profile.id,
        address_id: id,
        updated_fields: changed_fields(&before, &after),
        full_address: after.address.clone(),
        update_timestamp: after.updated_at,
    };
    outbox::publish(&mut change.tx, &message).await?;
    let version = change.finish("changed", id).await?;
    Ok((version, after))
}

/// Names of the fields that differ, as clients write them.
fn changed_fields(before: &UserAddress, after: &UserAddress) -> Vec<String> {
    let fields = |address: &UserAddress| {
        let mut value = serde_json::to_value(address).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.retain(|name, _| !matches!(name.as_str(), "updatedAt" | "createdAt" | "id"));
        }
        value
    };
    let (before, after) = (fields(before), fields(after));
    let names = |value: &serde_json::Value| {
        value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>())
    };
    let mut all: Vec<String> = [names(&before), names(&after)].into_iter().flatten().flatten().collect();
    all.sort();
    all.dedup();
    all.retain(|name| before.get(name) != after.get(name));
    all
}

/// Removes an address.
///
/// # Errors
/// [`UserError::NotFound`], 412.
pub(crate) async fn delete_address(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    id: AddressId,
    seen: Option<i64>,
) -> Result<()> {
    let mut change = Change::begin(app, caller, user, seen).await?;
    change.find(id).await?;
    store::address::delete(&mut change.tx, user, id).await?;
    change.raise_version().await?;
    let message = UserAddressDeleted {
        user_id: user,
        aggregate_version: change.account.version,
        profile_id: change.account.profile.id,
        address_id: id,
        delete_timestamp: change.tx.now(),
    };
    outbox::publish(&mut change.tx, &message).await?;
    change.finish("removed", id).await?;
    Ok(())
}

/// Makes an address the default for a purpose.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn set_default_address(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    id: AddressId,
    purpose: AddressPurpose,
) -> Result<(i64, UserAddress)> {
    let mut change = Change::begin(app, caller, user, None).await?;
    let before = change.find(id).await?;
    let after = UserAddress {
        is_default_shipping: before.is_default_shipping || purpose == AddressPurpose::Shipping,
        is_default_billing: before.is_default_billing || purpose == AddressPurpose::Billing,
        ..before.clone()
    };
    if after == before {
        return Ok((change.account.version, before));
    }
    change.make_room(&after).await?;
    store::address::update(&mut change.tx, user, &after).await?;
    change.raise_version().await?;
    let version = change.finish("made a default", id).await?;
    Ok((version, after))
}
