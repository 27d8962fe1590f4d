//! The claims of contracts §5.2, on the wire and as the code sees them.

use crate::caller::{AccountStatus, ServiceIdentity, SessionId, TokenId, User, UserId};
use crate::permission::Permissions;
use crate::scope::Scope;
use base::Timestamp;
use serde::{Deserialize, Serialize};

/// What a user token says beside times and ids of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserClaims {
    /// The account.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// Methods used to sign in: `pwd`, `otp`, `oidc`, …
    pub amr: Vec<String>,
    /// When they proved who they are.
    pub auth_time: Timestamp,
    /// Names of their roles.
    pub roles: Vec<String>,
    /// Version of their rights, raised by role changes (`pv`).
    pub permission_version: i64,
    /// State of the account.
    pub status: AccountStatus,
    /// Whether the address is proven.
    pub email_verified: bool,
}

/// What a service token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceClaims {
    /// Name of the service or client.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The one service it may call; `ecommerce-internal` when left out.
    pub audience: Option<String>,
}

/// The JSON of both kinds of token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WireClaims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) exp: i64,
    pub(super) nbf: i64,
    pub(super) iat: i64,
    pub(super) jti: TokenId,
    #[serde(flatten)]
    pub(super) of: Of,
}

/// What only users or only services have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Of {
    User(OfUser),
    Service(OfService),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OfUser {
    sid: SessionId,
    amr: Vec<String>,
    auth_time: i64,
    roles: Vec<String>,
    pv: i64,
    status: AccountStatus,
    email_verified: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OfService {
    client_id: String,
    scope: String,
}

/// Whom a token with a good signature names; permissions are resolved at each use.
#[derive(Clone, Debug)]
pub(super) enum Who {
    User { user: User, permission_version: i64 },
    Service(ServiceIdentity),
}

/// `sub` of a service is this and its name.
const SERVICE_PREFIX: &str = "service:";

impl From<&UserClaims> for OfUser {
    fn from(claims: &UserClaims) -> Self {
        Self {
            sid: claims.session_id,
            amr: claims.amr.clone(),
            auth_time: claims.auth_time.seconds(),
            roles: claims.roles.clone(),
            pv: claims.permission_version,
            status: claims.status,
            email_verified: claims.email_verified,
        }
    }
}

impl From<&ServiceClaims> for OfService {
    fn from(claims: &ServiceClaims) -> Self {
        let scopes: Vec<&str> = claims.scopes.iter().map(Scope::as_str).collect();
        Self { client_id: claims.name.clone(), scope: scopes.join(" ") }
    }
}

impl ServiceClaims {
    pub(super) fn subject(&self) -> String {
        format!("{SERVICE_PREFIX}{}", self.name)
    }
}

impl WireClaims {
    /// Whom the claims name; nothing if subject and claims contradict each other.
    pub(super) fn who(&self) -> Option<Who> {
        match &self.of {
            Of::User(claims) => Some(Who::User {
                user: claims.user(UserId::from_uuid(self.sub.parse().ok()?), self),
                permission_version: claims.pv,
            }),
            Of::Service(claims) => {
                let named = self.sub.strip_prefix(SERVICE_PREFIX) == Some(&claims.client_id);
                named.then(|| {
                    Who::Service(ServiceIdentity::new(&claims.client_id, Scope::parse_list(&claims.scope)))
                })
            }
        }
    }
}

impl OfUser {
    fn user(&self, id: UserId, token: &WireClaims) -> User {
        User {
            id,
            session_id: self.sid,
            roles: self.roles.as_slice().into(),
            permissions: Permissions::NONE,
            fulfillment_only: false,
            amr: self.amr.as_slice().into(),
            auth_time: at(self.auth_time),
            email_verified: self.email_verified,
            status: self.status,
            token_id: token.jti,
            expires_at: at(token.exp),
        }
    }
}

/// The moment `seconds` after 1970.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}
