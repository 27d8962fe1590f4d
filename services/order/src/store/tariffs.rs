//! The tables of tax and shipping, replaced as a whole and guarded by one version.

use super::words::{Word, word};
use crate::domain::tariff::Tariff;
use crate::error::{OrderError, Result};
use api::order::{ShippingRate, TaxRate, TaxZone};
use base::{Currency, Money};
use db::{Conn, DbError, FromRow, Json, Row, Tx, json, sql};

struct Zone(TaxZone);
struct Rate(TaxRate);
struct Shipping(ShippingRate);

impl FromRow for Zone {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(TaxZone {
            code: row.get("code")?,
            name: row.get("name")?,
            prices_include_tax: row.get("prices_include_tax")?,
            areas: row.get::<Json<_>>("areas")?.0,
        }))
    }
}

impl FromRow for Rate {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(TaxRate {
            zone: row.get("zone")?,
            tax_class: row.get("tax_class")?,
            name: row.get("name")?,
            rate_ppm: row.get("rate_ppm")?,
        }))
    }
}

impl FromRow for Shipping {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency: Currency = row.get("currency")?;
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency));
        Ok(Self(ShippingRate {
            method: row.get::<Word<_>>("method")?.0,
            zone: row.get("zone")?,
            name: row.get("name")?,
            flat: Money::new(row.get("flat_minor")?, currency),
            per_kg: money(row.get("per_kg_minor")?),
            free_from: money(row.get("free_from_minor")?),
            tax_class: row.get("tax_class")?,
            min_days: row.get("min_days")?,
            max_days: row.get("max_days")?,
        }))
    }
}

/// The version of the tables; `None` before the first ones are stored.
pub(crate) async fn version(c: &mut Conn) -> Result<Option<i64>> {
    let row: Option<(i64,)> = sql("SELECT version FROM tariff WHERE id = 1").opt(c).await?;
    Ok(row.map(|row| row.0))
}

/// All tables.
pub(crate) async fn load(c: &mut Conn) -> Result<Tariff> {
    let zones = sql("SELECT * FROM tax_zone ORDER BY position").all::<Zone>(c).await?;
    let rates = sql("SELECT * FROM tax_rate ORDER BY position").all::<Rate>(c).await?;
    let shipping = sql("SELECT * FROM shipping_rate ORDER BY position").all::<Shipping>(c).await?;
    Ok(Tariff {
        zones: zones.into_iter().map(|row| row.0).collect(),
        rates: rates.into_iter().map(|row| row.0).collect(),
        shipping: shipping.into_iter().map(|row| row.0).collect(),
    })
}

/// Takes the tables of a new installation; `false` if there are tables already.
pub(crate) async fn first(tx: &mut Tx, tariff: &Tariff) -> Result<bool> {
    let now = tx.now();
    let inserted =
        sql("INSERT INTO tariff (id, version, updated_at) VALUES (1, 1, $1) ON CONFLICT (id) DO NOTHING")
            .bind(now)
            .run(tx)
            .await?;
    if inserted == 1 {
        write(tx, tariff).await?;
    }
    Ok(inserted == 1)
}

/// Replaces the tables; the version rises by one.
///
/// # Errors
/// [`OrderError::Stale`] if they were replaced since `seen`.
pub(crate) async fn replace(tx: &mut Tx, tariff: &Tariff, seen: i64) -> Result<()> {
    let now = tx.now();
    let update =
        sql("UPDATE tariff SET version = version + 1, updated_at = $2 WHERE id = 1 AND version = $1");
    if update.bind(seen).bind(now).run(tx).await? != 1 {
        return Err(OrderError::Stale);
    }
    for table in ["DELETE FROM tax_zone", "DELETE FROM tax_rate", "DELETE FROM shipping_rate"] {
        sql(table).run(tx).await?;
    }
    write(tx, tariff).await
}

async fn write(tx: &mut Tx, tariff: &Tariff) -> Result<()> {
    for (position, zone) in tariff.zones.iter().enumerate() {
        sql("INSERT INTO tax_zone (code, position, name, prices_include_tax, areas) VALUES ($1, $2, $3, $4, $5)")
            .bind(zone.code.as_str())
            .bind(position as i64)
            .bind(zone.name.as_str())
            .bind(zone.prices_include_tax)
            .bind(json(&zone.areas))
            .run_one(tx)
            .await?;
    }
    for (position, rate) in tariff.rates.iter().enumerate() {
        sql("INSERT INTO tax_rate (zone, tax_class, name, position, rate_ppm) VALUES ($1, $2, $3, $4, $5)")
            .bind(rate.zone.as_str())
            .bind(rate.tax_class.as_str())
            .bind(rate.name.as_str())
            .bind(position as i64)
            .bind(rate.rate_ppm)
            .run_one(tx)
            .await?;
    }
    for (position, rate) in tariff.shipping.iter().enumerate() {
        write_shipping(tx, position as i64, rate).await?;
    }
    Ok(())
}

async fn write_shipping(tx: &mut Tx, position: i64, rate: &ShippingRate) -> Result<()> {
    sql("INSERT INTO shipping_rate (zone, method, currency, position, name, flat_minor, per_kg_minor,
            free_from_minor, tax_class, min_days, max_days)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(rate.zone.as_str())
    .bind(word(rate.method))
    .bind(rate.flat.currency)
    .bind(position)
    .bind(rate.name.as_str())
    .bind(rate.flat.minor)
    .bind(rate.per_kg.map(|money| money.minor))
    .bind(rate.free_from.map(|money| money.minor))
    .bind(rate.tax_class.as_str())
    .bind(rate.min_days)
    .bind(rate.max_days)
    .run_one(tx)
    .await?;
    Ok(())
}
