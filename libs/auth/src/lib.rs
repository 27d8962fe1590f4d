//! Who is calling, and what they may do (contracts §5).
//!
//! A request passes [`authenticate()`], which turns its bearer token (or the identity of a service
//! in the same process) into a [`Caller`]; the route's [`Access`] then says whether that caller
//! may use it, and the operation checks ownership. [`token`] signs and verifies access tokens,
//! [`password`] hashes passwords. Accounts, sessions and refresh tokens belong to user-service.
//!
//! This is the only crate that names argon2, jsonwebtoken and ed25519-dalek.

#![warn(missing_docs)]

pub mod access;
pub mod authenticate;
pub mod caller;
pub mod password;
pub mod permission;
pub mod policy;
pub mod reject;
pub mod role;
pub mod scope;
pub mod token;

pub use access::Access;
pub use authenticate::{OnBehalfOf, authenticate};
pub use caller::{AccountStatus, Caller, ServiceIdentity, SessionId, SignedIn, User, UserId};
pub use password::{HashGate, HashSettings};
pub use permission::{Permission, Permissions};
pub use policy::PolicyBundle;
pub use reject::Rejection;
pub use role::Role;
pub use scope::{Scope, scopes_of_service};
pub use token::{Jwk, JwkSet, KeyRing, Signer, SigningKey, Verifier};
