//! What time does to carts.

use crate::orders::placed;
use crate::stories::{Shop, quantities, user};
use api::cart::{CartAbandoned, CartClearReason, CartCleared, CartStatus};
use api::ids::OrderId;
use api::order::{OrderStatus, Violations};
use api::repair::{Repair, RepairInvariants, RepairOutcome, Repairs};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_forgotten_cart_is_told_of_once_and_wakes_with_its_owner() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let cart = shop.put(ada, mug, 2).await;
    let (guest, _) = shop.guest_with(mug, 1).await;
    shop.put(user(), mug, 1).await;
    let emptied = user();
    shop.put(emptied, mug, 1).await;
    let _emptied = shop.delete("/api/cart").as_user(emptied).await.expect(200);
    shop.after(23 * HOUR).await;
    assert_eq!(shop.published::<CartAbandoned>().await.len(), 0);
    for _ in 0..3 {
        shop.after(HOUR).await;
    }
    let told = shop.published::<CartAbandoned>().await;
    assert_eq!(told.len(), 2, "neither guests nor empty carts");
    let mine = told.iter().find(|event| event.user_id == ada).unwrap();
    assert_eq!((mine.aggregate_version, mine.items[0].quantity), (cart.version + 1, 2));
    assert_eq!(shop.cart_of_guest(&guest).await.status, CartStatus::Abandoned);
    let awake = shop.put(ada, mug, 1).await;
    assert_eq!((awake.status, awake.id, quantities(&awake)), (CartStatus::Active, cart.id, vec![3]));
    shop.after(25 * HOUR).await;
    assert_eq!(shop.published::<CartAbandoned>().await.len(), 3, "again, for the new version");
}

#[tokio::test]
async fn after_a_month_a_cart_is_gone_and_its_token_starts_anew() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let cart = shop.put(ada, mug, 2).await;
    let (guest, _) = shop.guest_with(mug, 1).await;
    shop.after(29 * DAY).await;
    assert_eq!(quantities(&shop.cart(ada).await), [2]);
    shop.after(DAY + HOUR).await;
    assert_eq!(shop.cart(ada).await.items.len(), 0);
    let cleared = shop.published::<CartCleared>().await;
    assert_eq!(cleared.len(), 2);
    assert!(cleared.iter().all(|event| event.reason == CartClearReason::Expired));
    let _put = shop.add(&mug.add(1)).guest(&guest).await.expect(201);
    assert_ne!(shop.put(ada, mug, 1).await.id, cart.id);
    shop.after(DAY * 31).await;
    let kept: i64 = db::sql("SELECT CAST(COUNT(*) AS BIGINT) FROM cart WHERE id = $1")
        .bind(cart.id)
        .scalar(&mut shop.db().conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, 0, "carts that are over are not kept for ever");
}

#[tokio::test]
async fn a_lock_that_leads_nowhere_is_given_up() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    let shoppers = [user(), user(), user(), user()];
    let mut orders = Vec::new();
    for shopper in shoppers {
        shop.put(shopper, mug, 1).await;
        orders.push(shop.locked(shopper, OrderId::new()).await.order_id);
    }
    let statuses = [OrderStatus::PendingPayment, OrderStatus::Rejected, OrderStatus::Cancelled];
    shop.world().orders.extend(orders[1..].iter().copied().zip(statuses));
    let locked = async || {
        let mut locked = Vec::new();
        for shopper in shoppers {
            locked.push(shop.cart(shopper).await.status == CartStatus::Locked);
        }
        locked
    };
    shop.after(59 * HOUR / 60).await;
    assert_eq!(locked().await, [true; 4]);
    shop.world().order_is_down = true;
    shop.after(HOUR).await;
    assert_eq!(locked().await, [true; 4], "who cannot be asked keeps its carts");
    shop.world().order_is_down = false;
    shop.after(HOUR).await;
    assert_eq!(locked().await, [false, true, false, false]);
    shop.after(31 * DAY).await;
    assert_eq!(locked().await, [false, true, false, false], "a cart an order holds does not expire");
}

