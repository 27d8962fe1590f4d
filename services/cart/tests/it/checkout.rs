//! `/internal/carts/lock` and `/internal/carts/{id}/unlock`.

use crate::stories::{Shop, quantities, user};
use api::cart::{Cart, CartCheckedOut, CartSnapshot, CartStatus};
use api::ids::OrderId;
use base::{Id, Money};
use serde_json::json;

#[tokio::test]
async fn an_order_gets_the_same_snapshot_however_often_it_asks() {
    let shop = Shop::open().await;
    let (ada, mug, order_id) = (user(), shop.article(1290, 50), OrderId::new());
    let cart = shop.put(ada, mug, 2).await;
    let snapshot = shop.locked(ada, order_id).await;
    assert_eq!((snapshot.cart_id, snapshot.cart_version), (cart.id, cart.version + 1));
    assert_eq!((snapshot.user_id, snapshot.totals.total_amount.minor), (Some(ada), 2580));
    assert_eq!(snapshot.items, [cart.items[0].item.clone()]);
    shop.change(mug, |goods| goods.prices = vec![Money::new(9999, snapshot.currency)]);
    let shown = shop.cart(ada).await;
    assert_eq!(
        (shown.status, shown.locked_by, shown.subtotal.minor),
        (CartStatus::Locked, Some(order_id), 2580)
    );
    assert_eq!(shop.locked(ada, order_id).await, snapshot);
    shop.settle().await;
    let told = shop.published::<CartCheckedOut>().await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].cart_version, told[0].aggregate_version),
        (snapshot.cart_version, snapshot.cart_version)
    );
}

#[tokio::test]
async fn a_locked_cart_can_be_seen_and_not_changed() {
    let shop = Shop::open().await;
    let (ada, mug, order_id) = (user(), shop.article(1290, 50), OrderId::new());
    let cart = shop.put(ada, mug, 2).await;
    shop.locked(ada, order_id).await;
    let problem = shop.add(&mug.add(1)).as_user(ada).await.problem(409, "cart-locked");
    assert_eq!(problem.extra["orderId"], json!(order_id));
    shop.set(&cart, 0, 1).as_user(ada).await.problem(409, "cart-locked");
    let path = format!("/api/cart/items/{}", cart.items[0].item.item_id);
    shop.delete(&path).as_user(ada).await.problem(409, "cart-locked");
    shop.delete("/api/cart").as_user(ada).await.problem(409, "cart-locked");
    assert_eq!(quantities(&shop.cart(ada).await), [2]);
}

#[tokio::test]
async fn a_second_order_is_told_who_holds_the_cart() {
    let shop = Shop::open().await;
    let (ada, mug, first) = (user(), shop.article(1290, 50), OrderId::new());
    shop.lock(ada, first).await.problem(409, "cart-empty");
    let cart = shop.put(ada, mug, 2).await;
    let snapshot = shop.locked(ada, first).await;
    let problem = shop.lock(ada, Id::new()).await.problem(409, "cart-locked");
    assert_eq!(problem.extra["orderId"], json!(first));
    shop.unlock(&snapshot, Id::new()).await;
    assert_eq!(shop.cart(ada).await.status, CartStatus::Locked, "another order cannot let go");
    shop.unlock(&snapshot, first).await;
    shop.unlock(&snapshot, first).await;
    let open = shop.cart(ada).await;
    assert_eq!((open.status, open.locked_by, open.version), (CartStatus::Active, None, cart.version + 2));
    let _emptied = shop.delete("/api/cart").as_user(ada).await.expect(200);
    shop.lock(ada, Id::new()).await.problem(409, "cart-empty");
}

#[tokio::test]
async fn a_guest_checks_out_with_the_token() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 50);
    let (token, cart) = shop.guest_with(mug, 2).await;
    let lock = |body| shop.post("/internal/carts/lock").as_service("order").json(&body);
    let order_id = OrderId::new();
    let good = lock(json!({ "cartToken": token, "orderId": order_id })).await.expect(200);
    let snapshot: CartSnapshot = good.json();
    assert_eq!((snapshot.cart_id, snapshot.user_id), (cart.id, None));
    lock(json!({ "cartToken": "forged", "orderId": order_id })).await.problem(404, "cart-not-found");
    lock(json!({ "orderId": order_id })).await.problem(422, "validation");
    let both = json!({ "cartToken": token, "userId": user(), "orderId": order_id });
    lock(both).await.problem(422, "validation");
    shop.add(&mug.add(1)).guest(&token).await.problem(409, "cart-locked");
}

#[tokio::test]
async fn only_order_service_locks_carts() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let cart: Cart = shop.put(ada, mug, 2).await;
    let body = json!({ "userId": ada, "orderId": Id::<()>::new() });
    let lock = || shop.post("/internal/carts/lock").json(&body);
    lock().await.problem(401, "unauthenticated");
    lock().as_user(ada).await.problem(403, "forbidden");
    lock().as_service("payment").await.problem(403, "forbidden");
    let unlock = format!("/internal/carts/{}/unlock", cart.id);
    let body = json!({ "orderId": Id::<()>::new() });
    shop.post(&unlock).as_user(ada).json(&body).await.problem(403, "forbidden");
    let nowhere = format!("/internal/carts/{}/unlock", Id::<()>::new());
    let _harmless = shop.post(&nowhere).as_service("order").json(&body).await.expect(204);
}
