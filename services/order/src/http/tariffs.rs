//! Routes of the tables of tax and shipping.

use crate::App;
use crate::domain::tariff::{Place, Table, Tariff};
use crate::ops;
use api::order::{ShippingOptions, ShippingRates, TaxRates, TaxZones};
use auth::Caller;
use axum::extract::State;
use serde::Deserialize;
use service::http::{IfMatch, Json, Query, Result, Versioned};

/// Where goods would go.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct Destination {
    /// ISO 3166-1 alpha-2.
    country: String,
    /// State or province.
    state_or_province: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// Currency of the prices; that of the shop when left out.
    currency: Option<String>,
}

/// Lists the ways to send goods to a place.
#[utoipa::path(get, path = "/api/shipping-methods", tag = "shipping",
    params(Destination), responses((status = 200, body = ShippingOptions)))]
pub(super) async fn shipping_methods(
    State(app): State<App>,
    Query(query): Query<Destination>,
) -> Result<Json<ShippingOptions>> {
    let place =
        Place { country: query.country, region: query.state_or_province, postal_code: query.postal_code };
    let items = ops::shipping_options(&app, &place, query.currency.as_deref()).await?;
    Ok(Json(ShippingOptions { items }))
}

/// Reads the zones.
#[utoipa::path(get, path = "/api/admin/tax-zones", tag = "tariffs", responses((status = 200, body = TaxZones)))]
pub(super) async fn get_tax_zones(State(app): State<App>) -> Result<Versioned<TaxZones>> {
    let (version, tariff) = ops::tariff(&app).await?;
    Ok(Versioned(version, TaxZones { items: tariff.zones }))
}

/// Replaces the zones.
#[utoipa::path(put, path = "/api/admin/tax-zones", tag = "tariffs", request_body = TaxZones,
    params(IfMatch), responses((status = 200, body = TaxZones)))]
pub(super) async fn put_tax_zones(
    State(app): State<App>,
    caller: Caller,
    seen: IfMatch,
    Json(body): Json<TaxZones>,
) -> Result<Versioned<TaxZones>> {
    let change = |tariff: &mut Tariff| tariff.zones.clone_from(&body.items);
    let (version, tariff) = ops::replace_tariff(&app, &caller, seen.0, Table::Zones, change).await?;
    Ok(Versioned(version, TaxZones { items: tariff.zones }))
}

/// Reads the tax rates.
#[utoipa::path(get, path = "/api/admin/tax-rates", tag = "tariffs", responses((status = 200, body = TaxRates)))]
pub(super) async fn get_tax_rates(State(app): State<App>) -> Result<Versioned<TaxRates>> {
    let (version, tariff) = ops::tariff(&app).await?;
    Ok(Versioned(version, TaxRates { items: tariff.rates }))
}

/// Replaces the tax rates.
#[utoipa::path(put, path = "/api/admin/tax-rates", tag = "tariffs", request_body = TaxRates,
    params(IfMatch), responses((status = 200, body = TaxRates)))]
pub(super) async fn put_tax_rates(
    State(app): State<App>,
    caller: Caller,
    seen: IfMatch,
    Json(body): Json<TaxRates>,
) -> Result<Versioned<TaxRates>> {
    let change = |tariff: &mut Tariff| tariff.rates.clone_from(&body.items);
    let (version, tariff) = ops::replace_tariff(&app, &caller, seen.0, Table::Rates, change).await?;
    Ok(Versioned(version, TaxRates { items: tariff.rates }))
}

/// Reads the shipping prices.
#[utoipa::path(get, path = "/api/admin/shipping-methods", tag = "tariffs",
    responses((status = 200, body = ShippingRates)))]
pub(super) async fn get_shipping_rates(State(app): State<App>) -> Result<Versioned<ShippingRates>> {
    let (version, tariff) = ops::tariff(&app).await?;
    Ok(Versioned(version, ShippingRates { items: tariff.shipping }))
}

/// Replaces the shipping prices.
#[utoipa::path(put, path = "/api/admin/shipping-methods", tag = "tariffs", request_body = ShippingRates,
    params(IfMatch), responses((status = 200, body = ShippingRates)))]
pub(super) async fn put_shipping_rates(
    State(app): State<App>,
    caller: Caller,
    seen: IfMatch,
    Json(body): Json<ShippingRates>,
) -> Result<Versioned<ShippingRates>> {
    let change = |tariff: &mut Tariff| tariff.shipping.clone_from(&body.items);
    let (version, tariff) = ops::replace_tariff(&app, &caller, seen.0, Table::Shipping, change).await?;
    Ok(Versioned(version, ShippingRates { items: tariff.shipping }))
}
