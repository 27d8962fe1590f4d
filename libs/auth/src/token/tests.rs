//! Tests of access tokens: what is accepted, and the many things that are not.

mod forged;
mod keys;
mod revocation;

use super::*;
use crate::caller::{AccountStatus, Caller, SessionId, User, UserId};
use crate::permission::Permission;
use crate::policy::PolicyBundle;
use crate::role::Role;
use crate::scope::Scope;
use base::{Clock, Error, Kind, Result, Timestamp};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const ISSUER: &str = "https://shop.example";

/// An installation in which time, the published keys and failures of the key source are ours.
struct Shop {
    clock: Clock,
    key: SigningKey,
    signer: Signer,
    verifier: Verifier,
    source: Arc<KeySource>,
}

#[derive(Default)]
struct KeySource {
    keys: Mutex<JwkSet>,
    down: Mutex<bool>,
    fetches: AtomicUsize,
}

impl KeySource {
    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn publish(&self, keys: &[&SigningKey]) {
        *self.keys.lock().unwrap() = keys.iter().map(|key| key.jwk().clone()).collect();
    }

    fn set_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    async fn answer(self: Arc<Self>) -> Result<JwkSet> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if *self.down.lock().unwrap() {
            return Err(Error::unavailable("user-service is down"));
        }
        Ok(self.keys.lock().unwrap().clone())
    }
}

