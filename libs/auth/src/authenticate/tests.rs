//! Tests of the authentication layer, through a router as services build it.

use super::*;
use crate::caller::{AccountStatus, SessionId, SignedIn, UserId};
use crate::reject::Rejection;
use crate::scope::Scope;
use crate::token::{AUDIENCE, ServiceClaims, UserClaims};
use crate::{JwkSet, PolicyBundle, Signer, SigningKey};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base::{Clock, Timestamp};
use http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

struct Shop {
    clock: Clock,
    signer: Signer,
    router: Router,
}

/// Answers who it thinks is calling.
async fn who(caller: Caller, on_behalf_of: Option<OnBehalfOf>) -> String {
    let caller = match caller {
        Caller::Anonymous => "anonymous".to_owned(),
        Caller::User(user) => format!("user {}", user.id),
        Caller::Service(service) => format!("service {}", service.name()),
    };
    match on_behalf_of {
        Some(OnBehalfOf(user)) => format!("{caller} for {}", user.id),
        None => caller,
    }
}

async fn me(SignedIn(user): SignedIn) -> String {
    user.id.to_string()
}

async fn layer(State(verifier): State<Verifier>, mut request: Request<Body>, next: Next) -> Response {
    match authenticate(&verifier, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => Rejection(error).into_response(),
    }
}

impl Shop {
    fn new() -> Self {
        let clock = Clock::manual("2026-03-02T09:14:07Z".parse().unwrap());
        let key = SigningKey::generate();
        let keys: JwkSet = [key.jwk().clone()].into_iter().collect();
        let source = move || {
            let keys = keys.clone();
            async move { Ok(keys) }
        };
        let verifier =
            Verifier::new("https://shop.example", AUDIENCE, clock.clone(), PolicyBundle::default(), source);
        let router = Router::new()
            .route("/who", get(who))
            .route("/me", get(me))
            .layer(from_fn_with_state(verifier, layer))
            .route("/outside", get(who));
        Self { signer: Signer::new("https://shop.example", clock.clone(), key), clock, router }
    }

    fn user_token(&self, user_id: UserId) -> String {
        let claims = UserClaims {
            user_id,
            session_id: SessionId::new(),
            amr: vec!["pwd".into()],
            auth_time: Timestamp::EPOCH,
            roles: vec!["customer".into()],
            permission_version: 1,
            status: AccountStatus::Active,
            email_verified: true,
        };
        self.signer.sign_user(&claims).unwrap().token
    }

    fn service_token(&self) -> String {
        let scopes = vec![Scope::new("cart:read")];
        let claims = ServiceClaims { name: "order-service".into(), scopes, audience: None };
        self.signer.sign_service(&claims).unwrap().token
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn text(&self, request: Request<Body>) -> String {
        let response = self.send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
    }

    /// The problem document of a refusal, after checking its status and headers.
    async fn refusal(&self, request: Request<Body>) -> Value {
        let response = self.send(request).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert!(response.extensions().get::<Arc<Error>>().is_some(), "the log finds the error itself");
        serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap()
    }
}

fn request(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut builder = Request::get(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::empty()).unwrap()
}

fn from_service(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(ServiceIdentity::of_service("cart-service"));
    request
}

#[tokio::test]
async fn a_bearer_token_makes_a_user_and_its_absence_nobody() {
    let shop = Shop::new();
    let id = UserId::new();
    let token = shop.user_token(id);
    assert_eq!(shop.text(request("/who", &[])).await, "anonymous");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let authorization = format!("{scheme} {token}");
        let answer = shop.text(request("/who", &[("authorization", &authorization)])).await;
        assert_eq!(answer, format!("user {id}"));
        assert_eq!(shop.text(request("/me", &[("authorization", &authorization)])).await, id.to_string());
    }
    assert_eq!(shop.refusal(request("/me", &[])).await["code"], "unauthenticated");
}

#[tokio::test]
async fn credentials_of_any_other_form_are_refused_rather_than_ignored() {
    let shop = Shop::new();
    let token = shop.user_token(UserId::new());
    for value in [
        format!("Basic {token}"),
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} x"),
        token.clone(),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer x".into(),
        String::new(),
        "Digest username=\"x\"".into(),
    ] {
        let problem = shop.refusal(request("/who", &[("authorization", &value)])).await;
        assert_eq!(problem["type"], "urn:problem-type:ecommerce:unauthenticated", "{value}");
    }
    let mut binary = request("/who", &[]);
    binary.headers_mut().insert(AUTHORIZATION, http::HeaderValue::from_bytes(b"Bearer \xff").unwrap());
    shop.refusal(binary).await;
}

#[tokio::test]
async fn two_authorization_headers_are_refused_even_if_both_are_good() {
    let shop = Shop::new();
    let one = format!("Bearer {}", shop.user_token(UserId::new()));
    let two = format!("Bearer {}", shop.user_token(UserId::new()));
    for second in [one.as_str(), two.as_str(), ""] {
        shop.refusal(request("/who", &[("authorization", &one), ("authorization", second)])).await;
    }
}

