//! `/api/cart` and `/api/cart/items`.

use crate::stories::{Shop, quantities, user};
use api::audit::AuditOutcome;
use api::cart::{AddItem, Cart, CartAuditRecorded, CartChangeType, CartCleared, CartStatus, CartUpdated};
use base::{Currency, Id, Money};
use serde_json::json;

#[tokio::test]
async fn a_new_shopper_has_an_empty_cart() {
    let shop = Shop::open().await;
    let cart = shop.cart(user()).await;
    assert_eq!((cart.items.len(), cart.item_count, cart.version), (0, 0, 0));
    assert_eq!((cart.subtotal, cart.status), (Money::zero(Currency::EUR), CartStatus::Active));
}

#[tokio::test]
async fn putting_something_in_answers_with_the_whole_cart() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 50), shop.article(500, 50));
    let first = shop.add(&mug.add(2)).as_user(ada).await.expect(201);
    assert_eq!(first.header("etag"), Some("\"1\""));
    let grown = shop.add(&mug.add(3)).as_user(ada).await.expect(200);
    assert_eq!(grown.header("etag"), Some("\"2\""));
    let cart: Cart = shop.add(&plate.add(1)).as_user(ada).await.expect(201).json();
    assert_eq!((quantities(&cart), cart.item_count), (vec![5, 1], 6));
    assert_eq!((cart.subtotal.minor, cart.total.minor, cart.version), (5 * 1290 + 500, 6950, 3));
    let line = &cart.items[0];
    assert_eq!((line.item.product_name.as_str(), line.item.sku.as_str()), ("Becher „Ærø“ ☕", "SKU-Ø"));
    assert_eq!((line.item.line_total.minor, line.available, line.price_changed), (6450, true, false));
    assert_eq!(shop.cart(ada).await, cart);
    shop.settle().await;
    let events = shop.published::<CartUpdated>().await;
    assert_eq!(events.iter().map(|event| event.aggregate_version).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(events[1].changes[0].kind, CartChangeType::Add);
    assert_eq!((events[1].changes[0].quantity, events[1].item_count), (Some(5), 5));
}

#[tokio::test]
async fn what_cannot_be_bought_is_refused_with_the_reason() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 5));
    let add = |quantity| shop.add(&mug.add(quantity)).as_user(ada);
    add(6).await.problem(409, "insufficient-stock");
    let unknown = AddItem { product_id: Id::new(), ..mug.add(1) };
    shop.add(&unknown).as_user(ada).await.problem(404, "product-not-found");
    shop.change(mug, |goods| goods.sellable = false);
    add(1).await.problem(409, "not-sellable");
    shop.change(mug, |goods| (goods.sellable, goods.prices) = (true, vec![]));
    add(1).await.problem(409, "not-sellable");
    shop.world().product_is_down = true;
    add(1).await.problem(503, "unavailable");
    assert_eq!(shop.cart(ada).await.version, 0);
}

#[tokio::test]
async fn quantities_that_make_no_sense_are_refused() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 1_000_000));
    for quantity in [0, -1, 100, i64::MAX, i64::MIN] {
        shop.add(&mug.add(quantity)).as_user(ada).await.problem(422, "validation");
    }
    let cart = shop.put(ada, mug, 98).await;
    shop.add(&mug.add(2)).as_user(ada).await.problem(409, "too-many-pieces");
    for quantity in [-1, 100, i64::MIN] {
        shop.set(&cart, 0, quantity).as_user(ada).await.problem(422, "validation");
    }
    let price = json!({ "productId": mug.product_id, "quantity": 1, "unitPrice": { "amount": 1, "currency": "EUR" } });
    shop.post("/api/cart/items").as_user(ada).json(&price).await.problem(422, "unknown-field");
    let text = shop.post("/api/cart/items").as_user(ada).raw("application/json", "{");
    text.await.problem(400, "malformed");
    assert_eq!(quantities(&shop.cart(ada).await), [98]);
}

#[tokio::test]
async fn lines_are_changed_and_removed() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 50), shop.article(500, 50));
    shop.put(ada, mug, 2).await;
    let cart = shop.put(ada, plate, 1).await;
    let more: Cart = shop.set(&cart, 0, 7).as_user(ada).await.expect(200).json();
    assert_eq!((quantities(&more), more.version), (vec![7, 1], 3));
    shop.set(&cart, 0, 51).as_user(ada).await.problem(409, "insufficient-stock");
    let none: Cart = shop.set(&cart, 0, 0).as_user(ada).await.expect(200).json();
    assert_eq!(quantities(&none), [1]);
    shop.set(&cart, 0, 1).as_user(ada).await.problem(404, "not-found");
    let path = format!("/api/cart/items/{}", cart.items[1].item.item_id);
    let empty: Cart = shop.delete(&path).as_user(ada).await.expect(200).json();
    assert_eq!((quantities(&empty), empty.subtotal.minor, empty.id), (vec![], 0, cart.id));
    shop.delete(&path).as_user(ada).await.problem(404, "not-found");
    shop.delete("/api/cart/items/mug").as_user(ada).await.problem(404, "not-found");
}

#[tokio::test]
async fn emptying_twice_is_told_once() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let nothing: Cart = shop.delete("/api/cart").as_user(ada).await.expect(200).json();
    assert_eq!(nothing.version, 0);
    shop.put(ada, mug, 2).await;
    for _ in 0..2 {
        let empty: Cart = shop.delete("/api/cart").as_user(ada).await.expect(200).json();
        assert_eq!((empty.items.len(), empty.version), (0, 2));
    }
    shop.settle().await;
    assert_eq!(shop.published::<CartCleared>().await.len(), 1);
}

