//! Verifying access tokens; every service does it for every request.

use super::claims::{Who, WireClaims, at};
use super::key::JwkSet;
use super::key_cache::KeyCache;
use super::revoked::Revoked;
use super::{AUDIENCE, INTERNAL_AUDIENCE, LEEWAY, MAX_TOKEN_BYTES, MAX_TOKEN_LIFE, TOKEN_TYPE};
use crate::caller::{Caller, SessionId, TokenId, User, UserId};
use crate::permission::Permission;
use crate::policy::PolicyBundle;
use crate::role::Role;
use arc_swap::ArcSwap;
use base::{Clock, Error, Kind, Result, Timestamp};
use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use std::sync::Arc;

/// Verified tokens that are remembered; about 1 KiB each.
const CACHED_TOKENS: u64 = 20_000;
/// Longer key ids are not looked at.
const MAX_KID_BYTES: usize = 128;

/// For whom tokens must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// `aud` of user tokens.
    pub users: String,
    /// `aud` of service tokens, any of them.
    pub services: Vec<String>,
}

impl Audience {
    /// What the service `name` accepts: user tokens for `ecommerce-api`, service tokens for
    /// `ecommerce-internal` or for itself (contracts §5.2).
    pub fn of_service(name: &str) -> Self {
        Self { users: AUDIENCE.to_owned(), services: vec![INTERNAL_AUDIENCE.to_owned(), name.to_owned()] }
    }
}

/// What a process with many services accepts: user tokens for `users`, service tokens for
/// `ecommerce-internal`.
impl From<&str> for Audience {
    fn from(users: &str) -> Self {
        Self { users: users.to_owned(), services: vec![INTERNAL_AUDIENCE.to_owned()] }
    }
}

/// Turns access tokens into callers. Clones share keys, cache and deny lists.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    validation: Validation,
    audience: Audience,
    clock: Clock,
    policy: ArcSwap<PolicyBundle>,
    keys: Arc<KeyCache>,
    /// By SHA-256 of the token, since verifying a signature costs far more than a lookup.
    verified: Cache<[u8; 32], Arc<Verified>>,
    revoked: Revoked,
}

/// A token whose signature and audience were right. Times, keys, deny lists and the policy are
/// looked at again at each use.
struct Verified {
    kid: String,
    token_id: TokenId,
    not_before: Timestamp,
    issued_at: Timestamp,
    expires_at: Timestamp,
    who: Who,
}

impl Verifier {
    /// Accepts tokens of `issuer` for `audience`, signed with a key that `source` lists. Roles
    /// grant what `policy` says.
    pub fn new<F, Answer>(
        issuer: &str,
        audience: impl Into<Audience>,
        clock: Clock,
        policy: PolicyBundle,
        source: F,
    ) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<JwkSet>> + Send + 'static,
    {
        let audience = audience.into();
        let keys = KeyCache::new(clock.clone(), Box::new(move || Box::pin(source())));
        Self(Arc::new(Inner {
            validation: validation(issuer, &audience),
            audience,
            clock,
            policy: ArcSwap::from_pointee(policy),
            keys: Arc::new(keys),
            verified: Cache::builder().max_capacity(CACHED_TOKENS).time_to_live(MAX_TOKEN_LIFE).build(),
            revoked: Revoked::new(),
        }))
    }

    /// The caller that `token` names.
    ///
    /// # Errors
    /// 401 `token-expired`, `token-stale` (refresh it), `unauthenticated` (anything else that is
    /// wrong with it); 503 `unavailable` if the keys cannot be fetched.
    pub async fn verify(&self, token: &str) -> Result<Caller> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(refused("the access token is too long"));
        }
        self.0.keys.keep_fresh();
        let digest = base::keys::sha256(token.as_bytes());
        let cached = self.0.verified.get(&digest).filter(|verified| self.0.keys.knows(&verified.kid));
        if let Some(verified) = cached {
            return self.0.admit(&verified);
        }
        let verified = self.0.verify_signature(token).await?;
        let caller = self.0.admit(&verified)?;
        self.0.verified.insert(digest, Arc::new(verified));
        Ok(caller)
    }

    /// Lets roles grant what `policy` says from now on, also for tokens seen before.
    pub fn set_policy(&self, policy: PolicyBundle) {
        self.0.policy.store(Arc::new(policy));
    }

    /// The present policy.
    pub fn policy(&self) -> Arc<PolicyBundle> {
        self.0.policy.load_full()
    }

    /// Refuses the tokens of a session.
    pub fn revoke_session(&self, id: SessionId) {
        self.0.revoked.session(id, self.0.clock.now());
    }

    /// Refuses the tokens of a user issued before a moment. Tokens know their issue to the second:
    /// those of the same second pass, since one of them may be of afterwards; whoever ends sessions
    /// names them too ([`Verifier::revoke_session`]).
    pub fn revoke_user(&self, id: UserId, issued_before: Timestamp) {
        self.0.revoked.user(id, issued_before, self.0.clock.now());
    }

    /// Refuses one token.
    pub fn revoke_jti(&self, id: TokenId) {
        self.0.revoked.token(id, self.0.clock.now());
    }

    /// Refuses the user's tokens with a `pv` lower than `permission_version` as stale.
    pub fn mark_stale(&self, id: UserId, permission_version: i64) {
        self.0.revoked.permission_version(id, permission_version, self.0.clock.now());
    }
}

