//! Guests order with a mail address, come back with a signed link, and may get an account later.

use crate::shop::{Shop, body_json};
use api::cart::CART_TOKEN_PURPOSE;
use api::order::{Order, OrderCreated, OrderPlaced, OrderStatus, OrderUpdated, link};
use api::user::{UserEmailVerified, UserUpdated};
use auth::{Role, UserId};
use base::{Currency, Keys};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;
use testkit::TestRequest;

/// As the cart service seals it.
static TOKEN: LazyLock<String> =
    LazyLock::new(|| Keys::new([7; 32]).seal(CART_TOKEN_PURPOSE, UserId::new().uuid().as_bytes()));

fn guest_body() -> Value {
    let mut body = body_json();
    body["email"] = json!("Grace@Example.org");
    body
}

fn order_as_guest(shop: &Shop) -> TestRequest {
    shop.post("/api/orders").guest(&TOKEN).json(&guest_body())
}

/// Orders in the store that nobody is shown.
async fn rejected(shop: &Shop) -> i64 {
    let mut c = shop.db().conn().await.expect("a connection");
    db::sql("SELECT COUNT(*) FROM customer_order WHERE status = 'REJECTED'")
        .scalar(&mut c)
        .await
        .expect("a number")
}

async fn guest_order(shop: &Shop) -> Order {
    let article = shop.world.article(1_990, 10);
    shop.world.fill_cart(&TOKEN, &[(&article, 1)], Currency::EUR);
    order_as_guest(shop).await.expect(201).json()
}

fn token(order: &Order) -> String {
    let link = order.link.as_ref().expect("a guest gets a link");
    link.split_once("token=").expect("with a token").1.to_owned()
}

fn verified(user: UserId, email: &str, shop: &Shop) -> UserEmailVerified {
    UserEmailVerified {
        user_id: user,
        aggregate_version: 2,
        email: email.to_owned(),
        verification_timestamp: shop.clock.now(),
    }
}

