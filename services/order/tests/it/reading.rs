//! Who may read what: lists, single orders, other services, accounts that are closed.

use crate::shop::{Shop, body_json};
use api::ids::AddressId;
use api::order::{Order, OrderAuditRecorded, OrderFlag, OrderStatus, Payable};
use api::shared::Actor;
use api::user::{AddressType, UserAccountStatusChanged, UserAddressAdded, UserAddressUpdated, UserStatus};
use auth::{Role, UserId};
use base::page::Page;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

async fn page(shop: &Shop, query: &str) -> Page<Order> {
    shop.get(&format!("/api/orders{query}")).as_user(shop.ada).await.expect(200).json()
}

async fn several(shop: &mut Shop, how_many: usize) -> Vec<Order> {
    let mut orders = Vec::new();
    for _ in 0..how_many {
        shop.world.memory().carts.clear();
        shop.clock.advance(Duration::from_secs(1));
        orders.push(shop.placed().await);
    }
    orders
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps_newest_first() {
    let mut shop = Shop::open().await;
    let orders = several(&mut shop, 5).await;
    let mut seen = Vec::new();
    let mut query = "?limit=2&count=true".to_owned();
    loop {
        let page = page(&shop, &query).await;
        assert_eq!(page.total, Some(5));
        seen.extend(page.items.iter().map(|order| order.id));
        let Some(cursor) = page.next_cursor else { break };
        query = format!("?limit=2&count=true&cursor={cursor}");
    }
    let newest_first: Vec<_> = orders.iter().rev().map(|order| order.id).collect();
    assert_eq!(seen, newest_first);
    let cursor = page(&shop, "?limit=2").await.next_cursor.unwrap();
    let other = format!("/api/orders?limit=2&status=CANCELLED&cursor={cursor}");
    shop.get(&other).as_user(shop.ada).await.problem(422, "bad-cursor");
    shop.get(&format!("/api/orders?cursor={cursor}")).as_user(UserId::new()).await.problem(422, "bad-cursor");
    shop.get("/api/orders?limit=101").as_user(shop.ada).await.problem(422, "validation");
}

#[tokio::test]
async fn every_order_of_a_list_can_be_walked_forward_and_back() {
    let mut shop = Shop::open().await;
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    let mut orders = several(&mut shop, 2).await;
    // The same moment and the same amount: the id decides.
    for price in [500, 500, 90_000] {
        shop.world.memory().carts.clear();
        let article = shop.world.article(price, 5);
        shop.world.fill_cart(&shop.ada.to_string(), &[(&article, 1)], base::Currency::EUR);
        orders.push(shop.place().await.expect(201).json());
    }
    let paid = shop.succeeded(orders[0].payment.as_ref().unwrap().payment_id);
    shop.clock.advance(Duration::from_secs(60));
    let _paid = shop.publish(paid).await;
    shop.calm().await;
    let expected = |key: &dyn Fn(&Order) -> String| {
        let mut sorted: Vec<&Order> = orders.iter().collect();
        sorted.sort_by_key(|order| (key(order), order.id));
        sorted.iter().map(|order| json!(order.id)).collect::<Vec<_>>()
    };
    let first = orders[0].id;
    let cases: [(&str, Vec<Value>); 4] = [
        ("createdAt", expected(&|order| order.created_at.to_string())),
        ("totalAmount", expected(&|order| format!("{:012}", order.totals.total_amount.minor))),
        ("orderNumber", expected(&|order| order.order_number.clone())),
        ("placedAt", expected(&|order| format!("{}{}", order.id == first, order.created_at))),
    ];
    for (sort, expected) in cases {
        for (sort, turned) in [(sort.to_owned(), false), (format!("-{sort}"), true)] {
            let path = format!("/api/orders?sort={sort}");
            let get = async |path: String| shop.get(&path).as_user(shop.ada).await.expect(200).value();
            let mut rows = ids(&testkit::walk(&path, get).await);
            if turned {
                rows.reverse();
            }
            assert_eq!(rows, expected, "{sort}");
        }
    }
}

#[tokio::test]
async fn an_order_of_a_list_is_one_we_know_and_its_cursor_is_for_no_other() {
    let mut shop = Shop::open().await;
    several(&mut shop, 3).await;
    for wrong in ["price", "--createdAt", "created_at"] {
        let path = format!("/api/orders?sort={wrong}");
        let problem = shop.get(&path).as_user(shop.ada).await.problem(422, "validation");
        assert_eq!(
            (problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()),
            ("/sort", "unknown")
        );
    }
    let cursor = page(&shop, "?limit=1&sort=totalAmount").await.next_cursor.unwrap();
    let _same = page(&shop, &format!("?limit=1&sort=totalAmount&cursor={cursor}")).await;
    for other in ["", "&sort=-totalAmount", "&sort=createdAt"] {
        let path = format!("/api/orders?limit=1{other}&cursor={cursor}");
        shop.get(&path).as_user(shop.ada).await.problem(422, "bad-cursor");
    }
}

#[tokio::test]
async fn history_and_shipments_of_an_order_are_counted_when_asked() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    for (what, total) in [("history", 2), ("shipments", 0)] {
        let path = format!("/api/orders/{}/{what}", order.id);
        let plain = shop.get(&path).as_user(shop.ada).await.expect(200).value();
        assert!(plain.get("total").is_none());
        let counted = shop.get(&format!("{path}?count=true")).as_user(shop.ada).await.expect(200).value();
        assert_eq!((&counted["total"], &counted["items"]), (&json!(total), &plain["items"]), "{what}");
    }
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let mut shop = Shop::open().await;
    let orders = several(&mut shop, 3).await;
    let _cancelled = shop.cancel(orders[1].id).await.expect(200);
    let ids = |page: Page<Order>| page.items.iter().map(|order| order.id).collect::<Vec<_>>();
    assert_eq!(ids(page(&shop, "?status=CANCELLED").await), [orders[1].id]);
    let number = orders[2].order_number.to_lowercase();
    assert_eq!(ids(page(&shop, &format!("?orderNumber={number}")).await), [orders[2].id]);
    assert!(ids(page(&shop, "?orderNumber=nonsense").await).is_empty());
    let from = orders[2].created_at.to_string();
    assert_eq!(ids(page(&shop, &format!("?from={from}")).await), [orders[2].id]);
    assert_eq!(ids(page(&shop, &format!("?to={from}")).await).len(), 2);
    shop.get("/api/orders?status=LOST").as_user(shop.ada).await.problem(422, "validation");
}

