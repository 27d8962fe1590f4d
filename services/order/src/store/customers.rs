//! Tables `customer` and `customer_address`: what the user service told last.

use super::words::{Word, word};
use crate::error::Result;
use api::ids::{AddressId, UserId};
use api::shared::Address;
use api::user::UserStatus;
use db::{Conn, DbError, FromRow, Json, Row, Tx, json, sql};

/// A customer as the user service last told.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) user_id: UserId,
    /// Version of the account.
    pub(crate) version: i64,
    pub(crate) email: String,
    /// First and last name; may be empty.
    pub(crate) name: String,
    pub(crate) status: UserStatus,
}

impl FromRow for Known {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            user_id: row.get("user_id")?,
            version: row.get("user_version")?,
            email: row.get("email")?,
            name: row.get("name")?,
            status: row.get::<Word<_>>("status")?.0,
        })
    }
}

pub(crate) async fn by_id(c: &mut Conn, user_id: UserId) -> Result<Option<Known>> {
    Ok(sql("SELECT * FROM customer WHERE user_id = $1").bind(user_id).opt(c).await?)
}

/// Stores what was told, unless something newer is known.
pub(crate) async fn save(tx: &mut Tx, known: &Known) -> Result<()> {
    let now = tx.now();
    sql("INSERT INTO customer (user_id, user_version, email, name, status, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (user_id) DO UPDATE SET user_version = excluded.user_version, email = excluded.email,
            name = excluded.name, status = excluded.status
        WHERE customer.user_version <= excluded.user_version")
    .bind(known.user_id)
    .bind(known.version)
    .bind(known.email.as_str())
    .bind(known.name.as_str())
    .bind(word(known.status))
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// An address from the customer's book.
pub(crate) async fn address(c: &mut Conn, user_id: UserId, address_id: AddressId) -> Result<Option<Address>> {
    let row: Option<(Json<Address>,)> =
        sql("SELECT address FROM customer_address WHERE address_id = $1 AND user_id = $2")
            .bind(address_id)
            .bind(user_id)
            .opt(c)
            .await?;
    Ok(row.map(|row| row.0.0))
}

/// Stores an address, unless something newer is known.
pub(crate) async fn save_address(
    tx: &mut Tx,
    user_id: UserId,
    version: i64,
    address_id: AddressId,
    address: &Address,
) -> Result<()> {
    let now = tx.now();
    sql("INSERT INTO customer_address (address_id, user_id, user_version, address, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (address_id) DO UPDATE SET user_version = excluded.user_version, address = excluded.address
        WHERE customer_address.user_version <= excluded.user_version")
    .bind(address_id)
    .bind(user_id)
    .bind(version)
    .bind(json(address))
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

pub(crate) async fn delete_address(tx: &mut Tx, address_id: AddressId) -> Result<()> {
    sql("DELETE FROM customer_address WHERE address_id = $1").bind(address_id).run(tx).await?;
    Ok(())
}

/// Forgets a customer's book of addresses.
pub(crate) async fn forget_addresses(tx: &mut Tx, user_id: UserId) -> Result<()> {
    sql("DELETE FROM customer_address WHERE user_id = $1").bind(user_id).run(tx).await?;
    Ok(())
}
