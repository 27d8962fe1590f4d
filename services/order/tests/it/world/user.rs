//! A model of the user service.

use super::World;
use api::ids::{AddressId, UserId};
use api::user::{AddressType, User, UserAddress};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base::Error;
use service::http::{Json, Path};

pub(super) fn router(world: World) -> Router {
    Router::new()
        .route("/api/users/{id}", get(account))
        .route("/api/users/{id}/addresses/{address}", get(address))
        .with_state(world)
}

async fn account(State(world): State<World>, Path(id): Path<UserId>) -> Response {
    let now = world.now();
    world
        .call("account", |memory| {
            let status = memory.accounts.get(&id).copied().ok_or_else(|| Error::not_found("user"))?;
            let user = User {
                id,
                email: "fresh@example.org".to_owned(),
                email_verified: true,
                username: None,
                first_name: Some("Fresh".to_owned()),
                last_name: Some("Face".to_owned()),
                status,
                roles: Vec::new(),
                mfa_enabled: false,
                profile: None,
                addresses: None,
                stats: None,
                last_login_at: None,
                created_at: now,
                updated_at: now,
                version: 1,
                locked_until: None,
                risk_flags: None,
                payment_failure_count: None,
            };
            Ok(Json(user).into_response())
        })
        .await
}

async fn address(State(world): State<World>, Path((user, id)): Path<(UserId, AddressId)>) -> Response {
    let now = world.now();
    world
        .call("address", |memory| {
            let address =
                memory.addresses.get(&(user, id)).cloned().ok_or_else(|| Error::not_found("address"))?;
            let address = UserAddress {
                id,
                address_type: AddressType::Home,
                is_default_shipping: false,
                is_default_billing: false,
                address,
                created_at: now,
                updated_at: now,
            };
            Ok(Json(address).into_response())
        })
        .await
}