impl Inner {
    async fn verify_signature(&self, token: &str) -> Result<Verified> {
        let kid = kid_of(token)?;
        let key = self.keys.find(&kid).await?.ok_or_else(|| refused("the access token's key is unknown"))?;
        let data = jsonwebtoken::decode::<WireClaims>(token, &key, &self.validation).map_err(bad_token)?;
        let claims = data.claims;
        let who = claims.who().ok_or_else(|| refused("the access token contradicts itself"))?;
        let for_us = match &who {
            Who::User { .. } => claims.aud == self.audience.users,
            Who::Service(_) => self.audience.services.contains(&claims.aud),
        };
        if !for_us {
            return Err(refused("the access token is for somebody else"));
        }
        Ok(Verified {
            kid,
            token_id: claims.jti,
            not_before: at(claims.nbf),
            issued_at: at(claims.iat),
            expires_at: at(claims.exp),
            who,
        })
    }

    fn admit(&self, verified: &Verified) -> Result<Caller> {
        verified.check_times(self.clock.now())?;
        match &verified.who {
            Who::User { user, permission_version } => {
                self.revoked.check_user(user, *permission_version, verified.issued_at)?;
                Ok(Caller::User(with_permissions(user, &self.policy.load())))
            }
            Who::Service(service) => {
                self.revoked.check_service(verified.token_id, verified.issued_at)?;
                Ok(Caller::Service(service.clone()))
            }
        }
    }
}

impl Verified {
    fn check_times(&self, now: Timestamp) -> Result<()> {
        if self.expires_at + LEEWAY <= now {
            let detail = "the access token has expired; refresh it";
            return Err(Error::new(Kind::Unauthenticated, "token-expired", detail));
        }
        if self.not_before.max(self.issued_at) > now + LEEWAY {
            return Err(refused("the access token is not valid yet"));
        }
        if self.expires_at.since(self.issued_at) > MAX_TOKEN_LIFE {
            return Err(refused("the access token lives too long"));
        }
        Ok(())
    }
}

fn with_permissions(user: &User, policy: &PolicyBundle) -> User {
    let permissions = policy.permissions_of(user.roles.iter());
    let others = user.roles.iter().filter(|role| *role != Role::FulfillmentSpecialist.as_str());
    let by_others = policy.permissions_of(others);
    let fulfillment_only = permissions.contains(Permission::OrderUpdateStatus)
        && !by_others.contains(Permission::OrderUpdateStatus);
    User { permissions, fulfillment_only, ..user.clone() }
}

fn validation(issuer: &str, audience: &Audience) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience.services.as_slice(), std::slice::from_ref(&audience.users)].concat());
    // The library asks the system clock; `Verified::check_times` asks ours.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// The key id of a header that is as it must be; nothing in it is believed beyond the choice of key.
fn kid_of(token: &str) -> Result<String> {
    let header = jsonwebtoken::decode_header(token).map_err(bad_token)?;
    if header.alg != Algorithm::EdDSA {
        return Err(refused("the access token is not signed with EdDSA"));
    }
    if header.typ.as_deref() != Some(TOKEN_TYPE) {
        return Err(refused("the token is not an access token"));
    }
    if header.crit.is_some() {
        return Err(refused("the access token demands an extension we do not know"));
    }
    header
        .kid
        .filter(|kid| kid.len() <= MAX_KID_BYTES)
        .ok_or_else(|| refused("the access token names no key"))
}

fn bad_token(error: JwtError) -> Error {
    let detail = match error.kind() {
        ErrorKind::InvalidSignature => "the access token's signature is wrong",
        ErrorKind::InvalidIssuer => "the access token is of another issuer",
        ErrorKind::InvalidAudience => "the access token is for somebody else",
        _ => "the access token is malformed",
    };
    refused(detail).caused_by(error)
}

fn refused(detail: &str) -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated", detail)
}
