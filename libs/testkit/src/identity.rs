//! Who asks: tokens for customers and staff, identities of services.

use auth::token::{AUDIENCE, UserClaims};
use auth::{AccountStatus, JwkSet, PolicyBundle, Role, SessionId, Signer, SigningKey, UserId, Verifier};
use base::Clock;
use std::sync::Arc;

/// The issuer of the tokens of tests.
pub(crate) const PUBLIC_URL: &str = "http://shop.test";

/// Who sends a request.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Nobody.
    Anonymous,
    /// An account with roles.
    User(UserId, Vec<Role>),
    /// A service of the platform, by short name.
    Service(&'static str),
    /// A client that the operator granted scopes, such as an importer.
    Client(Vec<&'static str>),
}

/// Signs tokens that the service under test accepts.
#[derive(Clone)]
pub struct TestAuth {
    signer: Arc<Signer>,
    verifier: Verifier,
    clock: Clock,
}

impl TestAuth {
    /// A key of its own.
    pub fn new(clock: &Clock) -> Self {
        let key = SigningKey::generate();
        let keys = JwkSet { keys: vec![key.jwk().clone()] };
        let source = move || {
            let keys = keys.clone();
            async move { Ok(keys) }
        };
        let verifier = Verifier::new(PUBLIC_URL, AUDIENCE, clock.clone(), PolicyBundle::default(), source);
        let signer = Arc::new(Signer::new(PUBLIC_URL, clock.clone(), key));
        Self { signer, verifier, clock: clock.clone() }
    }

    /// What the service under test verifies with.
    pub fn verifier(&self) -> Verifier {
        self.verifier.clone()
    }

    /// An access token of `user`, who signed in just now.
    pub fn token(&self, user: UserId, roles: &[Role]) -> String {
        self.token_with(&UserClaims {
            user_id: user,
            session_id: SessionId::new(),
            amr: vec!["pwd".to_owned()],
            auth_time: self.clock.now(),
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            permission_version: 1,
            status: AccountStatus::Active,
            email_verified: true,
        })
    }

    /// An access token with exactly these claims.
    pub fn token_with(&self, claims: &UserClaims) -> String {
        self.signer.sign_user(claims).expect("test claims can be signed").token
    }
}