#[tokio::test]
async fn an_expired_token_says_that_it_can_be_refreshed() {
    let shop = Shop::new();
    let authorization = format!("Bearer {}", shop.user_token(UserId::new()));
    shop.clock.advance(Duration::from_secs(600));
    let problem = shop.refusal(request("/who", &[("authorization", &authorization)])).await;
    assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some("token-expired"), Some(401)));
}

#[tokio::test]
async fn no_header_makes_a_service_or_a_user() {
    let shop = Shop::new();
    let user_token = shop.user_token(UserId::new());
    let headers = [
        ("x-user-id", "0199a0b0-0000-7000-8000-000000000000"),
        ("x-service-name", "order-service"),
        ("x-service-identity", "order-service"),
        ("x-internal-caller", "order-service"),
        ("x-roles", "super_admin"),
        ("x-internal-on-behalf-of", user_token.as_str()),
    ];
    assert_eq!(shop.text(request("/who", &headers)).await, "anonymous");
}

#[tokio::test]
async fn a_service_of_the_same_process_is_known_by_its_extension() {
    let shop = Shop::new();
    let id = UserId::new();
    let authorization = format!("Bearer {}", shop.user_token(id));
    assert_eq!(shop.text(from_service(request("/who", &[]))).await, "service cart-service");
    let with_user = from_service(request("/who", &[("authorization", &authorization)]));
    assert_eq!(shop.text(with_user).await, format!("service cart-service for {id}"));
    let with_service_token = format!("Bearer {}", shop.service_token());
    shop.refusal(from_service(request("/who", &[("authorization", &with_service_token)]))).await;
    shop.refusal(from_service(request("/who", &[("authorization", "Bearer forged")]))).await;
}

#[tokio::test]
async fn a_service_of_another_process_may_carry_the_users_own_token() {
    let shop = Shop::new();
    let id = UserId::new();
    let service = format!("Bearer {}", shop.service_token());
    let (user, name) = (shop.user_token(id), "x-internal-on-behalf-of");
    let ask = |headers: &[(&str, &str)]| request("/who", headers);
    assert_eq!(shop.text(ask(&[("authorization", &service)])).await, "service order-service");
    let both = ask(&[("authorization", &service), (name, &user)]);
    assert_eq!(shop.text(both).await, format!("service order-service for {id}"));
    let nobody = shop.service_token();
    for bad in ["forged", "", nobody.as_str()] {
        shop.refusal(ask(&[("authorization", &service), (name, bad)])).await;
    }
    shop.refusal(ask(&[("authorization", &service), (name, &user), (name, &user)])).await;
    let as_user = format!("Bearer {user}");
    let other = shop.user_token(UserId::new());
    let answer = shop.text(ask(&[("authorization", &as_user), (name, &other)])).await;
    assert_eq!(answer, format!("user {id}"), "a user acts for nobody else");
}

#[tokio::test]
async fn a_service_is_not_a_signed_in_user() {
    let shop = Shop::new();
    let response = shop.send(from_service(request("/me", &[]))).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.headers().get("www-authenticate").is_none());
}

#[tokio::test]
async fn who_was_known_before_the_layer_is_forgotten() {
    let shop = Shop::new();
    let mut stale = request("/who", &[]);
    let user = crate::caller::tests::user_with(&[]);
    stale.extensions_mut().insert(Caller::User(user.clone()));
    stale.extensions_mut().insert(OnBehalfOf(user));
    assert_eq!(shop.text(stale).await, "anonymous");
    let authorization = format!("Bearer {}", shop.user_token(UserId::new()));
    assert_eq!(shop.text(request("/outside", &[("authorization", &authorization)])).await, "anonymous");
}

#[tokio::test]
async fn a_refusal_names_the_request() {
    let shop = Shop::new();
    let context = base::context::RequestContext {
        request_id: "r-1".into(),
        correlation_id: "c-1".into(),
        ..Default::default()
    };
    let bad = request("/who", &[("authorization", "Bearer x")]);
    let problem = base::context::scope(context, shop.refusal(bad)).await;
    assert_eq!(problem["instance"], "urn:request:r-1");
    assert_eq!(
        (problem["requestId"].as_str(), problem["correlationId"].as_str()),
        (Some("r-1"), Some("c-1"))
    );
}

#[tokio::test]
async fn a_verifier_without_keys_asks_to_come_back() {
    let clock = Clock::system();
    let source = || async { Err(Error::unavailable("down")) };
    let verifier = Verifier::new("https://shop.example", AUDIENCE, clock, PolicyBundle::default(), source);
    let router = Router::new().route("/who", get(who)).layer(from_fn_with_state(verifier, layer));
    let token = Signer::new("https://shop.example", Clock::system(), SigningKey::generate());
    let claims = ServiceClaims { name: "order-service".into(), scopes: vec![], audience: None };
    let authorization = format!("Bearer {}", token.sign_service(&claims).unwrap().token);
    let response = router.oneshot(request("/who", &[("authorization", &authorization)])).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
}
