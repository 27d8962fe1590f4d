//! What order-service asks of carts.

use super::dto;
use super::shopper::guest;
use crate::App;
use crate::domain::Owner;
use crate::error::CartError;
use crate::ops;
use api::cart::{Cart, CartSnapshot, LockCart, UnlockCart};
use api::ids::{CartId, UserId};
use api::order::Violations;
use api::repair::{RepairInvariants, Repairs};
use auth::Caller;
use axum::extract::State;
use base::Error;
use service::http::{Json, NoContent, Path, Result, Versioned};

/// Locks a cart for an order and says what is in it.
#[utoipa::path(post, path = "/internal/carts/lock", tag = "internal", request_body = LockCart,
    responses((status = 200, body = CartSnapshot)))]
pub(super) async fn lock_cart(
    State(app): State<App>,
    Json(body): Json<LockCart>,
) -> Result<Json<CartSnapshot>> {
    let owner = owner(&app, &body)?;
    Ok(Json(ops::lock_cart(&app, owner, body.order_id).await?))
}

/// Gives a cart back to its owner.
#[utoipa::path(post, path = "/internal/carts/{cartId}/unlock", tag = "internal",
    params(("cartId" = CartId, Path)), request_body = UnlockCart, responses((status = 204)))]
pub(super) async fn unlock_cart(
    State(app): State<App>,
    Path(cart_id): Path<CartId>,
    Json(body): Json<UnlockCart>,
) -> Result<NoContent> {
    ops::unlock_cart(&app, cart_id, body.order_id).await?;
    Ok(NoContent)
}

/// Shows the cart of a user as it is known.
#[utoipa::path(get, path = "/internal/carts/by-user/{userId}", tag = "internal",
    params(("userId" = UserId, Path)), responses((status = 200, body = Cart)))]
pub(super) async fn cart_of_user(
    State(app): State<App>,
    caller: Caller,
    Path(user_id): Path<UserId>,
) -> Result<Versioned<Cart>> {
    let cart = dto(ops::cart_of_user(&app, &caller, user_id).await?);
    Ok(Versioned(cart.version, cart))
}

/// Looks for what must not be.
#[utoipa::path(get, path = "/internal/carts/invariants", tag = "internal",
    responses((status = 200, body = Violations)))]
pub(super) async fn invariants(State(app): State<App>) -> Result<Json<Violations>> {
    Ok(Json(ops::invariants(&app).await?))
}

/// Repairs what must not be, or says what would be done.
#[utoipa::path(post, path = "/internal/carts/invariants/repair", tag = "internal",
    request_body = RepairInvariants, responses((status = 200, body = Repairs)))]
pub(super) async fn repair_invariants(
    State(app): State<App>,
    Json(wish): Json<RepairInvariants>,
) -> Result<Json<Repairs>> {
    Ok(Json(ops::repair(&app, wish).await?))
}

fn owner(app: &App, body: &LockCart) -> Result<Owner> {
    match (body.user_id, &body.cart_token) {
        (Some(id), None) => Ok(Owner::User(id)),
        (None, Some(token)) => Ok(guest(&app.keys, token).ok_or(CartError::CartNotFound)?),
        _ => Err(Error::field("/userId", "one-of", "give exactly one of userId and cartToken").into()),
    }
}
