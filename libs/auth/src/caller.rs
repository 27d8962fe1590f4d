//! Who is calling, as operations see it.

use crate::permission::{Permission, Permissions};
use crate::reject::Rejection;
use crate::role::Role;
use crate::scope::{Scope, scopes_of_service};
use axum::extract::FromRequestParts;
use base::{Error, Id, Kind, Result, Timestamp};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Names that make each identity a type of its own.
pub mod kind {
    /// A user account.
    pub enum User {}
    /// A sign-in session (refresh-token family).
    pub enum Session {}
    /// One access token.
    pub enum Token {}
}

/// Identity of a user account.
pub type UserId = Id<kind::User>;
/// Identity of a sign-in session.
pub type SessionId = Id<kind::Session>;
/// Identity of one access token (`jti`).
pub type TokenId = Id<kind::Token>;

/// State of an account (contracts §6.1), as it was when the token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "contracts §6.1 defines the states")]
pub enum AccountStatus {
    PendingVerification,
    Active,
    Locked,
    Suspended,
    Deactivated,
    Deleted,
}

/// Who is calling. It never comes from a header, only from a verified token or, between services
/// of one process, from a typed extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody we know; perhaps a guest with a cart token or order link.
    Anonymous,
    /// A signed-in person.
    User(User),
    /// A service of the platform, or a client the operator trusts.
    Service(ServiceIdentity),
}

/// A signed-in person, as the access token describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account.
    pub id: UserId,
    /// The session the token belongs to (`sid`).
    pub session_id: SessionId,
    /// Names of the roles, the platform's and the operator's own.
    pub roles: Arc<[String]>,
    /// What the roles grant under the present policy.
    pub permissions: Permissions,
    /// Whether `order:update-status` comes from the role `fulfillment_specialist` alone.
    pub fulfillment_only: bool,
    /// How they signed in: `pwd`, `otp`, `oidc`, … (RFC 8176).
    pub amr: Arc<[String]>,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// State of the account when the token was issued.
    pub status: AccountStatus,
    /// The token (`jti`).
    pub token_id: TokenId,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// What `fulfillment_specialist` may set an order to (contracts §5.1).
const FULFILLMENT_STATUSES: [&str; 3] = ["PROCESSING", "SHIPPED", "DELIVERED"];

impl User {
    /// Whether a role grants the permission.
    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// Whether they have the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.iter().any(|name| name == role.as_str())
    }

    /// Whether they have any right over things of others.
    pub fn is_staff(&self) -> bool {
        !self.permissions.is_empty()
    }

    /// Whether they may set an order to `status` (contracts §5.1: fulfillment specialists only
    /// PROCESSING, SHIPPED and DELIVERED).
    pub fn may_set_order_status(&self, status: &str) -> bool {
        self.has(Permission::OrderUpdateStatus)
            && (!self.fulfillment_only || FULFILLMENT_STATUSES.contains(&status))
    }

    /// Demands that they proved who they are at most `max_age` ago (step-up).
    ///
    /// # Errors
    /// 403 `reauthentication-required`.
    pub fn require_recent_auth(&self, now: Timestamp, max_age: Duration) -> Result<()> {
        if now.since(self.auth_time) <= max_age {
            return Ok(());
        }
        let detail = "sign in again to do this; the last sign-in is too long ago";
        Err(Error::new(Kind::Forbidden, "reauthentication-required", detail)
            .with("maxAgeSeconds", max_age.as_secs()))
    }
}

/// A service that calls, and its scopes. `peer` inserts it as request extension for calls within
/// the process; nothing else may, and no header ever becomes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceIdentity {
    name: Arc<str>,
    scopes: Arc<[Scope]>,
}

impl ServiceIdentity {
    /// The service `name` with `scopes`.
    pub fn new(name: &str, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self { name: name.into(), scopes: scopes.into_iter().collect() }
    }

    /// The service `name` with the scopes of contracts §5.3.
    pub fn of_service(name: &str) -> Self {
        Self::new(name, scopes_of_service(name).iter().map(|scope| Scope::new(*scope)))
    }

    /// Its name, e.g. `order-service`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its scopes.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Whether it has the scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own.as_str() == scope)
    }
}

impl Caller {
    /// The user, if it is one.
    pub fn user(&self) -> Option<&User> {
        match self {
            Caller::User(user) => Some(user),
            Caller::Anonymous | Caller::Service(_) => None,
        }
    }

    /// The user's id, if it is a user.
    pub fn user_id(&self) -> Option<UserId> {
        self.user().map(|user| user.id)
    }

    /// Whether it is a user with the permission.
    pub fn has(&self, permission: Permission) -> bool {
        self.user().is_some_and(|user| user.has(permission))
    }

