//! `/api/cart/merge`.

use crate::stories::{Shop, quantities, user};
use api::cart::{Cart, CartChangeType, CartUpdated};
use api::ids::UserId;
use base::{Currency, Id, Money};
use serde_json::json;
use testkit::TestRequest;

fn merge(shop: &Shop, user: UserId, token: &str) -> TestRequest {
    shop.post("/api/cart/merge").as_user(user).json(&json!({ "cartToken": token }))
}

#[tokio::test]
async fn signing_in_takes_the_guests_lines_along_once() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 500), shop.article(500, 50));
    shop.put(ada, mug, 60).await;
    let (token, _) = shop.guest_with(mug, 60).await;
    let _plate = shop.add(&plate.add(2)).guest(&token).await.expect(201);
    for _ in 0..3 {
        let cart: Cart = merge(&shop, ada, &token).await.expect(200).json();
        assert_eq!((quantities(&cart), cart.version), (vec![99, 2], 2));
    }
    assert_eq!(shop.cart_of_guest(&token).await.items.len(), 0);
    shop.settle().await;
    let merged = shop.published::<CartUpdated>().await.pop().unwrap();
    assert!(merged.changes.iter().all(|change| change.kind == CartChangeType::Merge));
    assert_eq!(merged.user_id, Some(ada));
}

#[tokio::test]
async fn whoever_comes_second_with_a_token_gets_nothing() {
    let shop = Shop::open().await;
    let (ada, eve, mug) = (user(), user(), shop.article(1290, 500));
    let (token, _) = shop.guest_with(mug, 2).await;
    let mine: Cart = merge(&shop, ada, &token).await.expect(200).json();
    assert_eq!(quantities(&mine), [2]);
    let hers: Cart = merge(&shop, eve, &token).await.expect(200).json();
    assert_eq!((hers.items.len(), hers.user_id), (0, Some(eve)));
    assert_eq!(quantities(&shop.cart(ada).await), [2]);
}

#[tokio::test]
async fn only_tokens_of_guests_can_be_merged() {
    let shop = Shop::open().await;
    let (ada, eve, mug) = (user(), user(), shop.article(1290, 500));
    let hers = shop.put(eve, mug, 2).await;
    let tokens = [
        String::new(),
        "nonsense".to_owned(),
        hers.id.to_string(),
        eve.to_string(),
        shop.keys.seal("order-link", eve.uuid().as_bytes()),
    ];
    for token in tokens {
        merge(&shop, ada, &token).await.problem(404, "cart-not-found");
    }
    let body = json!({ "cartToken": "x" });
    shop.post("/api/cart/merge").json(&body).await.problem(401, "unauthenticated");
    // Even a token for the id of a user is a guest nobody has seen: carts of users have no token.
    let stolen = shop.keys.seal("cart-token", eve.uuid().as_bytes());
    let mine: Cart = merge(&shop, ada, &stolen).await.expect(200).json();
    assert_eq!(mine.items.len(), 0);
    assert_eq!(quantities(&shop.cart(eve).await), [2]);
}

#[tokio::test]
async fn carts_that_do_not_fit_together_stay_apart() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 500));
    shop.change(mug, |goods| goods.prices.push(Money::new(1400, Currency::USD)));
    let (token, _) = shop.guest_with(mug, 2).await;
    let mut dollars = mug.add(1);
    dollars.currency = Some(Currency::USD);
    let _put = shop.add(&dollars).as_user(ada).await.expect(201);
    merge(&shop, ada, &token).await.problem(409, "currency-mismatch");
    assert_eq!(quantities(&shop.cart_of_guest(&token).await), [2]);
    let _emptied = shop.delete("/api/cart").as_user(ada).await.expect(200);
    let cart: Cart = merge(&shop, ada, &token).await.expect(200).json();
    assert_eq!((quantities(&cart), cart.currency), (vec![2], Currency::EUR));
}

#[tokio::test]
async fn what_an_order_holds_is_not_merged() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 500));
    let (token, _) = shop.guest_with(mug, 2).await;
    let lock = json!({ "cartToken": token, "orderId": Id::<()>::new() });
    let _locked = shop.post("/internal/carts/lock").as_service("order").json(&lock).await.expect(200);
    merge(&shop, ada, &token).await.problem(409, "cart-locked");
    let (other, _) = shop.guest_with(mug, 1).await;
    shop.put(ada, mug, 1).await;
    shop.locked(ada, Id::new()).await;
    merge(&shop, ada, &other).await.problem(409, "cart-locked");
    assert_eq!(quantities(&shop.cart_of_guest(&other).await), [1]);
}

fn with_both(shop: &Shop, user: UserId, token: &str) -> TestRequest {
    shop.get("/api/cart").as_user(user).guest(token)
}

