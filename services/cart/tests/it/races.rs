//! Many hands on one cart.

use crate::stories::{Shop, quantities, user};
use api::cart::{CartCheckedOut, CartSnapshot};
use api::ids::OrderId;
use futures::future::join_all;
use serde_json::json;
use std::future::IntoFuture as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_adds_are_two_adds() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 500));
    let adds = join_all((0..20).map(|_| shop.add(&mug.add(1)).as_user(ada).into_future())).await;
    let created = adds.iter().filter(|answer| answer.status.as_u16() == 201).count();
    let grown = adds.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert_eq!((created, grown), (1, 19), "also when the first ones make the cart");
    let cart = shop.cart(ada).await;
    assert_eq!((quantities(&cart), cart.version), (vec![20], 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_guest_is_merged_once_by_one_of_many() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    let (token, _) = shop.guest_with(mug, 2).await;
    let body = json!({ "cartToken": token });
    let users = [user(), user(), user()];
    let merges = (0..12)
        .map(|number| shop.post("/api/cart/merge").as_user(users[number % 3]).json(&body).into_future());
    assert!(join_all(merges).await.iter().all(|answer| answer.status.as_u16() == 200));
    let mut pieces = 0;
    for user in users {
        pieces += shop.cart(user).await.item_count;
    }
    assert_eq!(pieces, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_added_while_locking_is_in_the_order_or_refused() {
    let shop = Shop::open().await;
    for _ in 0..10 {
        let (ada, mug) = (user(), shop.article(1290, 500));
        shop.put(ada, mug, 1).await;
        let lock = shop.lock(ada, OrderId::new()).into_future();
        let adds = join_all((0..6).map(|_| shop.add(&mug.add(1)).as_user(ada).into_future()));
        let (locked, adds) = futures::join!(lock, adds);
        let snapshot: CartSnapshot = locked.expect(200).json();
        let counted = adds.iter().filter(|answer| answer.status.as_u16() == 200).count() as i64;
        assert_eq!(snapshot.items[0].quantity, 1 + counted);
        assert_eq!(quantities(&shop.cart(ada).await), [1 + counted]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_orders_one_gets_the_cart() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 500));
    shop.put(ada, mug, 1).await;
    let orders: Vec<_> = (0..4).map(|_| OrderId::new()).collect();
    let locks = (0..16).map(|number| shop.lock(ada, orders[number % 4]).into_future());
    let answers = join_all(locks).await;
    let won = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert_eq!(won, 4, "one order, each time it asked");
    shop.settle().await;
    assert_eq!(shop.published::<CartCheckedOut>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_guests_cart_is_brought_along_once_however_many_requests_bring_it() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    for _ in 0..5 {
        let (token, _) = shop.guest_with(mug, 2).await;
        let (ada, eve) = (user(), user());
        let requests = (0..12).map(|number| {
            let user = if number % 3 == 0 { eve } else { ada };
            shop.get("/api/cart").as_user(user).guest(&token).into_future()
        });
        assert!(join_all(requests).await.iter().all(|answer| answer.status.as_u16() == 200));
        let pieces = shop.cart(ada).await.item_count + shop.cart(eve).await.item_count;
        assert_eq!(pieces, 2);
    }
}