#[tokio::test]
async fn customers_see_their_own_orders_and_staff_everybodys() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let eve = UserId::new();
    let path = format!("/api/orders/{}", order.id);
    for path in [path.clone(), format!("{path}/history"), format!("{path}/shipments")] {
        shop.get(&path).as_user(eve).await.problem(404, "not-found");
        shop.get(&path).as_staff(&[Role::CatalogManager]).await.problem(404, "not-found");
        let _seen = shop.get(&path).as_user(shop.ada).await.expect(200);
        let _seen = shop.get(&path).as_staff(&[Role::SupportAgent]).await.expect(200);
    }
    let by_number = format!("/api/orders/{}", order.order_number.to_lowercase());
    let found: Order = shop.get(&by_number).as_user(shop.ada).await.expect(200).json();
    assert_eq!(found.id, order.id);
    shop.get("/api/orders/ORD-0000000000").as_user(shop.ada).await.problem(404, "not-found");
    shop.get("/api/orders/%F0%9F%98%80").as_user(shop.ada).await.problem(404, "not-found");
    let own: Page<Order> = shop.get("/api/orders").as_user(eve).await.expect(200).json();
    assert!(own.items.is_empty());
    shop.get("/api/orders?all=true").as_user(eve).await.problem(403, "forbidden");
    shop.get(&format!("/api/orders?userId={}", shop.ada)).as_user(eve).await.problem(403, "forbidden");
    let of_ada = format!("/api/orders?userId={}", shop.ada);
    let seen: Page<Order> = shop.get(&of_ada).as_staff(&[Role::SupportAgent]).await.expect(200).json();
    assert_eq!(seen.items.len(), 1);
    assert!(seen.items[0].payment.as_ref().unwrap().next_action.is_none(), "only the payer sees how to pay");
    let mut reads = shop.published::<OrderAuditRecorded>().await;
    let lists = reads.iter().filter(|read| read.0.action == "order.list").count();
    assert_eq!(lists, 1, "staff who list another person's orders leave a trace");
    reads.retain(|read| read.0.action == "order.read");
    assert_eq!(reads.len(), 3, "staff who read another person's order leave a trace");
    assert_eq!(reads[0].0.resource_id, Some(order.id.to_string()));
}

