//! Who is shopping: a signed-in user, or a guest known by the signed token they were given.

use super::dto;
use crate::App;
use crate::domain::{self, Guest, Owner};
use crate::ops;
use api::cart::Cart;
use auth::Caller;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use base::{Id, Keys};
use service::http::{Failure, GUEST_TOKEN_HEADER, GuestToken, Versioned};

const PURPOSE: &str = "cart-token";

/// The shopper, and the token a new guest is to be given.
pub(super) struct Shopper {
    pub owner: Owner,
    new_token: Option<String>,
}

impl FromRequestParts<App> for Shopper {
    type Rejection = Failure;

    /// A token we did not sign, or an outdated one, makes a new guest, as if none had been sent.
    /// Who has signed in brings along what they put into the cart as a guest.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let Ok(GuestToken(token)) = GuestToken::from_request_parts(parts, app).await;
        let guest = token.and_then(|token| guest(&app.keys, &token));
        if let Some(id) = caller.user_id() {
            if let Some(guest) = guest {
                ops::bring_along(app, id, guest).await?;
            }
            return Ok(Self { owner: Owner::User(id), new_token: None });
        }
        Ok(match guest {
            Some(owner) => Self { owner, new_token: None },
            None => Self::new_guest(&app.keys),
        })
    }
}

impl Shopper {
    fn new_guest(keys: &Keys) -> Self {
        let id = Id::<Guest>::new();
        let token = keys.seal(PURPOSE, id.uuid().as_bytes());
        Self { owner: Owner::Guest(id), new_token: Some(token) }
    }

    /// The answer to a shopper: the whole cart with its ETag, and a new guest's token.
    pub(super) fn answer(self, cart: domain::Cart) -> Result<Response, Failure> {
        let header = self.new_token.as_deref().map(HeaderValue::from_str).transpose();
        let header = header.map_err(base::Error::internal)?;
        let cart = Cart { cart_token: self.new_token, ..dto(cart) };
        let mut response = Versioned(cart.version, cart).into_response();
        if let Some(token) = header {
            response.headers_mut().insert(GUEST_TOKEN_HEADER, token);
        }
        Ok(response)
    }
}

/// The guest a token was made for; `None` for a token we did not make.
pub(super) fn guest(keys: &Keys, token: &str) -> Option<Owner> {
    let bytes: [u8; 16] = keys.open(PURPOSE, token)?.try_into().ok()?;
    Some(Owner::Guest(Id::from_uuid(uuid::Uuid::from_bytes(bytes))))
}
