//! The address book.

use super::{name_of, named};
use api::ids::{AddressId, UserId};
use api::user::{AddressPurpose, UserAddress};
use db::{Conn, DbError, FromRow, Json, Row, json, sql};

const COLUMNS: &str =
    "id, address_type, is_default_shipping, is_default_billing, address, created_at, updated_at";

/// A row as the contract shows it.
struct AddressRow(UserAddress);

impl FromRow for AddressRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(address) = row.get("address")?;
        Ok(Self(UserAddress {
            id: row.get("id")?,
            address_type: named(row, "address_type")?,
            is_default_shipping: row.get("is_default_shipping")?,
            is_default_billing: row.get("is_default_billing")?,
            address,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        }))
    }
}

/// All addresses of a user, the earliest first.
pub(crate) async fn of_user(c: &mut Conn, user: UserId) -> Result<Vec<UserAddress>, DbError> {
    let query = format!("SELECT {COLUMNS} FROM address WHERE user_id = $1 ORDER BY id");
    let rows: Vec<AddressRow> = sql(query).bind(user).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// An address, if it is of this user.
pub(crate) async fn find(c: &mut Conn, user: UserId, id: AddressId) -> Result<Option<UserAddress>, DbError> {
    let query = format!("SELECT {COLUMNS} FROM address WHERE user_id = $1 AND id = $2");
    let row: Option<AddressRow> = sql(query).bind(user).bind(id).opt(c).await?;
    Ok(row.map(|row| row.0))
}

/// Stores a new address.
pub(crate) async fn insert(c: &mut Conn, user: UserId, address: &UserAddress) -> Result<(), DbError> {
    sql("INSERT INTO address (id, user_id, address_type, is_default_shipping, is_default_billing, address,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(address.id)
    .bind(user)
    .bind(name_of(&address.address_type))
    .bind(address.is_default_shipping)
    .bind(address.is_default_billing)
    .bind(json(&address.address))
    .bind(address.created_at)
    .bind(address.updated_at)
    .run_one(c)
    .await
}

/// Stores a changed address.
pub(crate) async fn update(c: &mut Conn, user: UserId, address: &UserAddress) -> Result<(), DbError> {
    sql("UPDATE address SET address_type = $3, is_default_shipping = $4, is_default_billing = $5, address = $6,
             updated_at = $7
         WHERE user_id = $1 AND id = $2")
    .bind(user)
    .bind(address.id)
    .bind(name_of(&address.address_type))
    .bind(address.is_default_shipping)
    .bind(address.is_default_billing)
    .bind(json(&address.address))
    .bind(address.updated_at)
    .run_one(c)
    .await
}

/// Removes an address.
pub(crate) async fn delete(c: &mut Conn, user: UserId, id: AddressId) -> Result<(), DbError> {
    sql("DELETE FROM address WHERE user_id = $1 AND id = $2").bind(user).bind(id).run_one(c).await
}

/// Takes the default of a purpose away from whichever address has it.
pub(crate) async fn clear_default(
    c: &mut Conn,
    user: UserId,
    purpose: AddressPurpose,
) -> Result<(), DbError> {
    let update = match purpose {
        AddressPurpose::Shipping => {
            "UPDATE address SET is_default_shipping = FALSE WHERE user_id = $1 AND is_default_shipping"
        }
        AddressPurpose::Billing => {
            "UPDATE address SET is_default_billing = FALSE WHERE user_id = $1 AND is_default_billing"
        }
    };
    sql(update).bind(user).run(c).await.map(drop)
}
