//! Access tokens (contracts §5.2): who signs them, who verifies them, and the keys' life.
//!
//! EdDSA JWTs of `typ: at+jwt`, valid 5 minutes. user-service owns a [`Signer`] and a [`KeyRing`];
//! every service owns a [`Verifier`] that fetches the public keys. Refresh tokens are opaque and
//! belong to user-service.

mod claims;
mod key;
mod key_cache;
mod revoked;
mod ring;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

pub use claims::{ServiceClaims, UserClaims};
pub use key::{Jwk, JwkSet, SigningKey};
pub use ring::{Due, KeyRecord, KeyRing, KeyState, RotationRules};
pub use sign::{SignedToken, Signer};
pub use verify::{Audience, Verifier};

use std::time::Duration;

/// How long an access token lives unless configured otherwise.
pub const TOKEN_LIFE: Duration = Duration::from_secs(300);
/// The longest life that can be configured, and that a verifier accepts; deny lists rely on it.
pub const MAX_TOKEN_LIFE: Duration = Duration::from_secs(900);
/// How far the clocks of two machines may differ.
pub const LEEWAY: Duration = Duration::from_secs(5);
/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 4096;
/// Audience of user tokens.
pub const AUDIENCE: &str = "ecommerce-api";
/// Audience of service tokens that are not for one service alone.
pub const INTERNAL_AUDIENCE: &str = "ecommerce-internal";

/// Header `typ` (RFC 9068): an ID token or any other JWT is not an access token.
const TOKEN_TYPE: &str = "at+jwt";
