//! One-time links (contracts §3.3): a stored claim id and a secret derived from it.
//!
//! `base64url(claim ‖ HMAC-SHA-256(claim, purpose))`: the same link every time it is asked for,
//! and nothing in the store that could be used in its place.

use api::ids::{ClaimId, UserId};
use api::user::ClaimPurpose;
use base::{Keys, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

const PURPOSE: &str = "user/secret-claim";
const BYTES: usize = 16 + 32;

/// A stored claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Its id, which events carry.
    pub(crate) id: ClaimId,
    /// What its secret is good for.
    pub(crate) purpose: ClaimPurpose,
    /// Whose account it is about; none for the first administrator.
    pub(crate) user_id: Option<UserId>,
    /// The address the link is sent to, which using it proves.
    pub(crate) email: Option<String>,
    /// When it stops working.
    pub(crate) expires_at: Timestamp,
    /// When it was used or withdrawn.
    pub(crate) used_at: Option<Timestamp>,
}

impl Claim {
    /// Whether its secret still works.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }

    /// The link that carries its secret; `base` has no slash at the end.
    pub(crate) fn url(&self, keys: &Keys, base: &str) -> String {
        let token = ClaimToken::derive(keys, self.id, self.purpose).text();
        format!("{base}{}?token={token}", page(self.purpose))
    }
}

/// The page of the web client that a link leads to.
fn page(purpose: ClaimPurpose) -> &'static str {
    match purpose {
        ClaimPurpose::EmailVerification => "/account/verify-email",
        ClaimPurpose::PasswordReset => "/account/reset-password",
        ClaimPurpose::SetPassword => "/account/set-password",
        ClaimPurpose::Reactivation => "/account/reactivate",
        ClaimPurpose::FirstAdmin => "/setup",
    }
}

/// The secret of a link as it was presented.
#[derive(Clone)]
pub(crate) struct ClaimToken {
    /// The claim it says it belongs to.
    pub(crate) claim: ClaimId,
    mac: [u8; 32],
}

impl ClaimToken {
    fn derive(keys: &Keys, claim: ClaimId, purpose: ClaimPurpose) -> Self {
        let message = [claim.uuid().as_bytes().as_slice(), page(purpose).as_bytes()].concat();
        Self { claim, mac: keys.mac(PURPOSE, &message) }
    }

    /// The secret of `text`, if it was made by this installation for one of `purposes`; `None`
    /// for anything else, without asking the store.
    pub(crate) fn open(keys: &Keys, text: &str, purposes: &[ClaimPurpose]) -> Option<Self> {
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (claim, mac) = bytes.split_first_chunk::<16>()?;
        let claim = ClaimId::from_uuid(Uuid::from_bytes(*claim));
        let genuine = |purpose: &ClaimPurpose| bool::from(Self::derive(keys, claim, *purpose).mac.ct_eq(mac));
        purposes.iter().any(genuine).then_some(Self { claim, mac: mac.try_into().ok()? })
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.claim.uuid().as_bytes().as_slice(), &self.mac].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_for_its_purpose_and_installation() {
        let keys = Keys::new([1; 32]);
        let id = ClaimId::new();
        let text = ClaimToken::derive(&keys, id, ClaimPurpose::PasswordReset).text();
        assert_eq!(ClaimToken::open(&keys, &text, &[ClaimPurpose::PasswordReset]).unwrap().claim, id);
        assert!(ClaimToken::open(&keys, &text, &[ClaimPurpose::EmailVerification]).is_none());
        assert!(ClaimToken::open(&Keys::new([2; 32]), &text, &[ClaimPurpose::PasswordReset]).is_none());
        assert!(ClaimToken::open(&keys, "", &[ClaimPurpose::PasswordReset]).is_none());
        assert!(ClaimToken::open(&keys, &"A".repeat(64), &[ClaimPurpose::PasswordReset]).is_none());
    }

    #[test]
    fn the_link_is_the_same_every_time() {
        let keys = Keys::new([1; 32]);
        let claim = Claim {
            id: ClaimId::new(),
            purpose: ClaimPurpose::PasswordReset,
            user_id: None,
            email: None,
            expires_at: Timestamp::EPOCH,
            used_at: None,
        };
        let url = claim.url(&keys, "https://shop.example");
        assert!(url.starts_with("https://shop.example/account/reset-password?token="), "{url}");
        assert_eq!(url, claim.url(&keys, "https://shop.example"));
    }
}
