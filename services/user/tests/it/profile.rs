//! `GET/PUT /api/users/{id}/profile`, `GET …/public-profile`

use crate::harness::{By as _, shop};
use api::ids::UserId;
use api::user::{PublicProfile, UserProfile, UserProfileUpdated, UserUpdated};
use serde_json::{Value, json};

fn whole() -> Value {
    json!({ "firstName": "Ada", "lastName": "Lovelace", "displayName": "Countess", "phoneNumber": "+442071234567",
        "dateOfBirth": "1990-12-10", "bio": "First programmer. 🧮", "profilePictureUrl": "https://cdn.example.org/a.png",
        "locale": "en-GB", "timezone": "Europe/London", "preferences": { "theme": "dark", "nested": { "a": [1, 2] } } })
}

#[tokio::test]
async fn a_profile_is_replaced_as_a_whole() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let before = shop.get("/api/users/me/profile").by(&ada).await.expect(200);
    let etag = before.header("etag").unwrap().to_owned();
    let answer =
        shop.put("/api/users/me/profile").by(&ada).header("if-match", &etag).json(&whole()).await.expect(200);
    let profile: UserProfile = answer.json();
    assert_eq!(profile.id, before.json::<UserProfile>().id);
    assert_eq!(profile.preferences["nested"], json!({ "a": [1, 2] }));
    let event = &shop.published::<UserProfileUpdated>().await[0];
    assert_eq!((event.display_name.as_deref(), event.profile_id), (Some("Countess"), profile.id));
    assert!(
        event.updated_fields.contains(&"bio".to_owned())
            && !event.updated_fields.contains(&"firstName".to_owned())
    );
    let updated = shop.published::<UserUpdated>().await.pop().unwrap();
    assert_eq!((updated.aggregate_version, updated.snapshot.locale.as_str()), (3, "en-GB"));
    let again = shop.put("/api/users/me/profile").by(&ada).header("if-match", &etag).json(&whole()).await;
    again.problem(412, "version-conflict");
    let cleared = shop.put("/api/users/me/profile").by(&ada).json(&json!({})).await.expect(200);
    let cleared: UserProfile = cleared.json();
    assert_eq!((cleared.bio, cleared.first_name, cleared.locale.as_str()), (None, None, "en-GB"));
}

#[tokio::test]
async fn a_profile_that_does_not_change_makes_no_noise() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let first = shop.put("/api/users/me/profile").by(&ada).json(&whole()).await.expect(200);
    let second = shop.put("/api/users/me/profile").by(&ada).json(&whole()).await.expect(200);
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_eq!(shop.published::<UserProfileUpdated>().await.len(), 1);
}

#[tokio::test]
async fn everybody_sees_the_chosen_name_and_nothing_else() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let path = format!("/api/users/{}/public-profile", ada.id);
    let before: PublicProfile = shop.get(&path).await.expect(200).json();
    assert_eq!(before.display_name, "Customer", "the real name is not shown without being asked for");
    shop.put("/api/users/me/profile").by(&ada).json(&whole()).await.expect(200);
    let after = shop.get(&path).await.expect(200).value();
    assert_eq!(
        after,
        json!({ "displayName": "Countess", "profilePictureUrl": "https://cdn.example.org/a.png" })
    );
    shop.get(&format!("/api/users/{}/public-profile", UserId::new())).await.problem(404, "not-found");
    shop.get("/api/users/me/public-profile").await.problem(401, "unauthenticated");
    let close = json!({ "password": crate::harness::PASSWORD });
    shop.post("/api/users/me/deactivate").by(&ada).json(&close).await.expect(200);
    shop.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn other_peoples_profiles_are_not_found() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    let path = format!("/api/users/{}/profile", ada.id);
    shop.get(&path).by(&eve).await.problem(404, "not-found");
    shop.put(&path).by(&eve).json(&whole()).await.problem(404, "not-found");
    shop.get(&path).by(&admin).await.expect(200);
    shop.put(&path).by(&admin).json(&whole()).await.expect(200);
    let updated = shop.published::<UserUpdated>().await.pop().unwrap();
    assert_eq!(updated.changed_by.id, Some(admin.id.to_string()));
}
