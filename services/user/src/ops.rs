//! What the service can do, one file per operation or family of small ones.

pub(crate) mod addresses;
pub(crate) mod administrators;
pub(crate) mod announce;
pub(crate) mod change_password;
pub(crate) mod claims;
pub(crate) mod contacts;
pub(crate) mod create_user;
pub(crate) mod deactivate;
pub(crate) mod email_verification;
pub(crate) mod hashing;
pub(crate) mod history;
pub(crate) mod housekeeping;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod login;
pub(crate) mod password_reset;
pub(crate) mod prove;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod set_status;
pub(crate) mod shopping;
pub(crate) mod tokens;
pub(crate) mod update_user;
pub(crate) mod users;
pub(crate) mod views;
pub(crate) mod wishes;

use crate::error::UserError;
use api::ids::UserId;
use api::shared::{Actor, ActorKind};
use std::net::IpAddr;

/// The result of an operation.
pub(crate) type Result<T> = std::result::Result<T, UserError>;

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// Client address.
    pub(crate) ip: Option<IpAddr>,
    /// Client text.
    pub(crate) user_agent: Option<String>,
}

impl Origin {
    /// The client address as events carry it.
    pub(crate) fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }
}

/// The account itself as the one who acts.
pub(crate) fn owner(user: UserId) -> Actor {
    Actor::new(ActorKind::User, user)
}
