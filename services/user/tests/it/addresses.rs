//! `/api/users/{id}/addresses…`

use crate::harness::{By as _, Person, Shop, shop, shop_with};
use api::audit::AuditOutcome;
use api::user::{
    UserAddress, UserAddressAdded, UserAddressDeleted, UserAddressUpdated, UserAuditRecorded,
    UserProfileDefaultAddressChanged,
};
use serde_json::{Value, json};

fn home() -> Value {
    json!({ "addressType": "HOME", "recipientName": "Ada Lovelace", "addressLine1": "St James's Square 12",
        "city": "London", "postalCode": "SW1Y 4JH", "country": "GB" })
}

async fn add(shop: &Shop, person: &Person, body: Value) -> UserAddress {
    shop.post("/api/users/me/addresses").by(person).json(&body).await.expect(201).json()
}

#[tokio::test]
async fn the_first_address_becomes_both_defaults_and_the_next_one_only_when_asked() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let answer = shop.post("/api/users/me/addresses").by(&ada).json(&home()).await.expect(201);
    let first: UserAddress = answer.json();
    assert_eq!(answer.header("location").unwrap(), format!("/api/users/{}/addresses/{}", ada.id, first.id));
    assert_eq!(answer.header("etag"), Some("\"3\""), "an address is part of its account");
    assert!(first.is_default_shipping && first.is_default_billing);
    let second = add(&shop, &ada, home()).await;
    assert!(!second.is_default_shipping && !second.is_default_billing);
    let mut third = home();
    third["isDefaultBilling"] = json!(true);
    let third = add(&shop, &ada, third).await;
    let list = shop.get("/api/users/me/addresses").by(&ada).await.expect(200).value();
    let defaults: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|address| (address["isDefaultShipping"] == true, address["isDefaultBilling"] == true))
        .collect();
    assert_eq!(defaults, [(true, false), (false, false), (false, true)]);
    let added: Vec<UserAddressAdded> = shop.published().await;
    assert_eq!(added.iter().map(|event| event.aggregate_version).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(added[0].full_address, first.address);
    let changes: Vec<UserProfileDefaultAddressChanged> = shop.published().await;
    assert_eq!(changes.len(), 2, "the second address changed no default");
    assert_eq!(changes[1].default_billing_address_id, Some(third.id));
}

#[tokio::test]
async fn an_address_is_replaced_and_removed() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let address = add(&shop, &ada, home()).await;
    let path = format!("/api/users/me/addresses/{}", address.id);
    let mut moved = home();
    moved["addressLine1"] = json!("Ockham Park");
    moved["postalCode"] = Value::Null;
    let answer = shop.put(&path).by(&ada).header("if-match", "\"3\"").json(&moved).await.expect(200);
    let after: UserAddress = answer.json();
    assert_eq!((after.address.address_line1.as_str(), after.address.postal_code), ("Ockham Park", None));
    assert!(after.is_default_shipping, "a default is not lost by leaving it out");
    let event = &shop.published::<UserAddressUpdated>().await[0];
    assert_eq!(event.updated_fields, ["addressLine1", "postalCode"]);
    shop.put(&path).by(&ada).header("if-match", "\"3\"").json(&moved).await.problem(412, "version-conflict");
    shop.delete(&path).by(&ada).await.expect(204);
    shop.get(&path).by(&ada).await.problem(404, "not-found");
    shop.delete(&path).by(&ada).await.problem(404, "not-found");
    assert_eq!(shop.published::<UserAddressDeleted>().await[0].address_id, address.id);
    let last = shop.published::<UserProfileDefaultAddressChanged>().await.pop().unwrap();
    assert_eq!((last.default_shipping_address_id, last.default_billing_address_id), (None, None));
}

#[tokio::test]
async fn a_default_moves_to_the_address_that_is_chosen() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    add(&shop, &ada, home()).await;
    let second = add(&shop, &ada, home()).await;
    let path = format!("/api/users/me/addresses/{}/default", second.id);
    let answer = shop.post(&path).by(&ada).json(&json!({ "purpose": "SHIPPING" })).await.expect(200);
    let second: UserAddress = answer.json();
    assert!(second.is_default_shipping && !second.is_default_billing);
    let again = shop.post(&path).by(&ada).json(&json!({ "purpose": "SHIPPING" })).await.expect(200);
    assert_eq!(again.header("etag"), answer.header("etag"), "choosing it again changes nothing");
    shop.post(&path).by(&ada).json(&json!({ "purpose": "PARTY" })).await.problem(422, "validation");
}

