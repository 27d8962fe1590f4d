//! What the events of orders and accounts do to carts.

use crate::stories::{Article, Shop, quantities, user};
use api::cart::{CartClearReason, CartCleared, CartSnapshot, CartStatus};
use api::ids::{OrderId, UserId};
use api::order::messages::{OrderRef, RefundDetails, RefundState};
use api::order::{CancellationReason, OrderCancelled, OrderPlaced, OrderStatus, ShippingMethod, Totals};
use api::shared::{Actor, OrderItem};
use api::user::{DeactivationReason, UserDeactivated};
use base::{Currency, Id, Money, Timestamp};

const NOW: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);
const ZERO: Money = Money::zero(Currency::EUR);

fn order(order_id: OrderId) -> OrderRef {
    OrderRef { aggregate_version: 7, order_id, order_number: "ORD-0123456789".into(), user_id: None }
}

pub(crate) fn placed(snapshot: &CartSnapshot) -> OrderPlaced {
    let items = snapshot.items.iter().map(|item| OrderItem {
        order_item_id: Id::new(),
        product_id: item.product_id,
        variant_id: item.variant_id,
        sku: item.sku.clone(),
        product_name: item.product_name.clone(),
        quantity: item.quantity,
        unit_price: item.unit_price,
        discount_amount: ZERO,
        tax_amount: ZERO,
        total_price: item.line_total,
        attributes: None,
    });
    OrderPlaced {
        order: order(snapshot.order_id),
        customer_email: "ada@example.org".into(),
        customer_name: "Ada".into(),
        cart_id: snapshot.cart_id,
        cart_version: snapshot.cart_version,
        items: items.collect(),
        item_count: 1,
        totals: Totals {
            subtotal: ZERO,
            discount_amount: ZERO,
            tax_amount: ZERO,
            shipping_cost: ZERO,
            total_amount: ZERO,
            currency: Currency::EUR,
        },
        shipping_details: Default::default(),
        shipping_method_chosen: ShippingMethod::Standard,
        payment_id: None,
        payment_method_details: None,
        placed_at: NOW,
    }
}

pub(crate) fn cancelled(snapshot: &CartSnapshot) -> OrderCancelled {
    OrderCancelled {
        order: order(snapshot.order_id),
        customer_email: "ada@example.org".into(),
        cart_id: snapshot.cart_id,
        cart_version: snapshot.cart_version,
        cancelled_at: NOW,
        cancellation_reason_code: CancellationReason::CustomerRequest,
        cancellation_notes: None,
        cancelled_by: Actor::system(),
        previous_status: OrderStatus::PendingPayment,
        original_order_total: ZERO,
        currency: Currency::EUR,
        items_cancelled: vec![],
        refund_details: RefundDetails {
            is_refund_applicable: false,
            refund_status: RefundState::None,
            refund_amount: None,
            refund_method_hint: None,
            payment_id: None,
        },
        inventory_restock_requested: true,
    }
}

async fn checked_out(shop: &Shop, user: UserId, article: Article, quantity: i64) -> CartSnapshot {
    shop.put(user, article, quantity).await;
    shop.locked(user, OrderId::new()).await
}

#[tokio::test]
async fn a_paid_order_uses_the_cart_up_and_a_new_one_begins() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let snapshot = checked_out(&shop, ada, mug, 2).await;
    let event = shop.publish(placed(&snapshot)).await;
    let empty = shop.cart(ada).await;
    assert_eq!((empty.items.len(), empty.status, empty.locked_by), (0, CartStatus::Active, None));
    let next = shop.put(ada, mug, 1).await;
    assert_ne!(next.id, snapshot.cart_id);
    shop.redeliver(&event).await;
    shop.publish(placed(&snapshot)).await;
    assert_eq!(quantities(&shop.cart(ada).await), [1], "the next cart is not touched");
    let cleared = shop.published::<CartCleared>().await;
    assert_eq!(cleared.len(), 1);
    assert_eq!(
        (cleared[0].reason, cleared[0].order_id),
        (CartClearReason::OrderPlaced, Some(snapshot.order_id))
    );
    assert_eq!(shop.locked(ada, snapshot.order_id).await, snapshot, "a late repetition of the lock");
    assert_eq!(shop.cart(ada).await.status, CartStatus::Active);
}

#[tokio::test]
async fn an_order_paid_after_it_lost_its_hold_takes_only_what_was_bought() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 50), shop.article(500, 50));
    let snapshot = checked_out(&shop, ada, mug, 2).await;
    shop.unlock(&snapshot, snapshot.order_id).await;
    shop.put(ada, mug, 3).await;
    shop.put(ada, plate, 1).await;
    let event = shop.publish(placed(&snapshot)).await;
    assert_eq!(quantities(&shop.cart(ada).await), [3, 1]);
    shop.redeliver(&event).await;
    assert_eq!(quantities(&shop.cart(ada).await), [3, 1]);
}

#[tokio::test]
async fn a_cancelled_order_gives_the_cart_back() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let snapshot = checked_out(&shop, ada, mug, 2).await;
    let event = shop.publish(cancelled(&snapshot)).await;
    let cart = shop.cart(ada).await;
    assert_eq!((cart.status, quantities(&cart), cart.id), (CartStatus::Active, vec![2], snapshot.cart_id));
    let again = shop.locked(ada, OrderId::new()).await;
    shop.redeliver(&event).await;
    shop.publish(cancelled(&snapshot)).await;
    assert_eq!(
        shop.cart(ada).await.locked_by,
        Some(again.order_id),
        "the older order cannot let go any more"
    );
}

#[tokio::test]
async fn a_guest_goes_on_with_the_same_token_after_the_order() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 50);
    let (token, _) = shop.guest_with(mug, 2).await;
    let lock = serde_json::json!({ "cartToken": token, "orderId": OrderId::new() });
    let locked = shop.post("/internal/carts/lock").as_service("order").json(&lock).await.expect(200);
    shop.publish(placed(&locked.json())).await;
    assert_eq!(shop.cart_of_guest(&token).await.items.len(), 0);
    let _put = shop.add(&mug.add(1)).guest(&token).await.expect(201);
    assert_eq!(quantities(&shop.cart_of_guest(&token).await), [1]);
}

#[tokio::test]
async fn a_closed_account_loses_its_cart_unless_an_order_holds_it() {
    let shop = Shop::open().await;
    let (ada, eve, mug) = (user(), user(), shop.article(1290, 50));
    shop.put(ada, mug, 2).await;
    let snapshot = checked_out(&shop, eve, mug, 1).await;
    for user_id in [ada, eve, user()] {
        let event = UserDeactivated {
            user_id,
            aggregate_version: 3,
            email: "ada@example.org".into(),
            reason: DeactivationReason::UserRequested,
            additional_notes: None,
            changed_by: Actor::system(),
            deactivated_at: NOW,
        };
        let event = shop.publish(event).await;
        shop.redeliver(&event).await;
    }
    assert_eq!(shop.cart(ada).await.version, 0);
    assert_eq!(shop.cart(eve).await.locked_by, Some(snapshot.order_id));
    let cleared = shop.published::<CartCleared>().await;
    assert_eq!(
        cleared.iter().map(|event| event.reason).collect::<Vec<_>>(),
        [CartClearReason::AccountClosed]
    );
}