    /// Whether it is a user with any right over things of others.
    pub fn is_staff(&self) -> bool {
        self.user().is_some_and(User::is_staff)
    }

    /// The user, who must have proven who they are at most `max_age` ago.
    ///
    /// # Errors
    /// 401 for anonymous callers, 403 for services, 403 `reauthentication-required`.
    pub fn require_recent_auth(&self, now: Timestamp, max_age: Duration) -> Result<&User> {
        let user = match self {
            Caller::User(user) => user,
            Caller::Anonymous => return Err(Error::unauthenticated()),
            Caller::Service(_) => return Err(Error::forbidden()),
        };
        user.require_recent_auth(now, max_age).map(|()| user)
    }

    /// Demands that the thing belongs to the caller, or that they have `permission` over those of
    /// others. A service passes: it came this far only because the route names a scope it has.
    ///
    /// # Errors
    /// 401 for anonymous callers, otherwise 404, since the existence of others' things is theirs.
    pub fn owner_or(&self, owner: UserId, permission: Permission) -> Result<()> {
        match self {
            Caller::Anonymous => Err(Error::unauthenticated()),
            Caller::User(user) if user.id == owner || user.has(permission) => Ok(()),
            Caller::User(_) => Err(Error::not_found("resource")),
            Caller::Service(_) => Ok(()),
        }
    }
}

/// The caller as [`crate::authenticate()`] found it; anonymous on routes outside of that layer.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Caller>().cloned().unwrap_or(Caller::Anonymous))
    }
}

/// The signed-in user; rejects anonymous callers with 401 and services with 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn(pub User);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::User(user)) => Ok(SignedIn(user.clone())),
            Some(Caller::Service(_)) => Err(Error::forbidden().into()),
            Some(Caller::Anonymous) | None => Err(Error::unauthenticated().into()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn user_with(permissions: &[Permission]) -> User {
        User {
            id: UserId::new(),
            session_id: SessionId::new(),
            roles: ["customer".to_owned()].into(),
            permissions: permissions.iter().copied().collect(),
            fulfillment_only: false,
            amr: ["pwd".to_owned()].into(),
            auth_time: Timestamp::EPOCH,
            email_verified: true,
            status: AccountStatus::Active,
            token_id: TokenId::new(),
            expires_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn things_of_others_do_not_exist_for_a_customer() {
        let (me, other) = (user_with(&[]), UserId::new());
        let caller = Caller::User(me.clone());
        assert!(caller.owner_or(me.id, Permission::OrderRead).is_ok());
        assert_eq!(caller.owner_or(other, Permission::OrderRead).unwrap_err().kind(), Kind::NotFound);
        let staff = Caller::User(user_with(&[Permission::OrderRead]));
        assert!(staff.owner_or(other, Permission::OrderRead).is_ok());
        assert_eq!(staff.owner_or(other, Permission::UserRead).unwrap_err().kind(), Kind::NotFound);
        assert_eq!(
            Caller::Anonymous.owner_or(other, Permission::OrderRead).unwrap_err().kind(),
            Kind::Unauthenticated
        );
    }

    #[test]
    fn a_sensitive_action_needs_a_recent_sign_in() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let user = User { auth_time: Timestamp::EPOCH + minutes(60), ..user_with(&[]) };
        let caller = Caller::User(user);
        let max = minutes(5);
        assert!(caller.require_recent_auth(Timestamp::EPOCH + minutes(65), max).is_ok());
        let late = Timestamp::EPOCH + minutes(65) + Duration::from_micros(1);
        let error = caller.require_recent_auth(late, max).unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Forbidden, "reauthentication-required"));
        assert_eq!(error.extra()["maxAgeSeconds"], 300);
        let service = Caller::Service(ServiceIdentity::of_service("order-service"));
        assert_eq!(service.require_recent_auth(late, max).unwrap_err().kind(), Kind::Forbidden);
        assert_eq!(
            Caller::Anonymous.require_recent_auth(late, max).unwrap_err().kind(),
            Kind::Unauthenticated
        );
    }

    #[test]
    fn a_fulfillment_specialist_sets_only_the_statuses_of_shipping() {
        let packer = User { fulfillment_only: true, ..user_with(&[Permission::OrderUpdateStatus]) };
        let admin = user_with(&[Permission::OrderUpdateStatus]);
        for (status, may) in
            [("PROCESSING", true), ("SHIPPED", true), ("DELIVERED", true), ("COMPLETED", false)]
        {
            assert_eq!(packer.may_set_order_status(status), may, "{status}");
            assert!(admin.may_set_order_status(status));
            assert!(!user_with(&[]).may_set_order_status(status));
        }
    }
}