#[tokio::test]
async fn a_guest_orders_reads_pays_and_cancels_with_the_link() {
    let mut shop = Shop::open().await;
    let order = guest_order(&shop).await;
    assert_eq!(order.user_id, None);
    assert_eq!(order.customer_email, "Grace@Example.org");
    assert!(order.link.as_ref().unwrap().starts_with("http://shop.test/orders/"));
    let created = shop.published::<OrderCreated>().await;
    assert_eq!(created[0].order.user_id, None);
    let token = token(&order);
    let path = format!("/api/orders/{}", order.id);
    let read: Order = shop.get(&format!("{path}?token={token}")).await.expect(200).json();
    assert_eq!(read.id, order.id);
    shop.get(&path).await.problem(404, "not-found");
    shop.get(&format!("{path}?token=nonsense")).await.problem(404, "not-found");
    shop.get(&path).as_user(shop.ada).await.problem(404, "not-found");
    let pay = json!({ "flow": "CHECKOUT_REDIRECT" });
    let _paying = shop.post(&format!("{path}/payments?token={token}")).json(&pay).await.expect(201);
    let cancel = json!({ "reasonCode": "CUSTOMER_REQUEST" });
    shop.post(&format!("{path}/cancel")).json(&cancel).await.problem(404, "not-found");
    let cancelled = shop.post(&format!("{path}/cancel?token={token}")).json(&cancel).await.expect(200);
    assert_eq!(cancelled.json::<Order>().status, OrderStatus::Cancelled);
    shop.calm().await;
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_link_opens_one_order_and_cannot_be_forged() {
    let shop = Shop::open().await;
    let order = guest_order(&shop).await;
    shop.world.memory().carts.clear();
    let other = guest_order(&shop).await;
    let read = async |id, token: &str| shop.get(&format!("/api/orders/{id}?token={token}")).await;
    read(order.id, &token(&other)).await.problem(404, "not-found");
    let forged = link::token(&Keys::new([8; 32]), order.id);
    read(order.id, &forged).await.problem(404, "not-found");
    let _read = read(order.id, &token(&order)).await.expect(200);
    shop.get("/api/orders").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_guest_needs_an_address_for_mail_and_has_none_stored() {
    let shop = Shop::open().await;
    let mut body = guest_body();
    body["email"] = json!("grace");
    shop.post("/api/orders").guest(&TOKEN).json(&body).await.problem(422, "validation");
    body.as_object_mut().unwrap().remove("email");
    let problem = shop.post("/api/orders").guest(&TOKEN).json(&body).await.problem(422, "validation");
    assert_eq!(problem.errors[0].pointer, "/email");
    body["email"] = json!("grace@example.org");
    body["billingAddressId"] = json!(api::ids::AddressId::new());
    shop.post("/api/orders").guest(&TOKEN).json(&body).await.problem(422, "validation");
}

#[tokio::test]
async fn a_cart_token_nobody_made_is_an_empty_cart_and_leaves_no_order() {
    let mut shop = Shop::open().await;
    order_as_guest(&shop).await.problem(409, "cart-empty");
    assert_eq!(rejected(&shop).await, 1, "a guest's cart with nothing in it was asked for");
    for forged in ["guest-cart-token", "AAAA", &TOKEN[1..]] {
        let answer = shop.post("/api/orders").guest(forged).json(&guest_body()).await;
        answer.problem(409, "cart-empty");
    }
    assert_eq!(rejected(&shop).await, 1);
    shop.calm_after(Duration::from_hours(8 * 24)).await;
    assert_eq!(rejected(&shop).await, 0, "it is forgotten with its key");
    shop.assert_sound().await;
}

#[tokio::test]
async fn the_account_that_proves_the_address_gets_the_orders() {
    let shop = Shop::open().await;
    let order = guest_order(&shop).await;
    let grace = UserId::new();
    shop.knows(grace, "grace@example.org").await;
    let path = format!("/api/orders/{}", order.id);
    shop.get(&path).as_user(grace).await.problem(404, "not-found");
    let _other = shop.publish(verified(shop.ada, "ada@example.org", &shop)).await;
    shop.get(&path).as_user(shop.ada).await.problem(404, "not-found");
    let news = verified(grace, "grace@example.org", &shop);
    let told = shop.publish(news).await;
    shop.redeliver(&told).await;
    let adopted: Order = shop.get(&path).as_user(grace).await.expect(200).json();
    assert_eq!(adopted.user_id, Some(grace));
    assert_eq!(adopted.link, None);
    assert_eq!(shop.published::<OrderUpdated>().await.len(), 1);
    let page = shop.get("/api/orders").as_user(grace).await.expect(200).value();
    assert_eq!(page["items"][0]["id"], order.id.to_string());
    // The link in the old mail opens nothing any more: the account does.
    shop.get(&format!("{path}?token={}", token(&order))).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_guest_pays_and_is_told_by_mail_address() {
    let shop = Shop::open().await;
    shop.pays_at_once();
    let order = guest_order(&shop).await;
    assert_eq!(order.status, OrderStatus::Confirmed);
    let placed = shop.published::<OrderPlaced>().await;
    assert_eq!((placed[0].order.user_id, placed[0].customer_email.as_str()), (None, "Grace@Example.org"));
    assert_eq!(placed[0].customer_name, "Ada Lovelace", "the name on the parcel");
    let seen: Order = shop
        .get(&format!("/api/orders/{}", order.id))
        .as_staff(&[Role::SupportAgent])
        .await
        .expect(200)
        .json();
    assert_eq!(seen.link, None, "staff do not get the guest's link");
}

#[tokio::test]
async fn a_customer_who_changes_names_keeps_them_on_old_orders() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let updated = UserUpdated {
        user_id: shop.ada,
        aggregate_version: 5,
        updated_fields: vec!["lastName".to_owned()],
        snapshot: serde_json::from_value(json!({
            "email": "ada@new.example.org", "emailVerified": true, "firstName": "Ada", "lastName": "King",
            "locale": "en", "timezone": "UTC", "marketingConsent": false, "status": "ACTIVE"
        }))
        .unwrap(),
        changed_by: api::shared::Actor::system(),
        update_timestamp: shop.clock.now(),
    };
    let _delivered = shop.publish(updated).await;
    assert_eq!(shop.order(order.id).await.customer_name, "Ada Lovelace");
    shop.world.memory().carts.clear();
    let next = shop.placed().await;
    assert_eq!(
        (next.customer_name.as_str(), next.customer_email.as_str()),
        ("Ada King", "ada@new.example.org")
    );
}
