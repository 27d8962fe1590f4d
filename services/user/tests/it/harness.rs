//! A shop with people in it: they register, sign in and hold real tokens.

use api::ids::{ClaimId, UserId};
use api::user::{
    LoggedIn, SecretClaim, TokenPair, UserEmailVerificationRequested, UserPasswordResetRequested,
};
use base::config::Value;
use serde_json::json;
use std::ops::Deref;
use testkit::{Answer, TestRequest, TestService};

/// A good password of everybody, staff included.
pub(crate) const PASSWORD: &str = "tangerine oboe fjord";
/// Another one.
pub(crate) const OTHER_PASSWORD: &str = "velvet quarry lantern";

/// The service under test.
pub(crate) struct Shop(TestService);

impl Deref for Shop {
    type Target = TestService;

    fn deref(&self) -> &TestService {
        &self.0
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Who sends a request.
pub(crate) trait By {
    /// As this person.
    fn by(self, person: &Person) -> TestRequest;
    /// From this client address.
    fn from(self, address: &str) -> TestRequest;
}

impl By for TestRequest {
    fn by(self, person: &Person) -> TestRequest {
        self.header("authorization", &format!("Bearer {}", person.access))
    }

    fn from(self, address: &str) -> TestRequest {
        self.header("x-forwarded-for", address)
    }
}

/// A shop with the default settings but cheap password hashes.
pub(crate) async fn shop() -> Shop {
    shop_with(&[]).await
}

/// A shop with these settings of `[user]` too.
pub(crate) async fn shop_with(settings: &[(&str, Value)]) -> Shop {
    let cheap = [
        ("hash_memory_kib", Value::from(64)),
        ("hash_passes", Value::from(1)),
        ("hash_permits", Value::from(8)),
    ];
    let all = cheap.iter().chain(settings);
    let builder = all.fold(TestService::of(user::definition()).own_tokens(), |builder, (key, value)| {
        builder.setting("user", key, value.clone())
    });
    Shop(builder.start().await)
}

impl Shop {
    /// Registers somebody.
    pub(crate) async fn register(&self, email: &str) -> Person {
        let body = json!({ "email": email, "password": PASSWORD, "firstName": "Ada" });
        let answer = self.post("/api/auth/register").json(&body).await.expect(201);
        let answer: api::user::Registered = answer.json();
        Person {
            id: answer.user.id,
            access: answer.access_token.expect("unverified accounts may sign in"),
            refresh: answer.refresh_token.expect("unverified accounts may sign in"),
        }
    }

    /// Registers somebody who then proves their address.
    pub(crate) async fn customer(&self, email: &str) -> Person {
        let person = self.register(email).await;
        let token = self.verification_token(person.id).await;
        self.post("/api/auth/email-verification/confirm").json(&json!({ "token": token })).await.expect(204);
        self.login(email).await
    }

    /// Tries to sign in.
    pub(crate) async fn try_login(&self, email: &str, password: &str) -> Answer {
        self.post("/api/auth/login").json(&json!({ "email": email, "password": password })).await
    }

    /// Signs in with [`PASSWORD`].
    pub(crate) async fn login(&self, email: &str) -> Person {
        person(&self.try_login(email, PASSWORD).await.expect(200))
    }

    /// Exchanges a refresh token.
    pub(crate) async fn try_refresh(&self, token: &str) -> Answer {
        self.post("/api/auth/refresh").json(&json!({ "refreshToken": token })).await
    }

    /// Exchanges a refresh token that is good.
    pub(crate) async fn refresh(&self, token: &str) -> TokenPair {
        self.try_refresh(token).await.expect(200).json()
    }

    /// The first administrator.
    pub(crate) async fn super_admin(&self) -> Person {
        let token = self.first_admin_token().await;
        let body = json!({ "token": token, "email": "root@example.org", "password": PASSWORD });
        person(&self.post("/api/auth/first-admin").json(&body).await.expect(201))
    }

    /// The secret of the link on the operator's terminal.
    pub(crate) async fn first_admin_token(&self) -> String {
        let answer =
            self.post("/internal/users/first-admin-link").as_client(&["user:command"]).await.expect(200);
        let link: api::user::FirstAdminLink = answer.json();
        token_of(&link.url)
    }

    /// Somebody with a role beside `customer`, made by `admin`.
    pub(crate) async fn staff(&self, admin: &Person, email: &str, role: &str) -> Person {
        let person = self.customer(email).await;
        let roles = [self.role_id(admin, role).await];
        let path = format!("/api/admin/users/{}/roles", person.id);
        self.put(&path).by(admin).json(&json!({ "roleIds": roles })).await.expect(200);
        self.login(email).await
    }

    /// The id of a role.
    pub(crate) async fn role_id(&self, admin: &Person, name: &str) -> String {
        let roles = self.get("/api/admin/roles").by(admin).await.expect(200).value();
        let roles = roles["items"].as_array().unwrap();
        let found = roles.iter().find(|role| role["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// The secret of the latest link to prove somebody's address.
    pub(crate) async fn verification_token(&self, user: UserId) -> String {
        let sent: Vec<UserEmailVerificationRequested> = self.published().await;
        let last = sent.iter().rfind(|mail| mail.user_id == user).expect("a link was sent");
        self.token_of_claim(last.verification_token_identifier).await
    }

    /// Asks for a reset link and reads its secret out of the mail.
    pub(crate) async fn reset_token(&self, email: &str) -> String {
        self.post("/api/auth/password-reset/request").json(&json!({ "email": email })).await.expect(202);
        self.settle().await;
        let sent: Vec<UserPasswordResetRequested> = self.published().await;
        let last = sent.iter().rfind(|mail| mail.email.eq_ignore_ascii_case(email)).expect("a link was sent");
        self.token_of_claim(last.reset_token_identifier).await
    }

    /// The secret behind a claim, asked for as the sender of the mail does.
    pub(crate) async fn token_of_claim(&self, claim: ClaimId) -> String {
        token_of(&self.claim(claim).await.expect(200).json::<SecretClaim>().url.unwrap())
    }

    /// Asks for the secret behind a claim.
    pub(crate) async fn claim(&self, claim: ClaimId) -> Answer {
        self.post(&format!("/internal/auth/secret-claims/{claim}")).as_service("notification").await
    }

    /// Whether an access token is accepted.
    pub(crate) async fn accepts(&self, person: &Person) -> bool {
        self.get("/api/auth/me").by(person).await.status == 200
    }
}

/// Who the tokens of a login are for.
pub(crate) fn person(answer: &Answer) -> Person {
    let answer: LoggedIn = answer.json();
    Person { id: answer.user.id, access: answer.access_token, refresh: answer.refresh_token }
}

/// The secret in a link.
pub(crate) fn token_of(url: &str) -> String {
    url.split_once("?token=").expect("links carry a token").1.to_owned()
}
