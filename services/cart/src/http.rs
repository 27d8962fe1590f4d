//! Routes of cart-service and who may call them.

mod carts;
mod internal;
mod shopper;

use crate::App;
use crate::domain;
use api::cart::{Cart, CartLine};
use auth::Access;
use base::Money;
use service::{Routes, routes};

pub(crate) fn routes() -> Routes<App> {
    const SHOPPER: Access = Access::customer().guest();
    const CHECKOUT: Access = Access::service("cart:checkout");
    Routes::new("cart")
        .add(SHOPPER, routes!(carts::get_cart, carts::clear_cart))
        .add(SHOPPER, routes!(carts::add_item))
        .add(SHOPPER, routes!(carts::update_item, carts::remove_item))
        .add(Access::customer(), routes!(carts::merge_cart))
        .add(SHOPPER, routes!(carts::estimate))
        .add(CHECKOUT, routes!(internal::lock_cart))
        .add(CHECKOUT, routes!(internal::unlock_cart))
        .add(Access::service("cart:read"), routes!(internal::cart_of_user))
        .add(Access::service("invariants:read"), routes!(internal::invariants))
        .add(Access::service("invariants:repair"), routes!(internal::repair_invariants))
}

/// The cart as clients see it.
fn dto(cart: domain::Cart) -> Cart {
    let line = |line: &domain::Line| CartLine {
        item: line.item(cart.currency),
        available: line.available,
        price_changed: line.previous_price.is_some(),
        previous_price: line.previous_price.map(|price| Money::new(price, cart.currency)),
    };
    let subtotal = cart.subtotal();
    Cart {
        id: cart.id,
        user_id: cart.owner.user_id(),
        status: cart.status,
        items: cart.lines.iter().map(line).collect(),
        coupons: Vec::new(),
        subtotal,
        discount_amount: Money::zero(cart.currency),
        total: subtotal,
        currency: cart.currency,
        item_count: cart.item_count(),
        locked_by: cart.order_id,
        cart_token: None,
        updated_at: cart.updated_at,
        version: cart.version,
    }
}
