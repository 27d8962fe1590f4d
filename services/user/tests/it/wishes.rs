//! What the notification service tells: preferences, consents, addresses that fail.

use crate::harness::{By as _, Person, Shop, shop};
use api::ids::{NotificationId, UserId};
use api::notification::{
    Category, Channel, CommunicationPreferenceUpdated, DeliveryStatus, NotificationDeliveryUpdate,
    PreferenceChannel,
};
use api::user::EmailPreferences;
use db::sql;
use std::time::Duration;

fn switched(shop: &Shop, user: UserId, category: Category, on: bool) -> CommunicationPreferenceUpdated {
    CommunicationPreferenceUpdated {
        user_id: user,
        channel: PreferenceChannel::Email,
        preference_type: category,
        is_enabled: on,
        update_timestamp: shop.clock.now(),
        source_of_change: "SETTINGS".to_owned(),
        aggregate_version: None,
    }
}

fn fared(shop: &Shop, user: UserId, status: DeliveryStatus, address: &str) -> NotificationDeliveryUpdate {
    NotificationDeliveryUpdate {
        notification_id: NotificationId::new(),
        external_message_id: None,
        recipient_id: user.to_string(),
        channel: Channel::Email,
        delivery_status: status,
        update_timestamp: shop.clock.now(),
        provider_response: None,
        recipient_address: address.to_owned(),
    }
}

async fn preferences(shop: &Shop, person: &Person) -> EmailPreferences {
    shop.get("/api/users/me/email-preferences").by(person).await.expect(200).json()
}

async fn consents(shop: &Shop) -> Vec<(bool, String)> {
    let mut conn = shop.db().conn().await.unwrap();
    sql("SELECT granted, source FROM consent ORDER BY at, id").all(&mut conn).await.unwrap()
}

#[tokio::test]
async fn what_was_switched_off_is_told_to_senders() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    assert_eq!(preferences(&shop, &ada).await.categories.len(), 1);
    let delivery = shop.publish(switched(&shop, ada.id, Category::OrderUpdates, false)).await;
    shop.redeliver(&delivery).await;
    assert_eq!(preferences(&shop, &ada).await.categories.get("ORDER_UPDATES"), Some(&false));
    assert!(consents(&shop).await.is_empty(), "only advertising needs consent");
    let push = PreferenceChannel::Push;
    let other = switched(&shop, ada.id, Category::Payment, false);
    shop.publish(CommunicationPreferenceUpdated { channel: push, ..other }).await;
    assert_eq!(preferences(&shop, &ada).await.categories.get("PAYMENT"), None, "that is not about mail");
}

#[tokio::test]
async fn an_older_word_does_not_undo_a_newer_one() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let word = |on, version| {
        let told = switched(&shop, ada.id, Category::StockAlerts, on);
        CommunicationPreferenceUpdated { aggregate_version: Some(version), ..told }
    };
    let (first, second, third) = (word(true, 2), word(false, 3), word(true, 4));
    shop.publish(second).await;
    shop.publish(first).await;
    assert_eq!(preferences(&shop, &ada).await.categories.get("STOCK_ALERTS"), Some(&false));
    shop.publish(third).await;
    assert_eq!(preferences(&shop, &ada).await.categories.get("STOCK_ALERTS"), Some(&true));
}

#[tokio::test]
async fn what_is_said_about_advertising_is_kept_as_it_was_said_and_is_no_consent_by_itself() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let body = serde_json::json!({ "marketingConsent": true });
    shop.patch("/api/users/me").by(&ada).json(&body).await.expect(200);
    for on in [false, true, false] {
        shop.clock.advance(Duration::from_secs(1));
        let delivery = shop.publish(switched(&shop, ada.id, Category::Marketing, on)).await;
        shop.redeliver(&delivery).await;
    }
    let said: Vec<bool> = consents(&shop).await.into_iter().map(|entry| entry.0).collect();
    assert_eq!(said, [false, true, false], "each is written once");
    let seen = preferences(&shop, &ada).await;
    assert!(!seen.categories["MARKETING"]);
    assert!(seen.marketing_consent.granted, "the consent of the account is its owner's");
    let bob = shop.customer("bob@example.org").await;
    shop.publish(switched(&shop, bob.id, Category::Marketing, true)).await;
    assert!(!preferences(&shop, &bob).await.categories["MARKETING"], "a switch is no consent");
}

#[tokio::test]
async fn an_address_that_bounces_or_complains_is_undeliverable_until_there_is_another() {
    let shop = shop().await;
    for (status, address, deliverable) in [
        (DeliveryStatus::Delivered, "d***@example.org", true),
        (DeliveryStatus::Undelivered, "d***@example.org", true),
        (DeliveryStatus::Bounced, "d***@example.org", false),
        (DeliveryStatus::SpamComplaint, "DANA@example.org", false),
        (DeliveryStatus::Bounced, "x***@example.org", true),
    ] {
        let shop = crate::harness::shop().await;
        let dana = shop.customer("dana@example.org").await;
        let delivery = shop.publish(fared(&shop, dana.id, status, address)).await;
        shop.redeliver(&delivery).await;
        assert_eq!(preferences(&shop, &dana).await.deliverable, deliverable, "{status:?} {address}");
    }
    let dana = shop.customer("dana@example.org").await;
    shop.publish(fared(&shop, dana.id, DeliveryStatus::Bounced, "d***@example.org")).await;
    let mut tx = shop.db().begin().await.unwrap();
    let moved =
        sql("UPDATE account SET email = 'new@example.org', email_key = 'new@example.org' WHERE id = $1");
    moved.bind(dana.id).run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(preferences(&shop, &dana).await.deliverable);
}

#[tokio::test]
async fn news_of_guests_and_strangers_leave_no_trace() {
    let shop = shop().await;
    shop.publish(switched(&shop, UserId::new(), Category::Marketing, true)).await;
    let mut guest = fared(&shop, UserId::new(), DeliveryStatus::Bounced, "a***@example.org");
    shop.publish(guest.clone()).await;
    guest.recipient_id = "address:0123".to_owned();
    shop.publish(guest).await;
    assert!(consents(&shop).await.is_empty());
    let mut conn = shop.db().conn().await.unwrap();
    let marked: i64 = sql("SELECT COUNT(*) FROM undeliverable").scalar(&mut conn).await.unwrap();
    assert_eq!(marked, 0);
}