#[tokio::test]
async fn a_lock_without_a_living_order_is_found_and_repaired_once() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    let shoppers = [user(), user(), user()];
    let statuses = [OrderStatus::PendingPayment, OrderStatus::Cancelled, OrderStatus::Confirmed];
    for (shopper, status) in shoppers.into_iter().zip(statuses) {
        shop.put(shopper, mug, 1).await;
        let order_id = shop.locked(shopper, OrderId::new()).await.order_id;
        shop.world().orders.insert(order_id, status);
    }
    let violations = async || -> Violations {
        let request = shop.get("/internal/carts/invariants").as_client(&["invariants:read"]);
        request.await.expect(200).json()
    };
    let repair = async |dry_run: bool| -> Vec<Repair> {
        let request = shop.post("/internal/carts/invariants/repair").as_client(&["invariants:repair"]);
        let body = RepairInvariants { dry_run };
        request.json(&body).await.expect(200).json::<Repairs>().items
    };
    let locked = async |which: usize| shop.cart(shoppers[which]).await.status == CartStatus::Locked;
    assert!(violations().await.violations.is_empty(), "the timer has time yet");
    // Nothing happens by itself here: the timer stands still.
    shop.clock.advance(2 * HOUR);
    assert_eq!(violations().await.violations.len(), 2);
    let planned = repair(true).await;
    assert!(planned.iter().all(|repair| repair.outcome == RepairOutcome::WouldRepair), "{planned:?}");
    assert!(locked(1).await && locked(2).await, "a dry run changes nothing");
    assert_eq!(repair(false).await.len(), 2);
    assert_eq!((locked(0).await, locked(1).await, locked(2).await), (true, false, false));
    assert_eq!(
        (quantities(&shop.cart(shoppers[1]).await), shop.cart(shoppers[2]).await.items.len()),
        (vec![1], 0)
    );
    assert!(repair(false).await.is_empty(), "there is nothing left to repair");
    assert!(violations().await.violations.is_empty());
    shop.post("/internal/carts/invariants/repair")
        .as_client(&["invariants:read"])
        .json(&RepairInvariants::default())
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn a_cart_whose_order_was_paid_is_used_up_though_nobody_told_of_it() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    let paid = [
        OrderStatus::Confirmed,
        OrderStatus::Processing,
        OrderStatus::OnHold,
        OrderStatus::PartiallyShipped,
        OrderStatus::Shipped,
        OrderStatus::Delivered,
        OrderStatus::Completed,
        OrderStatus::Returned,
    ];
    let open = [OrderStatus::Pending, OrderStatus::PaymentProcessing, OrderStatus::PaymentFailed];
    let mut locked = Vec::new();
    for status in paid.into_iter().chain(open) {
        let shopper = user();
        shop.put(shopper, mug, 1).await;
        let snapshot = shop.locked(shopper, OrderId::new()).await;
        shop.world().orders.insert(snapshot.order_id, status);
        locked.push((shopper, snapshot, status));
    }
    shop.after(2 * HOUR).await;
    for (shopper, snapshot, status) in &locked {
        let cart = shop.cart(*shopper).await;
        if open.contains(status) {
            assert_eq!(cart.locked_by, Some(snapshot.order_id), "{status:?}");
        } else {
            assert_eq!((cart.status, cart.items.len()), (CartStatus::Active, 0), "{status:?}");
        }
    }
    let cleared = shop.published::<CartCleared>().await;
    assert_eq!(cleared.len(), paid.len());
    assert!(cleared.iter().all(|event| event.reason == CartClearReason::OrderPlaced));
    let (shopper, snapshot, _) = &locked[0];
    shop.put(*shopper, mug, 3).await;
    shop.publish(placed(snapshot)).await;
    assert_eq!(
        quantities(&shop.cart(*shopper).await),
        [3],
        "the message, late, does not touch the next cart"
    );
}