#[tokio::test]
async fn the_first_request_after_signing_in_brings_the_guests_cart_along() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 500), shop.article(500, 50));
    shop.put(ada, mug, 60).await;
    let (token, _) = shop.guest_with(mug, 60).await;
    let _plate = shop.add(&plate.add(2)).guest(&token).await.expect(201);
    for _ in 0..3 {
        let cart: Cart = with_both(&shop, ada, &token).await.expect(200).json();
        assert_eq!((quantities(&cart), cart.version, cart.user_id), (vec![99, 2], 2, Some(ada)));
    }
    assert_eq!(shop.cart_of_guest(&token).await.items.len(), 0);
    shop.settle().await;
    let merged = shop.published::<CartUpdated>().await.pop().unwrap();
    assert!(merged.changes.iter().all(|change| change.kind == CartChangeType::Merge));
}

#[tokio::test]
async fn any_request_to_the_cart_brings_it_along() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    let (ada, (token, _)) = (user(), shop.guest_with(mug, 2).await);
    let added: Cart = shop.add(&mug.add(3)).as_user(ada).guest(&token).await.expect(200).json();
    assert_eq!(quantities(&added), [5]);
    let (eve, (token, _)) = (user(), shop.guest_with(mug, 2).await);
    shop.get("/api/cart/estimate?country=DE").as_user(eve).guest(&token).await.expect(200);
    assert_eq!(quantities(&shop.cart(eve).await), [2]);
    let (bob, (token, _)) = (user(), shop.guest_with(mug, 2).await);
    let emptied: Cart = shop.delete("/api/cart").as_user(bob).guest(&token).await.expect(200).json();
    assert_eq!(emptied.items.len(), 0, "merged, then emptied");
    assert_eq!(shop.cart_of_guest(&token).await.items.len(), 0);
    let (joe, (token, _)) = (user(), shop.guest_with(mug, 2).await);
    let body = json!({ "cartToken": token });
    let merged = shop.post("/api/cart/merge").as_user(joe).guest(&token).json(&body).await.expect(200);
    assert_eq!(quantities(&merged.json()), [2]);
}

#[tokio::test]
async fn whoever_brings_a_spent_token_gets_nothing() {
    let shop = Shop::open().await;
    let (ada, eve, mug) = (user(), user(), shop.article(1290, 500));
    let (token, _) = shop.guest_with(mug, 2).await;
    let _mine = with_both(&shop, ada, &token).await.expect(200);
    let hers: Cart = with_both(&shop, eve, &token).await.expect(200).json();
    assert_eq!((hers.items.len(), hers.user_id), (0, Some(eve)));
    assert_eq!(quantities(&shop.cart(ada).await), [2]);
}

#[tokio::test]
async fn a_token_that_is_none_is_ignored_for_the_signed_in() {
    let shop = Shop::open().await;
    let (ada, eve, mug) = (user(), user(), shop.article(1290, 500));
    shop.put(ada, mug, 1).await;
    let hers = shop.put(eve, mug, 2).await;
    let tokens = [
        "nonsense".to_owned(),
        hers.id.to_string(),
        shop.keys.seal("order-link", eve.uuid().as_bytes()),
        base::Keys::new([8; 32]).seal("cart-token", hers.id.uuid().as_bytes()),
        shop.keys.seal("cart-token", eve.uuid().as_bytes()),
    ];
    for token in tokens {
        let mine: Cart = with_both(&shop, ada, &token).await.expect(200).json();
        assert_eq!((quantities(&mine), mine.version), (vec![1], 1));
    }
    assert_eq!(quantities(&shop.cart(eve).await), [2]);
}

#[tokio::test]
async fn what_cannot_be_merged_now_waits_and_refuses_nothing() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 500));
    let (token, _) = shop.guest_with(mug, 2).await;
    shop.put(ada, mug, 1).await;
    let order = Id::new();
    let snapshot = shop.locked(ada, order).await;
    let held: Cart = with_both(&shop, ada, &token).await.expect(200).json();
    assert_eq!(quantities(&held), [1], "an order holds it");
    assert_eq!(quantities(&shop.cart_of_guest(&token).await), [2]);
    shop.unlock(&snapshot, order).await;
    let freed: Cart = with_both(&shop, ada, &token).await.expect(200).json();
    assert_eq!(quantities(&freed), [3]);

    let (held_token, _) = shop.guest_with(mug, 4).await;
    let lock = json!({ "cartToken": held_token, "orderId": Id::<()>::new() });
    let _locked = shop.post("/internal/carts/lock").as_service("order").json(&lock).await.expect(200);
    let mine: Cart = with_both(&shop, ada, &held_token).await.expect(200).json();
    assert_eq!(quantities(&mine), [3], "an order holds the guest's");

    shop.change(mug, |goods| goods.prices.push(Money::new(1400, Currency::USD)));
    let mut dollars = mug.add(1);
    dollars.currency = Some(Currency::USD);
    let other: Cart = shop.add(&dollars).await.expect(201).json();
    let mine: Cart = with_both(&shop, ada, &other.cart_token.unwrap()).await.expect(200).json();
    assert_eq!((quantities(&mine), mine.currency), (vec![3], Currency::EUR));
}