impl Shop {
    fn new() -> Self {
        let clock = Clock::manual("2026-03-02T09:14:07Z".parse().unwrap());
        let key = SigningKey::generate();
        let source = Arc::new(KeySource::default());
        source.publish(&[&key]);
        let asked = Arc::clone(&source);
        let audience = Audience::of_service("order-service");
        let verifier = Verifier::new(ISSUER, audience, clock.clone(), PolicyBundle::default(), move || {
            asked.clone().answer()
        });
        let signer = Signer::new(ISSUER, clock.clone(), key.clone());
        Self { clock, key, signer, verifier, source }
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn user_token(&self, claims: &UserClaims) -> String {
        self.signer.sign_user(claims).unwrap().token
    }

    async fn user(&self, token: &str) -> User {
        match self.verifier.verify(token).await.unwrap() {
            Caller::User(user) => user,
            other => panic!("{other:?}"),
        }
    }

    /// The code with which the token is refused, always as 401.
    async fn refusal(&self, token: &str) -> String {
        let error = self.verifier.verify(token).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
        error.code().to_owned()
    }
}

fn claims(roles: &[Role]) -> UserClaims {
    UserClaims {
        user_id: UserId::new(),
        session_id: SessionId::new(),
        amr: vec!["pwd".into(), "otp".into()],
        auth_time: "2026-03-02T09:00:00Z".parse().unwrap(),
        roles: roles.iter().map(Role::to_string).collect(),
        permission_version: 7,
        status: AccountStatus::Active,
        email_verified: true,
    }
}

#[tokio::test]
async fn a_user_token_says_who_its_bearer_is() {
    let shop = Shop::new();
    let claims = claims(&[Role::Customer, Role::Finance]);
    let signed = shop.signer.sign_user(&claims).unwrap();
    let user = shop.user(&signed.token).await;
    assert_eq!(user.id, claims.user_id);
    assert_eq!(user.session_id, claims.session_id);
    assert_eq!(*user.roles, ["customer".to_owned(), "finance".to_owned()]);
    assert_eq!(*user.amr, ["pwd".to_owned(), "otp".to_owned()]);
    assert_eq!(user.auth_time, claims.auth_time);
    assert_eq!(user.token_id, signed.id);
    assert_eq!(user.expires_at, signed.expires_at);
    assert_eq!(signed.expires_at, shop.clock.now() + TOKEN_LIFE);
    assert!(user.email_verified && user.status == AccountStatus::Active);
    assert!(user.has(Permission::PaymentRefund) && !user.has(Permission::OrderCancel));
    assert!(!user.fulfillment_only && user.is(Role::Finance) && user.is_staff());
}

#[tokio::test]
async fn a_service_token_says_which_service_and_what_it_may_do() {
    let shop = Shop::new();
    let scopes = vec![Scope::new("cart:read"), Scope::new("user:read")];
    let mut claims = ServiceClaims { name: "payment-service".into(), scopes, audience: None };
    for audience in [None, Some("order-service".to_owned())] {
        claims.audience = audience;
        let token = shop.signer.sign_service(&claims).unwrap().token;
        let Caller::Service(service) = shop.verifier.verify(&token).await.unwrap() else { panic!() };
        assert_eq!(service.name(), "payment-service");
        assert!(service.has_scope("cart:read") && service.has_scope("user:read"));
        assert!(!service.has_scope("cart:checkout"));
    }
    claims.audience = Some("cart-service".into());
    let for_another = shop.signer.sign_service(&claims).unwrap().token;
    assert_eq!(shop.refusal(&for_another).await, "unauthenticated");
    claims.audience = Some(AUDIENCE.into());
    let as_if_a_user = shop.signer.sign_service(&claims).unwrap().token;
    assert_eq!(shop.refusal(&as_if_a_user).await, "unauthenticated");
}

#[tokio::test]
async fn only_a_fulfillment_specialist_without_other_rights_is_limited() {
    let shop = Shop::new();
    for (roles, limited) in [
        (&[Role::Customer, Role::FulfillmentSpecialist][..], true),
        (&[Role::FulfillmentSpecialist, Role::Admin], false),
        (&[Role::Customer], false),
    ] {
        let user = shop.user(&shop.user_token(&claims(roles))).await;
        assert_eq!(user.fulfillment_only, limited, "{roles:?}");
    }
}

#[tokio::test]
async fn a_token_lives_five_minutes_and_the_leeway_to_the_second() {
    let shop = Shop::new();
    let token = shop.user_token(&claims(&[]));
    shop.user(&token).await;
    shop.advance(304);
    shop.user(&token).await;
    shop.advance(1);
    assert_eq!(shop.refusal(&token).await, "token-expired", "also though it was seen before");
    let fresh = Verifier::new(ISSUER, AUDIENCE, shop.clock.clone(), PolicyBundle::default(), {
        let source = shop.source.clone();
        move || source.clone().answer()
    });
    assert_eq!(fresh.verify(&token).await.unwrap_err().code(), "token-expired");
}

#[tokio::test]
async fn a_token_from_the_future_is_not_valid_yet() {
    let shop = Shop::new();
    let ahead = Clock::manual(shop.clock.now() + Duration::from_secs(6));
    let token = Signer::new(ISSUER, ahead, shop.key.clone()).sign_user(&claims(&[])).unwrap().token;
    assert_eq!(shop.refusal(&token).await, "unauthenticated");
    shop.advance(1);
    shop.user(&token).await;
}

#[tokio::test]
async fn a_new_policy_holds_at_once_also_for_tokens_seen_before() {
    let shop = Shop::new();
    let token = shop.user_token(&claims(&[Role::SupportAgent]));
    assert!(shop.user(&token).await.has(Permission::OrderCancel));
    shop.verifier.set_policy([("support_agent", "order:read")].into_iter().collect());
    let user = shop.user(&token).await;
    assert!(!user.has(Permission::OrderCancel) && user.has(Permission::OrderRead));
}

#[test]
fn a_token_too_long_to_be_read_is_not_signed() {
    let shop = Shop::new();
    let mut claims = claims(&[]);
    claims.roles = (0..500).map(|number| format!("role-{number}")).collect();
    assert_eq!(shop.signer.sign_user(&claims).unwrap_err().kind(), Kind::Internal);
}

#[test]
fn neither_tokens_nor_keys_are_printed() {
    let shop = Shop::new();
    let signed = shop.signer.sign_user(&claims(&[])).unwrap();
    assert!(!format!("{signed:?}").contains(&signed.token));
    assert_eq!(format!("{:?}", shop.key), format!("SigningKey({})", shop.key.kid()));
}

#[test]
fn the_life_of_tokens_stays_within_what_verifiers_accept() {
    let shop = Shop::new();
    for (asked, got) in [(0, 1), (60, 60), (86_400, 900)] {
        let signer = shop.signer.clone().with_life(Duration::from_secs(asked));
        assert_eq!(signer.sign_user(&claims(&[])).unwrap().life, Duration::from_secs(got));
    }
}
