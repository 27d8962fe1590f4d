//! What shoppers do with their carts. Every answer is the whole cart.

use super::shopper::{Shopper, guest};
use crate::App;
use crate::error::CartError;
use crate::ops::{self, Destination};
use api::cart::{AddItem, Cart, CartEstimate, MergeCart, UpdateItem};
use api::ids::CartLineId;
use api::order::ShippingMethod;
use auth::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use service::http::{GuestToken, IfMatch, Json, Path, Query, Result};

/// Shows the cart, compared with the catalogue; an empty one on first use.
#[utoipa::path(get, path = "/api/cart", tag = "cart", params(GuestToken),
    responses((status = 200, body = Cart)))]
pub(super) async fn get_cart(State(app): State<App>, shopper: Shopper) -> Result<Response> {
    let cart = ops::get_cart(&app, shopper.owner).await?;
    shopper.answer(cart)
}

/// Puts more of a product into the cart: 201 for a new line, 200 if a line grew.
#[utoipa::path(post, path = "/api/cart/items", tag = "cart", params(GuestToken), request_body = AddItem,
    responses((status = 201, body = Cart), (status = 200, body = Cart)))]
pub(super) async fn add_item(
    State(app): State<App>,
    shopper: Shopper,
    Json(body): Json<AddItem>,
) -> Result<Response> {
    let (cart, is_new) = ops::add_item(&app, shopper.owner, body).await?;
    let mut response = shopper.answer(cart)?;
    *response.status_mut() = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(response)
}

/// Sets the quantity of a line; 0 removes it.
#[utoipa::path(put, path = "/api/cart/items/{id}", tag = "cart", params(("id" = CartLineId, Path), GuestToken, IfMatch),
    request_body = UpdateItem, responses((status = 200, body = Cart)))]
pub(super) async fn update_item(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<CartLineId>,
    seen: IfMatch,
    Json(body): Json<UpdateItem>,
) -> Result<Response> {
    let cart = ops::update_item(&app, shopper.owner, id, seen.0, body).await?;
    shopper.answer(cart)
}

/// Takes a line out.
#[utoipa::path(delete, path = "/api/cart/items/{id}", tag = "cart", params(("id" = CartLineId, Path),
        IfMatch),
    responses((status = 200, body = Cart)))]
pub(super) async fn remove_item(
    State(app): State<App>,
    shopper: Shopper,
    Path(id): Path<CartLineId>,
    seen: IfMatch,
) -> Result<Response> {
    let cart = ops::remove_item(&app, shopper.owner, id, seen.0).await?;
    shopper.answer(cart)
}

/// Empties the cart.
#[utoipa::path(delete, path = "/api/cart", tag = "cart",
    params(GuestToken, IfMatch), responses((status = 200, body = Cart)))]
pub(super) async fn clear_cart(State(app): State<App>, shopper: Shopper, seen: IfMatch) -> Result<Response> {
    let cart = ops::clear_cart(&app, shopper.owner, seen.0).await?;
    shopper.answer(cart)
}

/// Takes the cart the user filled as a guest into their own.
#[utoipa::path(post, path = "/api/cart/merge", tag = "cart", params(GuestToken), request_body = MergeCart,
    responses((status = 200, body = Cart)))]
pub(super) async fn merge_cart(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    shopper: Shopper,
    Json(body): Json<MergeCart>,
) -> Result<Response> {
    let guest = guest(&app.keys, &body.cart_token).ok_or(CartError::CartNotFound)?;
    let cart = ops::merge_cart(&app, user.id, guest).await?;
    shopper.answer(cart)
}

/// Where the goods would go, and how.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct Estimate {
    /// ISO 3166-1 alpha-2.
    country: String,
    /// Postal code.
    postal_code: Option<String>,
    /// STANDARD when left out.
    shipping_method: Option<ShippingMethod>,
}

/// Tells what the cart would cost with tax and shipping.
#[utoipa::path(get, path = "/api/cart/estimate", tag = "cart",
    params(GuestToken, Estimate), responses((status = 200, body = CartEstimate)))]
pub(super) async fn estimate(
    State(app): State<App>,
    shopper: Shopper,
    Query(query): Query<Estimate>,
) -> Result<Json<CartEstimate>> {
    let destination = Destination {
        country: query.country,
        postal_code: query.postal_code,
        shipping_method: query.shipping_method.unwrap_or(ShippingMethod::Standard),
    };
    Ok(Json(ops::estimate(&app, shopper.owner, destination).await?))
}
