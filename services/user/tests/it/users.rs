//! `GET /api/users`, `GET/PATCH /api/users/{id}`, `POST /api/users`

use crate::harness::{By as _, PASSWORD, Person, Shop, shop};
use api::ids::UserId;
use api::user::{
    ClaimPurpose, SecretClaim, UserAuditRecorded, UserCreated, UserEmailVerificationRequested, UserSource,
};
use serde_json::{Value, json};
use std::time::Duration;

async fn emails(shop: &Shop, by: &Person, query: &str) -> Vec<String> {
    let page = shop.get(&format!("/api/users{query}")).by(by).await.expect(200).value();
    page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn staff_find_people_by_what_they_know_of_them() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    shop.clock.advance(Duration::from_secs(60));
    let middle = shop.clock.now();
    shop.customer("ada@example.org").await;
    shop.clock.advance(Duration::from_secs(60));
    let zoe = shop.register("zoe_100%@example.org").await;
    let name = json!({ "firstName": "ZOË", "lastName": "Müller", "username": "zoe" });
    shop.patch("/api/users/me").by(&zoe).json(&name).await.expect(200);
    let all = ["zoe_100%@example.org", "ada@example.org", "root@example.org"];
    assert_eq!(emails(&shop, &admin, "").await, all);
    assert_eq!(emails(&shop, &admin, "?sort=createdAt").await, [all[2], all[1], all[0]]);
    assert_eq!(emails(&shop, &admin, "?sort=email").await, [all[1], all[2], all[0]]);
    assert_eq!(emails(&shop, &admin, "?q=m%C3%BCll").await, [all[0]]);
    assert_eq!(emails(&shop, &admin, "?q=zo%C3%AB").await, [all[0]]);
    assert_eq!(emails(&shop, &admin, "?q=100%25").await, [all[0]], "wildcards are letters like any other");
    assert!(emails(&shop, &admin, "?q=a%25e").await.is_empty());
    assert_eq!(emails(&shop, &admin, "?email=ADA@example.org").await, [all[1]]);
    assert_eq!(emails(&shop, &admin, "?status=PENDING_VERIFICATION").await, [all[0]]);
    assert_eq!(emails(&shop, &admin, "?role=super_admin").await, [all[2]]);
    assert_eq!(emails(&shop, &admin, &format!("?createdFrom={middle}")).await, [all[0], all[1]]);
    assert_eq!(emails(&shop, &admin, &format!("?createdTo={middle}")).await, [all[2]]);
    let counted = shop.get("/api/users?count=true&limit=1").by(&admin).await.expect(200).value();
    assert_eq!(counted["total"], 3);
    for bad in
        ["?status=HAPPY", "?limit=0", "?limit=101", "?sort=password", "?createdFrom=yesterday", "?cursor=x"]
    {
        let answer = shop.get(&format!("/api/users{bad}")).by(&admin).await;
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text());
    }
}

#[tokio::test]
async fn pages_hold_everybody_once_and_cursors_belong_to_their_question() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    for index in 0..7 {
        shop.register(&format!("user{index}@example.org")).await;
    }
    for sort in ["createdAt", "-createdAt", "email"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/users?sort={sort}&limit=3{cursor}");
            let page = shop.get(&path).by(&admin).await.expect(200).value();
            seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["email"].clone()));
            let Some(next) = page.get("nextCursor") else { break };
            cursor = format!("&cursor={}", next.as_str().unwrap());
        }
        assert_eq!(seen.len(), 8, "{sort}");
        let foreign = format!("/api/users?sort={sort}&status=ACTIVE{cursor}");
        shop.get(&foreign).by(&admin).await.problem(422, "bad-cursor");
    }
}

