//! A model of the cart service.

use super::{Article, Cart, World};
use api::cart::{CartSnapshot, CartTotals, LockCart, UnlockCart};
use api::ids::{CartId, CartLineId, OrderId, UserId};
use api::shared::CartItem;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base::{Currency, Error, Money};
use service::http::{Json, Path};

pub(super) fn router(world: World) -> Router {
    Router::new()
        .route("/internal/carts/lock", post(lock))
        .route("/internal/carts/{id}/unlock", post(unlock))
        .with_state(world)
}

pub(super) fn item(article: &Article, quantity: i64, currency: Currency) -> CartItem {
    let unit_price = Money::new(article.price_minor, currency);
    CartItem {
        item_id: CartLineId::new(),
        product_id: article.product_id,
        variant_id: Some(article.variant_id),
        sku: format!("SKU-{}", article.variant_id),
        product_name: "Thing".to_owned(),
        quantity,
        unit_price,
        line_total: unit_price.times(quantity).expect("test prices are small"),
    }
}

async fn lock(State(world): State<World>, Json(body): Json<LockCart>) -> Response {
    world
        .call("lock", |memory| {
            let owner = body.cart_token.or(body.user_id.map(|id| id.to_string())).unwrap_or_default();
            let cart = memory.carts.get_mut(&owner);
            let cart = cart.ok_or_else(|| Error::conflict("cart-empty", "there is nothing in the cart"))?;
            if let Some(snapshot) = &cart.snapshot {
                if snapshot.order_id == body.order_id {
                    return Ok(Json(snapshot.clone()).into_response());
                }
                return Err(Error::conflict("cart-locked", "held").with("orderId", snapshot.order_id));
            }
            if cart.items.is_empty() {
                return Err(Error::conflict("cart-empty", "there is nothing in the cart"));
            }
            cart.version += 1;
            let snapshot = snapshot(cart, body.user_id, body.order_id);
            cart.snapshot = Some(snapshot.clone());
            Ok(Json(snapshot).into_response())
        })
        .await
}

fn snapshot(cart: &Cart, user_id: Option<UserId>, order_id: OrderId) -> CartSnapshot {
    let currency = cart.items[0].unit_price.currency;
    let subtotal =
        Money::sum(currency, cart.items.iter().map(|item| item.line_total)).expect("test carts are small");
    CartSnapshot {
        cart_id: cart.id,
        cart_version: cart.version,
        user_id,
        order_id,
        items: cart.items.clone(),
        coupons: cart.coupons.clone(),
        totals: CartTotals { subtotal, discount_amount: Money::zero(currency), total_amount: subtotal },
        currency,
    }
}

async fn unlock(
    State(world): State<World>,
    Path(id): Path<CartId>,
    Json(body): Json<UnlockCart>,
) -> Response {
    world
        .call("unlock", |memory| {
            let cart = memory.carts.values_mut().find(|cart| cart.id == id);
            let cart = cart.ok_or_else(|| Error::not_found("cart"))?;
            if cart.snapshot.as_ref().is_some_and(|snapshot| snapshot.order_id == body.order_id) {
                cart.snapshot = None;
                cart.version += 1;
            }
            Ok(StatusCode::NO_CONTENT.into_response())
        })
        .await
}
