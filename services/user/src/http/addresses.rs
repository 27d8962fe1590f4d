//! The address book (contracts §4.3).

use super::WhichUser;
use crate::App;
use crate::ops::addresses;
use api::ids::AddressId;
use api::user::{SaveAddress, SetDefaultAddress, UserAddress};
use auth::Caller;
use axum::extract::State;
use base::page::{CountQuery, Page};
use service::http::{Created, IfMatch, Json, NoContent, Path, Query, Result, Versioned};

const TAG: &str = "addresses";

/// Lists the addresses.
#[utoipa::path(get, path = "/api/users/{id}/addresses", tag = TAG, params(("id" = String, Path, description = "id or `me`"), CountQuery),
    responses((status = 200, body = Page<UserAddress>)))]
pub(super) async fn list_addresses(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    Query(count): Query<CountQuery>,
) -> Result<Json<Page<UserAddress>>> {
    let items = addresses::list_addresses(&app, &caller, which.of(&caller)?).await?;
    Ok(Json(Page::whole(items, count)))
}

/// Stores a new address; the first one becomes both defaults.
#[utoipa::path(post, path = "/api/users/{id}/addresses", tag = TAG, params(("id" = String, Path, description = "id or `me`")),
    request_body = SaveAddress, responses((status = 201, body = UserAddress)))]
pub(super) async fn add_address(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    Json(body): Json<SaveAddress>,
) -> Result<Created<Versioned<UserAddress>>> {
    let user = which.of(&caller)?;
    let (version, address) = addresses::add_address(&app, &caller, user, body).await?;
    Ok(Created(format!("/api/users/{user}/addresses/{}", address.id), Versioned(version, address)))
}

/// Reads an address.
#[utoipa::path(get, path = "/api/users/{id}/addresses/{addressId}", tag = TAG,
    params(("id" = String, Path, description = "id or `me`"), ("addressId" = AddressId, Path)), responses((status = 200, body = UserAddress)))]
pub(super) async fn get_address(
    State(app): State<App>,
    caller: Caller,
    Path((which, id)): Path<(WhichUser, AddressId)>,
) -> Result<Versioned<UserAddress>> {
    let (version, address) = addresses::get_address(&app, &caller, which.of(&caller)?, id).await?;
    Ok(Versioned(version, address))
}

/// Replaces an address.
#[utoipa::path(put, path = "/api/users/{id}/addresses/{addressId}", tag = TAG,
    params(("id" = String, Path, description = "id or `me`"), ("addressId" = AddressId, Path), IfMatch),
    request_body = SaveAddress, responses((status = 200, body = UserAddress)))]
pub(super) async fn update_address(
    State(app): State<App>,
    caller: Caller,
    Path((which, id)): Path<(WhichUser, AddressId)>,
    IfMatch(seen): IfMatch,
    Json(body): Json<SaveAddress>,
) -> Result<Versioned<UserAddress>> {
    let user = which.of(&caller)?;
    let (version, address) = addresses::update_address(&app, &caller, user, id, seen, body).await?;
    Ok(Versioned(version, address))
}

/// Removes an address.
#[utoipa::path(delete, path = "/api/users/{id}/addresses/{addressId}", tag = TAG,
    params(("id" = String, Path, description = "id or `me`"), ("addressId" = AddressId, Path),
        IfMatch), responses((status = 204)))]
pub(super) async fn delete_address(
    State(app): State<App>,
    caller: Caller,
    Path((which, id)): Path<(WhichUser, AddressId)>,
    IfMatch(seen): IfMatch,
) -> Result<NoContent> {
    addresses::delete_address(&app, &caller, which.of(&caller)?, id, seen).await?;
    Ok(NoContent)
}

/// Makes an address the default for delivery or for the invoice.
#[utoipa::path(post, path = "/api/users/{id}/addresses/{addressId}/default", tag = TAG,
    params(("id" = String, Path, description = "id or `me`"), ("addressId" = AddressId, Path)),
    request_body = SetDefaultAddress, responses((status = 200, body = UserAddress)))]
pub(super) async fn set_default_address(
    State(app): State<App>,
    caller: Caller,
    Path((which, id)): Path<(WhichUser, AddressId)>,
    Json(body): Json<SetDefaultAddress>,
) -> Result<Versioned<UserAddress>> {
    let user = which.of(&caller)?;
    let (version, address) = addresses::set_default_address(&app, &caller, user, id, body.purpose).await?;
    Ok(Versioned(version, address))
}
