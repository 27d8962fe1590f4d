//! Contract of cart-service: carts of users and guests (contracts §3.7, §4.6).

mod messages;

pub use messages::*;

use crate::ids::{CartId, OrderId, ProductId, UserId, VariantId};
use crate::order::ShippingMethod;
use crate::shared::CartItem;
use base::{Currency, Money, Result, Timestamp};
use peer::{Peer, Peers};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the keys seal a guest's `X-Cart-Token` for.
pub const CART_TOKEN_PURPOSE: &str = "cart-token";

/// State of a cart (contracts §6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CartStatus {
    /// Can be changed.
    Active,
    /// Held by an order that is not paid yet; cannot be changed.
    Locked,
    /// Became an order.
    Converted,
    /// Nothing happened for a day; the next change wakes it.
    Abandoned,
    /// Nothing happened for a month.
    Expired,
    /// Its lines went into the cart of the user who signed in.
    Merged,
}

/// Puts more of a product into the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddItem {
    /// The product.
    pub product_id: ProductId,
    /// The variant; left out only when the product has one implicit variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Pieces to add, 1–99.
    pub quantity: i64,
    /// Currency of an empty cart, that of the shop when left out; one with lines keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// Sets the quantity of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateItem {
    /// Pieces, 0–99; 0 removes the line.
    pub quantity: i64,
}

/// Takes the lines of a guest cart into the cart of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeCart {
    /// The token of the guest cart.
    pub cart_token: String,
}

/// A line with what has become of its price and stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartLine {
    /// The line itself.
    #[serde(flatten)]
    pub item: CartItem,
    /// Whether this many can be bought now.
    pub available: bool,
    /// Whether the price changed since the shopper last changed the line.
    pub price_changed: bool,
    /// The price before it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_price: Option<Money>,
}

/// A cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    /// Its id.
    pub id: CartId,
    /// Whose it is; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Its state.
    pub status: CartStatus,
    /// Its lines, in the order they were added.
    pub items: Vec<CartLine>,
    /// Coupon codes; discounts are applied when the order is priced.
    pub coupons: Vec<String>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// Reduction by coupons.
    pub discount_amount: Money,
    /// `subtotal` − `discountAmount`, before tax and shipping.
    pub total: Money,
    /// The one currency of the cart.
    pub currency: Currency,
    /// Sum of the quantities.
    pub item_count: i64,
    /// The order that holds the cart while it is LOCKED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_by: Option<OrderId>,
    /// The guest's `X-Cart-Token`, only in the answer that creates the cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_token: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with every change; the ETag. 0 for a cart nothing was put into yet.
    pub version: i64,
}

/// What the cart would cost in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartEstimate {
    /// Sum of the lines.
    pub subtotal: Money,
    /// Reduction by coupons.
    pub discount_amount: Money,
    /// Tax.
    pub tax_amount: Money,
    /// Shipping.
    pub shipping_cost: Money,
    /// What would be paid.
    pub total: Money,
    /// Whether the prices contain the tax.
    pub prices_include_tax: bool,
    /// The shipping method the estimate is for.
    pub shipping_method: ShippingMethod,
}

/// Locks the cart of a user or guest for an order: exactly one of `userId` and `cartToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockCart {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The guest's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_token: Option<String>,
    /// The order; the natural key of the lock.
    pub order_id: OrderId,
}

/// Gives a cart back to its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnlockCart {
    /// The order that holds it.
    pub order_id: OrderId,
}

/// Sums of a locked cart, before tax and shipping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartTotals {
    /// Sum of the lines.
    pub subtotal: Money,
    /// Reduction by coupons.
    pub discount_amount: Money,
    /// `subtotal` − `discountAmount`.
    pub total_amount: Money,
}

/// A cart as it was when it was locked; the same for every repetition with the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartSnapshot {
    /// The cart.
    pub cart_id: CartId,
    /// Its version while locked; `OrderPlaced` and `OrderCancelled` carry it back.
    pub cart_version: i64,
    /// Whose it is; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The order that holds it.
    pub order_id: OrderId,
    /// Its lines, at least one.
    pub items: Vec<CartItem>,
    /// Coupon codes.
    pub coupons: Vec<String>,
    /// Sums.
    pub totals: CartTotals,
    /// The one currency of the cart.
    pub currency: Currency,
}

/// The calls other services may make.
#[derive(Clone, Debug)]
pub struct CartClient {
    peer: Peer,
}

impl CartClient {
    /// A client of the cart-service that `peers` knows.
    pub fn new(peers: &Peers) -> Self {
        Self { peer: peers.of("cart") }
    }

    /// Locks a cart for an order and takes its snapshot (scope `cart:checkout`). Repeating with
    /// the same order gives the same snapshot.
    ///
    /// # Errors
    /// 409 `cart-empty`; 409 `cart-locked` with member `orderId`, the order that holds it;
    /// 404 `cart-not-found` for a bad token.
    pub async fn lock(&self, body: &LockCart) -> Result<CartSnapshot> {
        self.peer.post("/internal/carts/lock").json(body).send().await
    }

    /// Unlocks a cart; nothing happens if this order does not hold it (scope `cart:checkout`).
    ///
    /// # Errors
    /// Those of the peer.
    pub async fn unlock(&self, cart_id: CartId, order_id: OrderId) -> Result<()> {
        let path = format!("/internal/carts/{cart_id}/unlock");
        self.peer.post(path).json(&UnlockCart { order_id }).send_empty().await
    }

    /// The present cart of a user (scope `cart:read`).
    ///
    /// # Errors
    /// Those of the peer.
    pub async fn by_user(&self, user_id: UserId) -> Result<Cart> {
        self.peer.get(format!("/internal/carts/by-user/{user_id}")).send().await
    }
}