#[tokio::test]
async fn accounts_and_their_history_are_walked_forward_and_back() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    for index in 0..4 {
        shop.register(&format!("user{index}@example.org")).await;
    }
    let ada = shop.customer("ada@example.org").await;
    for name in ["Ada", "Augusta", "Byron"] {
        let body = serde_json::json!({ "firstName": name });
        shop.patch("/api/users/me").by(&ada).json(&body).await.expect(200);
    }
    let staff = async |path: String| shop.get(&path).by(&admin).await.expect(200).value();
    for path in ["/api/users", "/api/users?sort=createdAt", "/api/users?sort=email"] {
        assert_eq!(testkit::walk(path, staff).await.len(), 6, "{path}");
    }
    let history = testkit::walk(&format!("/api/users/{}/history", ada.id), staff).await;
    assert!(history.len() >= 3, "{history:?}");
    for path in ["/api/admin/roles", "/api/auth/sessions", "/api/users/me/addresses"] {
        let counted = staff(format!("{path}?count=true")).await;
        assert_eq!(counted["total"], counted["items"].as_array().unwrap().len(), "{path}");
        assert!(staff(path.to_owned()).await.get("total").is_none(), "{path}");
    }
}

#[tokio::test]
async fn reading_somebody_elses_account_is_recorded() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let path = format!("/api/users/{}?include=profile,addresses,roles,stats", ada.id);
    let audits = async || shop.published::<UserAuditRecorded>().await;
    let before = audits().await.len();
    let view = shop.get(&path).by(&ada).await.expect(200).value();
    assert!(view["profile"].is_object() && view["addresses"].is_array() && view["stats"].is_object());
    assert_eq!(audits().await.len(), before, "one's own account is nobody else's");
    shop.get(&path).as_service("order").await.expect(200);
    assert_eq!(audits().await.len(), before, "services are no staff");
    let view = shop.get(&path).by(&admin).await.expect(200).value();
    assert!(view["riskFlags"].is_array());
    let last = audits().await.pop().unwrap().0;
    assert_eq!((last.action.as_str(), last.resource_id), ("user.read", Some(ada.id.to_string())));
    shop.get("/api/users").by(&admin).await.expect(200);
    assert_eq!(audits().await.pop().unwrap().0.action, "user.list");
    shop.get("/api/users/me?include=passwords").by(&ada).await.problem(422, "validation");
}

#[tokio::test]
async fn other_peoples_accounts_are_not_found() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    let path = format!("/api/users/{}", ada.id);
    let unknown = format!("/api/users/{}", UserId::new());
    let of_ada = shop.get(&path).by(&eve).await.problem(404, "not-found");
    let of_nobody = shop.get(&unknown).by(&eve).await.problem(404, "not-found");
    assert_eq!(of_ada.detail, of_nobody.detail, "the answer does not tell whether the id exists");
    shop.patch(&path).by(&eve).json(&json!({ "bio": "x" })).await.problem(404, "not-found");
    shop.get(&format!("{path}/email-preferences")).by(&eve).await.problem(404, "not-found");
    shop.get("/api/users").by(&eve).await.problem(403, "forbidden");
    shop.post("/api/users")
        .by(&eve)
        .json(&json!({ "email": "x@example.org" }))
        .await
        .problem(403, "forbidden");
    shop.get(&path).await.problem(401, "unauthenticated");
    shop.get("/api/users/me").await.problem(401, "unauthenticated");
    for odd in ["/api/users/0", "/api/users/me%00", "/api/users/ME", "/api/users/*"] {
        shop.get(odd).by(&eve).await.problem(404, "not-found");
    }
    shop.get(&path).as_service("cart").await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_clears() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let patch = async |body: Value| {
        let bytes = serde_json::to_vec(&body).unwrap();
        shop.patch("/api/users/me").by(&ada).raw("application/merge-patch+json", bytes).await
    };
    let names =
        json!({ "username": "Ada", "displayName": "Countess", "preferences": { "theme": "dark", "x": 1 } });
    let view = patch(names).await.expect(200).value();
    assert_eq!(
        (&view["username"], &view["firstName"], &view["version"]),
        (&json!("Ada"), &json!("Ada"), &json!(3))
    );
    patch(json!({ "preferences": { "x": null }, "firstName": null })).await.expect(200);
    let me = shop.get("/api/auth/me").by(&ada).await.expect(200).value();
    assert_eq!(me["profile"]["preferences"], json!({ "theme": "dark" }));
    assert!(me.get("firstName").is_none());
    for (field, value) in
        [("roles", json!(["admin"])), ("status", json!("ACTIVE")), ("emailVerified", json!(true))]
    {
        let mut body = json!({});
        body[field] = value;
        patch(body).await.problem(422, "unknown-field");
    }
    patch(json!({ "locale": null })).await.problem(422, "validation");
    patch(json!({ "bio": "x".repeat(501) })).await.problem(422, "validation");
    patch(json!([])).await.expect_error();
    let eve = shop.customer("eve@example.org").await;
    let taken = shop.patch("/api/users/me").by(&eve).json(&json!({ "username": "ADA" })).await;
    taken.problem(409, "username-taken");
}

