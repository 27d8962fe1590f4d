//! What other services may ask the user service (contracts §4.14).

use super::account::User;
use super::account::{Contact, ContactBatch, Contacts, EmailPreferences};
use super::addresses::UserAddress;
use super::roles::{CheckPermissions, PermissionsChecked};
use super::sign_in::{AdminCreated, CreateAdmin, FirstAdminLink, SecretClaim};
use crate::ids::{AddressId, ClaimId, UserId};
use auth::{JwkSet, PolicyBundle};
use base::Result;
use peer::{Peer, Peers};

/// The user service, callable.
#[derive(Clone)]
pub struct UserClient {
    peer: Peer,
}

impl UserClient {
    /// The user service among `peers`.
    pub fn new(peers: &Peers) -> Self {
        Self { peer: peers.of("user") }
    }

    /// The public keys of access tokens. Public.
    ///
    /// # Errors
    /// Those of a call to a peer.
    pub async fn jwks(&self) -> Result<JwkSet> {
        self.peer.get("/.well-known/jwks.json").send().await
    }

    /// Roles × permissions. Scope `authz:bundle`.
    ///
    /// # Errors
    /// Those of a call to a peer.
    pub async fn policy_bundle(&self) -> Result<PolicyBundle> {
        self.peer.get("/internal/auth/policy-bundle").send().await
    }

    /// Whether a user has all of these permissions now, from the store. Scope `authz:query`.
    ///
    /// # Errors
    /// 404 for an unknown user, and those of a call to a peer.
    pub async fn check_permissions(&self, question: &CheckPermissions) -> Result<PermissionsChecked> {
        self.peer.post("/api/auth/check-permissions").json(question).send().await
    }

    /// The link behind a claim id, to put into a mail; the same at every call. Scope `auth:claim`.
    ///
    /// # Errors
    /// 404 for an unknown claim, 410 `claim-expired` or `claim-used`, and those of a call to a peer.
    pub async fn secret_claim(&self, claim: ClaimId) -> Result<SecretClaim> {
        self.peer.post(format!("/internal/auth/secret-claims/{claim}")).send().await
    }

    /// An account, for a service that has not heard of it yet. Scope `user:read`.
    ///
    /// # Errors
    /// 404 for an unknown user, and those of a call to a peer.
    pub async fn account(&self, user: UserId) -> Result<User> {
        self.peer.get(format!("/api/users/{user}")).send().await
    }

    /// How to reach a user. Scope `user:contact`.
    ///
    /// # Errors
    /// 404 for an unknown user, and those of a call to a peer.
    pub async fn contact(&self, user: UserId) -> Result<Contact> {
        self.peer.get(format!("/internal/users/{user}/contact")).send().await
    }

    /// How to reach up to 100 users; unknown ones are left out. Scope `user:contact`.
    ///
    /// # Errors
    /// 422 for more than 100 ids, and those of a call to a peer.
    pub async fn contacts(&self, ids: Vec<UserId>) -> Result<Vec<Contact>> {
        let found: Contacts =
            self.peer.post("/internal/users/batch").json(&ContactBatch { ids }).send().await?;
        Ok(found.items)
    }

    /// What a sender of mail must know of a user. Scope `user:contact`.
    ///
    /// # Errors
    /// 404 for an unknown user, and those of a call to a peer.
    pub async fn email_preferences(&self, user: UserId) -> Result<EmailPreferences> {
        self.peer.get(format!("/api/users/{user}/email-preferences")).send().await
    }

    /// An address of a user's book. Scope `user:address`.
    ///
    /// # Errors
    /// 404 for an unknown address or one of somebody else, and those of a call to a peer.
    pub async fn address(&self, user: UserId, address: AddressId) -> Result<UserAddress> {
        self.peer.get(format!("/api/users/{user}/addresses/{address}")).send().await
    }

    /// The one-time link that makes the first administrator. Scope `user:command`.
    ///
    /// # Errors
    /// 409 `admin-exists`, and those of a call to a peer.
    pub async fn first_admin_link(&self) -> Result<FirstAdminLink> {
        self.peer.post("/internal/users/first-admin-link").send().await
    }

    /// Makes an administrator. Scope `user:command`.
    ///
    /// # Errors
    /// 409 `email-taken`, 422 for a bad address or password, and those of a call to a peer.
    pub async fn create_admin(&self, admin: &CreateAdmin) -> Result<AdminCreated> {
        self.peer.post("/internal/users/admin").json(admin).send().await
    }
}