#[tokio::test]
async fn order_numbers_are_different_and_readable() {
    let mut shop = Shop::open().await;
    let numbers: BTreeSet<_> =
        several(&mut shop, 3).await.into_iter().map(|order| order.order_number).collect();
    assert_eq!(numbers.len(), 3);
    assert!(numbers.iter().all(|number| number.len() == 14 && number.starts_with("ORD-")));
}

#[tokio::test]
async fn the_payment_service_learns_what_has_to_be_paid() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let path = format!("/internal/orders/{}/payable", order.id);
    let payable: Payable = shop.get(&path).as_service("payment").await.expect(200).json();
    assert_eq!((payable.amount, payable.status), (order.totals.total_amount, OrderStatus::PendingPayment));
    assert_eq!(payable.tax_amount, Some(order.totals.tax_amount));
    assert_eq!(payable.payment_deadline, order.payment_deadline);
    shop.get(&path).as_user(shop.ada).await.problem(403, "forbidden");
    shop.get(&path).as_client(&["order:quote"]).await.problem(403, "forbidden");
    let _read = shop.get(&format!("/api/orders/{}", order.id)).as_service("payment").await.expect(200);
}

fn status_changed(
    shop: &Shop,
    user: UserId,
    version: i64,
    new_status: UserStatus,
) -> UserAccountStatusChanged {
    UserAccountStatusChanged {
        user_id: user,
        aggregate_version: version,
        email: "ada@example.org".to_owned(),
        previous_status: UserStatus::Active,
        new_status,
        reason_code: None,
        reason: None,
        changed_by: Actor::system(),
        change_timestamp: shop.clock.now(),
    }
}

#[tokio::test]
async fn a_suspended_account_places_no_orders() {
    let shop = Shop::open().await;
    let article = shop.fill();
    let news = status_changed(&shop, shop.ada, 3, UserStatus::Suspended);
    let _delivered = shop.publish(news).await;
    shop.place().await.problem(403, "account-inactive");
    shop.assert_untouched(&article);
    let old = status_changed(&shop, shop.ada, 2, UserStatus::Active);
    let _delivered = shop.publish(old).await;
    shop.place().await.problem(403, "account-inactive");
    let news = status_changed(&shop, shop.ada, 4, UserStatus::Active);
    let _delivered = shop.publish(news).await;
    let _placed = shop.place().await.expect(201);
}

#[tokio::test]
async fn an_erased_account_leaves_orders_without_a_person() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let _cancelled = shop.cancel(order.id).await.expect(200);
    shop.calm().await;
    let news = status_changed(&shop, shop.ada, 9, UserStatus::Deleted);
    let _delivered = shop.publish(news).await;
    let path = format!("/api/orders/{}", order.id);
    let seen = shop.get(&path).as_staff(&[Role::Admin]).await.expect(200);
    for word in ["ada@example.org", "Lovelace", "Linden", "10117"] {
        assert!(!seen.text().contains(word), "{word}: {}", seen.text());
    }
    assert_eq!(seen.json::<Order>().totals, order.totals, "the books keep their numbers");
}