#[tokio::test]
async fn a_stale_writer_is_refused() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let seen = shop.put(ada, mug, 2).await;
    shop.put(ada, mug, 1).await;
    let tag = format!("\"{}\"", seen.version);
    shop.set(&seen, 0, 9).as_user(ada).header("if-match", &tag).await.problem(412, "version-conflict");
    let path = format!("/api/cart/items/{}", seen.items[0].item.item_id);
    shop.delete(&path).as_user(ada).header("if-match", &tag).await.problem(412, "version-conflict");
    shop.delete("/api/cart").as_user(ada).header("if-match", &tag).await.problem(412, "version-conflict");
    let _seen_it = shop.set(&seen, 0, 9).as_user(ada).header("if-match", "\"2\"").await.expect(200);
    let unchanged = shop.get("/api/cart").as_user(ada).header("if-none-match", "\"3\"");
    let _not_modified = unchanged.await.expect(304);
}

#[tokio::test]
async fn nobody_sees_or_changes_the_lines_of_others() {
    let shop = Shop::open().await;
    let (ada, eve, mug) = (user(), user(), shop.article(1290, 50));
    let cart = shop.put(ada, mug, 2).await;
    shop.set(&cart, 0, 9).as_user(eve).await.problem(404, "not-found");
    let path = format!("/api/cart/items/{}", cart.items[0].item.item_id);
    shop.delete(&path).as_user(eve).await.problem(404, "not-found");
    shop.delete(&path).await.problem(404, "not-found");
    assert_eq!(shop.cart(eve).await.items.len(), 0);
    shop.get("/api/cart").as_service("order").await.problem(403, "forbidden");
    let by_user = format!("/internal/carts/by-user/{ada}");
    shop.get(&by_user).as_user(ada).await.problem(403, "forbidden");
    shop.get(&by_user).await.problem(401, "unauthenticated");
    let read: Cart = shop.get(&by_user).as_service("order").await.expect(200).json();
    assert_eq!(read, shop.cart(ada).await);
    let mut reads = shop.published::<CartAuditRecorded>().await;
    reads.retain(|read| read.0.outcome == AuditOutcome::Success);
    let [record] = reads.try_into().unwrap();
    assert_eq!((record.0.action.as_str(), record.0.resource_id), ("cart.read", Some(ada.to_string())));
    assert_eq!(record.0.actor.id.as_deref(), Some("order-service"));
}

#[tokio::test]
async fn a_cart_has_one_currency_until_it_is_empty() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 50), shop.article(500, 50));
    shop.change(mug, |goods| goods.prices.push(Money::new(190_000, "JPY".parse().unwrap())));
    let in_yen = AddItem { currency: Some("JPY".parse().unwrap()), ..mug.add(1) };
    let cart: Cart = shop.add(&in_yen).as_user(ada).await.expect(201).json();
    assert_eq!((cart.currency.code(), cart.subtotal.minor), ("JPY", 190_000));
    let grown: Cart = shop.add(&mug.add(1)).as_user(ada).await.expect(200).json();
    assert_eq!((grown.currency.code(), grown.subtotal.minor), ("JPY", 380_000));
    let in_euro = AddItem { currency: Some(Currency::EUR), ..mug.add(1) };
    shop.add(&in_euro).as_user(ada).await.problem(409, "currency-mismatch");
    shop.add(&plate.add(1)).as_user(ada).await.problem(409, "not-sellable");
    let _emptied = shop.delete("/api/cart").as_user(ada).await.expect(200);
    let cart: Cart = shop.add(&in_euro).as_user(ada).await.expect(201).json();
    assert_eq!((cart.currency, cart.subtotal.minor), (Currency::EUR, 1290));
}

#[tokio::test]
async fn a_hundred_lines_are_the_most() {
    let shop = Shop::open().await;
    let ada = user();
    for _ in 0..100 {
        shop.put(ada, shop.article(1, 1), 1).await;
    }
    shop.add(&shop.article(1, 1).add(1)).as_user(ada).await.problem(409, "too-many-lines");
    assert_eq!(shop.cart(ada).await.items.len(), 100);
}

#[tokio::test]
async fn looking_at_the_cart_shows_what_changed_and_keeps_it() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    shop.put(ada, mug, 5).await;
    shop.change(mug, |goods| (goods.prices, goods.stock) = (vec![Money::new(1490, Currency::EUR)], 4));
    let cart = shop.cart(ada).await;
    let line = &cart.items[0];
    assert_eq!((line.item.unit_price.minor, line.available, line.price_changed), (1490, false, true));
    assert_eq!((line.previous_price.map(|price| price.minor), cart.version), (Some(1290), 2));
    assert_eq!(shop.cart(ada).await, cart, "looking again changes nothing");
    shop.world().product_is_down = true;
    assert_eq!(shop.cart(ada).await, cart, "and it can be looked at without the catalogue");
    shop.world().product_is_down = false;
    let agreed: Cart = shop.set(&cart, 0, 4).as_user(ada).await.expect(200).json();
    assert_eq!((agreed.items[0].available, agreed.items[0].price_changed), (true, false));
    shop.settle().await;
    let kinds: Vec<_> =
        shop.published::<CartUpdated>().await.iter().map(|event| event.changes[0].kind).collect();
    assert_eq!(kinds, [CartChangeType::Add, CartChangeType::Reprice, CartChangeType::Update]);
}

#[tokio::test]
async fn adding_to_a_cart_costs_one_commit_and_few_statements() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    shop.put(ada, mug, 1).await;
    let before = shop.db().stats();
    shop.put(ada, mug, 1).await;
    let after = shop.db().stats();
    let statements = after.statements - before.statements;
    assert!(statements <= 6, "{statements} statements");
}
