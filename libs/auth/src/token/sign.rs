//! Signing access tokens; only user-service does it.

use super::claims::{Of, ServiceClaims, UserClaims, WireClaims};
use super::key::SigningKey;
use super::{AUDIENCE, INTERNAL_AUDIENCE, MAX_TOKEN_BYTES, MAX_TOKEN_LIFE, TOKEN_LIFE, TOKEN_TYPE};
use crate::caller::TokenId;
use arc_swap::ArcSwap;
use base::{Clock, Error, Result, Timestamp};
use jsonwebtoken::{Algorithm, Header};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Signs with the current key. Clones share it.
#[derive(Clone)]
pub struct Signer {
    issuer: Arc<str>,
    clock: Clock,
    life: Duration,
    key: Arc<ArcSwap<SigningKey>>,
}

/// A token and what its issuer has to know about it.
#[derive(Clone)]
pub struct SignedToken {
    /// The token itself; it is not printed.
    pub token: String,
    /// Its id (`jti`).
    pub id: TokenId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How long it lives, for `expiresIn`.
    pub life: Duration,
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedToken({}, until {})", self.id, self.expires_at)
    }
}

impl Signer {
    /// Signs as `issuer` (the public URL of the platform) with `key`, tokens of 5 minutes.
    pub fn new(issuer: &str, clock: Clock, key: SigningKey) -> Self {
        Self { issuer: issuer.into(), clock, life: TOKEN_LIFE, key: Arc::new(ArcSwap::from_pointee(key)) }
    }

    /// The same with tokens that live `life`, 1 second to 15 minutes.
    #[must_use]
    pub fn with_life(self, life: Duration) -> Self {
        Self { life: life.clamp(Duration::from_secs(1), MAX_TOKEN_LIFE), ..self }
    }

    /// Signs with `key` from now on.
    pub fn set_key(&self, key: SigningKey) {
        self.key.store(Arc::new(key));
    }

    /// The id of the key it signs with.
    pub fn kid(&self) -> String {
        self.key.load().kid().to_owned()
    }

    /// A token for a signed-in user.
    ///
    /// # Errors
    /// 500 `internal` if it would be longer than 4 KiB (hundreds of roles).
    pub fn sign_user(&self, claims: &UserClaims) -> Result<SignedToken> {
        self.sign(AUDIENCE, claims.user_id.to_string(), Of::User(claims.into()))
    }

    /// A token for a service.
    ///
    /// # Errors
    /// 500 `internal` if it would be longer than 4 KiB.
    pub fn sign_service(&self, claims: &ServiceClaims) -> Result<SignedToken> {
        let audience = claims.audience.as_deref().unwrap_or(INTERNAL_AUDIENCE);
        self.sign(audience, claims.subject(), Of::Service(claims.into()))
    }

    fn sign(&self, audience: &str, subject: String, of: Of) -> Result<SignedToken> {
        let key = self.key.load();
        let now = self.clock.now();
        let claims = WireClaims {
            iss: self.issuer.to_string(),
            aud: audience.to_owned(),
            sub: subject,
            exp: (now + self.life).seconds(),
            nbf: now.seconds(),
            iat: now.seconds(),
            jti: TokenId::new(),
            of,
        };
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(key.kid().to_owned()),
            ..Header::new(Algorithm::EdDSA)
        };
        let token = jsonwebtoken::encode(&header, &claims, key.encoding()).map_err(Error::internal)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Error::internal(format!("the access token would have {} bytes", token.len())));
        }
        Ok(SignedToken { token, id: claims.jti, expires_at: super::claims::at(claims.exp), life: self.life })
    }
}