#[tokio::test]
async fn the_user_service_is_asked_for_an_account_and_an_address_nobody_told_of() {
    let shop = Shop::open().await;
    let fresh = UserId::new();
    let article = shop.world.article(1_000, 5);
    shop.world.fill_cart(&fresh.to_string(), &[(&article, 1)], base::Currency::EUR);
    let mut body = body_json();
    let place = async |body: &Value| shop.post("/api/orders").as_user(fresh).json(body).await;
    place(&body).await.problem(403, "account-inactive");
    shop.world.memory().accounts.insert(fresh, UserStatus::Suspended);
    place(&body).await.problem(403, "account-inactive");
    shop.world.memory().accounts.insert(fresh, UserStatus::Active);
    body.as_object_mut().unwrap().remove("shippingAddress");
    body["shippingAddressId"] = json!(AddressId::new());
    let problem = place(&body).await.problem(422, "validation");
    assert_eq!(problem.errors[0].pointer, "/shippingAddressId");
    let stored = AddressId::new();
    let address: api::shared::Address =
        serde_json::from_value(body_json()["shippingAddress"].clone()).unwrap();
    shop.world.memory().addresses.insert((fresh, stored), address.clone());
    body["shippingAddressId"] = json!(stored);
    let order: Order = place(&body).await.expect(201).json();
    assert_eq!(
        (order.customer_email.as_str(), order.customer_name.as_str()),
        ("fresh@example.org", "Fresh Face")
    );
    assert_eq!(order.shipping_address, address);
}

#[tokio::test]
async fn a_stored_address_is_used_and_a_later_change_is_shown_to_staff() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    let user_id = shop.ada;
    let address_id = AddressId::new();
    let address: api::shared::Address =
        serde_json::from_value(body_json()["shippingAddress"].clone()).unwrap();
    let added = UserAddressAdded {
        user_id,
        aggregate_version: 2,
        profile_id: api::ids::ProfileId::new(),
        address_id,
        address_type: AddressType::Home,
        is_default_shipping: true,
        is_default_billing: true,
        country: "DE".to_owned(),
        full_address: address.clone(),
        add_timestamp: shop.clock.now(),
    };
    let _delivered = shop.publish(added).await;
    let mut body = body_json();
    body.as_object_mut().unwrap().remove("shippingAddress");
    body["shippingAddressId"] = json!(address_id);
    let order: Order = shop.post("/api/orders").as_user(shop.ada).json(&body).await.expect(201).json();
    assert_eq!(order.shipping_address, address);
    let updated = UserAddressUpdated {
        user_id,
        aggregate_version: 3,
        profile_id: api::ids::ProfileId::new(),
        address_id,
        updated_fields: vec!["city".to_owned()],
        full_address: api::shared::Address { city: "Potsdam".to_owned(), ..address.clone() },
        update_timestamp: shop.clock.now(),
    };
    let _delivered = shop.publish(updated).await;
    let path = format!("/api/orders/{}", order.id);
    let seen: Order = shop.get(&path).as_staff(&[Role::Admin]).await.expect(200).json();
    assert_eq!(seen.flags, [OrderFlag::AddressChanged]);
    assert_eq!(seen.shipping_address, address, "placed orders keep theirs");
    // What is in one customer's book is in nobody else's.
    let eve = UserId::new();
    shop.knows(eve, "eve@example.org").await;
    shop.post("/api/orders").as_user(eve).json(&body).await.problem(422, "validation");
}

#[tokio::test]
async fn a_broken_rule_is_reported_with_its_order() {
    let shop = Shop::open().await;
    shop.world.fail("list", &[crate::world::Fault::Before; 1000]);
    let order = shop.placed().await;
    assert!(shop.violations().await.violations.is_empty());
    // Nobody has looked at the order for an hour.
    shop.clock.advance(Duration::from_secs(3600));
    let found = shop.violations().await;
    assert_eq!(found.violations[0].rule, "unpaid-too-long");
    assert_eq!(found.violations[0].id, order.id.to_string());
    shop.get("/internal/orders/invariants").as_user(shop.ada).await.problem(403, "forbidden");
}
