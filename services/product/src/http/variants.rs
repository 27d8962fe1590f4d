//! Routes of variants and their prices.

use super::conditions::Seen;
use crate::App;
use crate::ops::read::seen_by_staff;
use crate::ops::{prices, variants};
use api::ids::VariantId;
use api::product::{Product, SetPrice, WriteVariant};
use auth::Caller;
use axum::extract::State;
use service::http::{Created, Json, NoContent, Path, Result, Versioned};

/// Adds a variant; answers the whole product.
#[utoipa::path(post, path = "/api/products/{id}/variants", tag = "products", params(("id" = String, Path),
        Seen),
    request_body = WriteVariant, responses((status = 201, body = Product)))]
pub(super) async fn add_variant(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    seen: Seen,
    Json(body): Json<WriteVariant>,
) -> Result<Created<Versioned<Product>>> {
    let (product, id) = variants::add_variant(&app, &caller, &name, seen.0, &body).await?;
    let location = format!("/api/products/{}/variants/{id}", product.id);
    Ok(Created(location, Versioned(product.version, seen_by_staff(&app, &product, app.currency))))
}

/// Replaces a variant; answers the whole product.
#[utoipa::path(put, path = "/api/products/{id}/variants/{variantId}", tag = "products",
    params(("id" = String, Path), ("variantId" = VariantId, Path), Seen), request_body = WriteVariant,
    responses((status = 200, body = Product)))]
pub(super) async fn replace_variant(
    State(app): State<App>,
    caller: Caller,
    Path((name, variant)): Path<(String, VariantId)>,
    seen: Seen,
    Json(body): Json<WriteVariant>,
) -> Result<Versioned<Product>> {
    let product = variants::replace_variant(&app, &caller, &name, variant, seen.0, &body).await?;
    Ok(Versioned(product.version, seen_by_staff(&app, &product, app.currency)))
}

/// Removes a variant; the last one of a product stays.
#[utoipa::path(delete, path = "/api/products/{id}/variants/{variantId}", tag = "products",
    params(("id" = String, Path), ("variantId" = VariantId, Path), Seen), responses((status = 204)))]
pub(super) async fn remove_variant(
    State(app): State<App>,
    caller: Caller,
    Path((name, variant)): Path<(String, VariantId)>,
    seen: Seen,
) -> Result<NoContent> {
    variants::remove_variant(&app, &caller, &name, variant, seen.0).await?;
    Ok(NoContent)
}

/// Sets the price of a variant in one currency; it may start later, and end. Answers the whole product.
#[utoipa::path(put, path = "/api/products/{id}/variants/{variantId}/price", tag = "products",
    params(("id" = String, Path), ("variantId" = VariantId, Path), Seen), request_body = SetPrice,
    responses((status = 200, body = Product)))]
pub(super) async fn set_price(
    State(app): State<App>,
    caller: Caller,
    Path((name, variant)): Path<(String, VariantId)>,
    seen: Seen,
    Json(body): Json<SetPrice>,
) -> Result<Versioned<Product>> {
    let product = prices::set_price(&app, &caller, &name, variant, seen.0, &body).await?;
    Ok(Versioned(product.version, seen_by_staff(&app, &product, app.currency)))
}