#[tokio::test]
async fn wrong_fields_are_named_and_unknown_ones_refused() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let attempt = async |body: Value| shop.post("/api/users/me/addresses").by(&ada).json(&body).await;
    let bad =
        json!({ "addressType": "HOME", "addressLine1": "", "city": "x".repeat(101), "country": "Germany" });
    let problem = attempt(bad).await.problem(422, "validation");
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/addressLine1", "/city", "/country"]);
    let mut unknown = home();
    unknown["userId"] = json!("somebody else");
    attempt(unknown).await.problem(422, "unknown-field");
    let mut unicode = home();
    unicode["recipientName"] = json!("Łukasz Żółć 山田");
    attempt(unicode).await.expect(201);
}

#[tokio::test]
async fn other_peoples_addresses_are_not_found() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    let address = add(&shop, &ada, home()).await;
    let own = add(&shop, &eve, home()).await;
    let list = format!("/api/users/{}/addresses", ada.id);
    let one = format!("{list}/{}", address.id);
    let through_own = format!("/api/users/me/addresses/{}", address.id);
    let default = format!("{one}/default");
    shop.get(&list).by(&eve).await.problem(404, "not-found");
    shop.post(&list).by(&eve).json(&home()).await.problem(404, "not-found");
    for path in [&one, &through_own] {
        shop.get(path).by(&eve).await.problem(404, "not-found");
        shop.put(path).by(&eve).json(&home()).await.problem(404, "not-found");
        shop.delete(path).by(&eve).await.problem(404, "not-found");
    }
    shop.post(&default).by(&eve).json(&json!({ "purpose": "BILLING" })).await.problem(404, "not-found");
    shop.get(&one).await.problem(401, "unauthenticated");
    shop.get("/api/users/me/addresses/not-an-id").by(&eve).await.problem(404, "not-found");
    assert_ne!(own.id, address.id);
}

#[tokio::test]
async fn the_order_service_reads_addresses_and_staff_leave_a_trace() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let address = add(&shop, &ada, home()).await;
    let path = format!("/api/users/{}/addresses/{}", ada.id, address.id);
    let read: UserAddress = shop.get(&path).as_service("order").await.expect(200).json();
    assert_eq!(read, address);
    shop.get(&path).as_service("cart").await.problem(403, "forbidden");
    shop.delete(&path).as_service("order").await.problem(403, "forbidden");
    let audits = async || {
        let mut found: Vec<UserAuditRecorded> = shop.published().await;
        found.retain(|audit| audit.0.outcome == AuditOutcome::Success);
        found
    };
    let before = audits().await.len();
    shop.get(&path).by(&admin).await.expect(200);
    let audits = audits().await;
    assert_eq!(audits.len(), before + 1);
    assert_eq!(audits[before].0.action, "user.addresses.read");
    assert_eq!(audits[before].0.resource_id, Some(ada.id.to_string()));
}

#[tokio::test]
async fn an_address_book_has_an_end() {
    let shop = shop_with(&[("max_addresses", 2.into())]).await;
    let ada = shop.customer("ada@example.org").await;
    add(&shop, &ada, home()).await;
    add(&shop, &ada, home()).await;
    let answer = shop.post("/api/users/me/addresses").by(&ada).json(&home()).await;
    answer.problem(409, "too-many-addresses");
}

#[tokio::test]
async fn countries_must_exist_and_lines_must_be_lines() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let cases = [
        ("country", "ZZ"),
        ("country", "gb"),
        ("country", "UK"),
        ("recipientName", "Ada\nLovelace"),
        ("addressLine1", "St James's Square\t12"),
        ("addressLine2", "a\u{2028}b"),
        ("city", "Lon\rdon"),
        ("postalCode", "SW1Y\u{85}4JH"),
    ];
    for (field, bad) in cases {
        let mut body = home();
        body[field] = json!(bad);
        let problem =
            shop.post("/api/users/me/addresses").by(&ada).json(&body).await.problem(422, "validation");
        assert_eq!(problem.errors[0].pointer, format!("/{field}"), "{bad:?}");
    }
    let mut body = home();
    body["deliveryNotes"] = json!("Ring twice.\n\tThen wait.");
    let kept = add(&shop, &ada, body).await;
    assert_eq!(kept.address.delivery_notes.as_deref(), Some("Ring twice.\n\tThen wait."));
}