trait ExpectError {
    fn expect_error(self);
}

impl ExpectError for testkit::Answer {
    fn expect_error(self) {
        assert!(self.status.is_client_error(), "{}", self.text());
    }
}

#[tokio::test]
async fn a_change_of_a_stale_account_is_refused() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let seen = shop.get("/api/users/me").by(&ada).await.expect(200).header("etag").unwrap().to_owned();
    let patch = async |bio: &str| {
        shop.patch("/api/users/me").by(&ada).header("if-match", &seen).json(&json!({ "bio": bio })).await
    };
    patch("first").await.expect(200);
    patch("second").await.problem(412, "version-conflict");
    let fresh = shop.get("/api/users/me").by(&ada).header("if-none-match", &seen).await;
    assert_eq!(fresh.expect(200).value()["version"], 3);
    let again = shop.get("/api/users/me").by(&ada).header("if-none-match", "\"3\"").await;
    let _unchanged = again.expect(304);
}

#[tokio::test]
async fn staff_invite_people_who_choose_their_own_password() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let body = json!({ "email": "bob@example.org", "firstName": "Bob", "marketingConsent": false });
    let answer = shop.post("/api/users").by(&admin).json(&body).await.expect(201);
    let id: UserId = answer.value()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(answer.value()["status"], "PENDING_VERIFICATION");
    assert_eq!(shop.published::<UserCreated>().await.pop().unwrap().source, UserSource::Admin);
    let mail = shop.published::<UserEmailVerificationRequested>().await.pop().unwrap();
    let claim: SecretClaim = shop.claim(mail.verification_token_identifier).await.expect(200).json();
    assert_eq!(claim.purpose, ClaimPurpose::SetPassword);
    let token = shop.verification_token(id).await;
    let set = json!({ "token": token, "newPassword": PASSWORD });
    shop.post("/api/auth/password-reset/confirm").json(&set).await.expect(204);
    let bob = shop.login("bob@example.org").await;
    let me = shop.get("/api/auth/me").by(&bob).await.expect(200).value();
    assert_eq!((&me["status"], &me["emailVerified"]), (&json!("ACTIVE"), &json!(true)));
}

#[tokio::test]
async fn services_and_staff_make_accounts_with_the_same_rules() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let make = async |body: Value| shop.post("/api/users").as_client(&["user:command"]).json(&body).await;
    make(json!({ "email": "a@example.org", "password": PASSWORD, "verified": true })).await.expect(201);
    assert_eq!(shop.published::<UserCreated>().await.pop().unwrap().source, UserSource::Command);
    shop.login("a@example.org").await;
    make(json!({ "email": "A@example.org" })).await.problem(409, "email-taken");
    make(json!({ "email": "b@example.org", "password": "password" })).await.problem(422, "weak-password");
    make(json!({ "email": "b@example.org", "roles": ["admin"] })).await.problem(422, "unknown-field");
    let agent = shop.staff(&admin, "sue@example.org", "support_agent").await;
    let denied = shop.post("/api/users").by(&agent).json(&json!({ "email": "c@example.org" })).await;
    denied.problem(403, "forbidden");
}

#[tokio::test]
async fn nobody_takes_the_place_of_somebody_with_more_rights() {
    let shop = shop().await;
    let root = shop.super_admin().await;
    let plain = shop.staff(&root, "plain@example.org", "admin").await;
    let path = format!("/api/users/{}", root.id);
    let patch = json!({ "email": "mine@example.org" });
    shop.patch(&path).by(&plain).json(&patch).await.problem(403, "rights-lacking");
    shop.put(&format!("{path}/profile")).by(&plain).json(&json!({})).await.problem(403, "rights-lacking");
    let of_plain = format!("/api/users/{}", plain.id);
    shop.patch(&of_plain).by(&root).json(&json!({ "bio": "x" })).await.expect(200);
}
