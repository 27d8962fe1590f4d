//! Routes of products.

use super::conditions::Seen;
use super::list_query::parse;
use crate::App;
use crate::ops::read::{is_staff, seen_by_staff};
use crate::ops::shelf::Answer;
use crate::ops::{list, products, read};
use api::product::{Product, ProductPage, SetStatus, Suggestions, WriteProduct};
use auth::Caller;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use service::http::{Created, Json, MergePatch, NoContent, Path, Query, Result, Versioned};

/// Which currency prices are shown in.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InCurrency {
    /// ISO 4217; that of the shop when left out.
    currency: Option<String>,
}

/// Why a product is archived.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Reason {
    /// ≤ 500 characters.
    reason: Option<String>,
}

/// What was typed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Typed {
    /// The words so far, ≤ 200 characters.
    #[serde(default)]
    q: String,
}

/// Lists and searches products.
///
/// A parameter given several times means any of its values. Prices are minor units of `currency`;
/// with another currency than the shop's, only products that have a price in it are listed.
#[utoipa::path(get, path = "/api/products", tag = "products",
    params(
        ("q" = Option<String>, Query, description = "Words; typing errors are forgiven"),
        ("categoryId" = Option<String>, Query, description = "In this category or below it"),
        ("brand" = Option<String>, Query, description = "Of this brand"),
        ("tag" = Option<String>, Query, description = "With this tag"),
        ("attr.{name}" = Option<String>, Query, description = "With this value of the attribute or option"),
        ("priceMin" = Option<i64>, Query, description = "The cheapest variant costs at least this, in minor units"),
        ("priceMax" = Option<i64>, Query, description = "The cheapest variant costs at most this, in minor units"),
        ("inStock" = Option<bool>, Query, description = "Whether something of it is in stock"),
        ("status" = Option<String>, Query, description = "Staff only; others see ACTIVE and DISCONTINUED"),
        ("currency" = Option<String>, Query, description = "ISO 4217; that of the shop when left out"),
        ("sort" = Option<String>, Query, description = "relevance, price, newest, rating or name; a minus before it turns the order round"),
        ("limit" = Option<u32>, Query, description = "1-100, 20 when left out"),
        ("cursor" = Option<String>, Query, description = "nextCursor or prevCursor of an earlier answer"),
        ("count" = Option<bool>, Query, description = "Whether to count all pages"),
        ("facets" = Option<bool>, Query, description = "Whether to count by filter values"),
    ),
    responses((status = 200, body = ProductPage)))]
pub(super) async fn list_products(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Answer> {
    let query = parse(&app, pairs, raw.as_deref().unwrap_or_default())?;
    Ok(list::list_products(&app, &caller, &query).await?)
}

/// Suggests products, categories and brands while a shopper types.
#[utoipa::path(get, path = "/api/products/suggest", tag = "products",
    params(Typed), responses((status = 200, body = Suggestions)))]
pub(super) async fn suggest_products(
    State(app): State<App>,
    Query(typed): Query<Typed>,
) -> Result<Json<Suggestions>> {
    Ok(Json(read::suggest(&app, &typed.q).await?))
}

/// Reads a product by id or slug.
#[utoipa::path(get, path = "/api/products/{id}", tag = "products", params(("id" = String, Path), InCurrency),
    responses((status = 200, body = Product)))]
pub(super) async fn get_product(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<InCurrency>,
) -> Result<Response> {
    let currency = query.currency.as_deref();
    if is_staff(&caller) {
        let product = read::get_product_for_staff(&app, &name, currency).await?;
        return Ok(Versioned(product.version, product).into_response());
    }
    Ok(read::get_product(&app, &name, currency).await?.into_response())
}

fn written(app: &App, product: &crate::domain::product::Product) -> Versioned<Product> {
    Versioned(product.version, seen_by_staff(app, product, app.currency))
}

/// Creates a product.
#[utoipa::path(post, path = "/api/products", tag = "products", request_body = WriteProduct,
    responses((status = 201, body = Product)))]
pub(super) async fn create_product(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<WriteProduct>,
) -> Result<Created<Versioned<Product>>> {
    let product = products::create_product(&app, &caller, &body).await?;
    Ok(Created(format!("/api/products/{}", product.id), written(&app, &product)))
}

/// Replaces a product; fields left out are cleared, variants left out removed.
#[utoipa::path(put, path = "/api/products/{id}", tag = "products", params(("id" = String, Path),
        Seen), request_body = WriteProduct,
    responses((status = 200, body = Product)))]
pub(super) async fn replace_product(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    seen: Seen,
    Json(body): Json<WriteProduct>,
) -> Result<Versioned<Product>> {
    Ok(written(&app, &products::replace_product(&app, &caller, &name, seen.0, &body).await?))
}

/// Changes some fields of a product by a merge patch (RFC 7396) of its representation for PUT.
#[utoipa::path(patch, path = "/api/products/{id}", tag = "products", params(("id" = String, Path), Seen),
    request_body(content = WriteProduct, content_type = "application/merge-patch+json"),
    responses((status = 200, body = Product)))]
pub(super) async fn patch_product(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    seen: Seen,
    patch: MergePatch,
) -> Result<Versioned<Product>> {
    let patched =
        products::patch_product(&app, &caller, &name, seen.0, |present| patch.apply(present)).await?;
    Ok(written(&app, &patched))
}

/// Archives a product for good.
#[utoipa::path(delete, path = "/api/products/{id}", tag = "products", params(("id" = String, Path),
        Reason, Seen),
    responses((status = 204)))]
pub(super) async fn delete_product(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    seen: Seen,
    Query(query): Query<Reason>,
) -> Result<NoContent> {
    products::delete_product(&app, &caller, &name, seen.0, query.reason).await?;
    Ok(NoContent)
}

/// Moves a product to another state.
#[utoipa::path(put, path = "/api/products/{id}/status", tag = "products", params(("id" = String, Path),
        Seen), request_body = SetStatus,
    responses((status = 200, body = Product)))]
pub(super) async fn set_product_status(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    seen: Seen,
    Json(body): Json<SetStatus>,
) -> Result<Versioned<Product>> {
    Ok(written(&app, &products::set_status(&app, &caller, &name, seen.0, body.status).await?))
}
