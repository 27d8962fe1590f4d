//! Refresh tokens: derived from a family's nonce and generation, so that the successor of a token
//! can be made again for whoever lost the answer, without any token being stored.
//!
//! `base64url(family ‖ generation ‖ HMAC-SHA-256)`. The first two parts only say where to look;
//! the 256 bits of the third are the secret, and need the installation's key *and* the nonce of
//! the store to be made.

use api::ids::SessionId;
use base::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

const PURPOSE: &str = "user/refresh-token";
const BYTES: usize = 16 + 8 + 32;

/// A refresh token as it was presented; whether it is genuine only the family's nonce can tell.
#[derive(Clone)]
pub(crate) struct RefreshToken {
    /// The family it claims to be of.
    pub(crate) family: SessionId,
    /// Its number in the family, from 1.
    pub(crate) generation: i64,
    mac: [u8; 32],
}

impl RefreshToken {
    /// The token of a family's generation.
    pub(crate) fn derive(keys: &Keys, family: SessionId, nonce: &[u8; 32], generation: i64) -> Self {
        let mut message = family.uuid().as_bytes().to_vec();
        message.extend_from_slice(nonce);
        message.extend_from_slice(&generation.to_be_bytes());
        Self { family, generation, mac: keys.mac(PURPOSE, &message) }
    }

    /// Reads a token; `None` for anything that cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (family, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, mac) = rest.split_first_chunk::<8>()?;
        let generation = i64::from_be_bytes(*generation);
        let family = SessionId::from_uuid(Uuid::from_bytes(*family));
        (generation > 0).then_some(Self { family, generation, mac: mac.try_into().ok()? })
    }

    /// Whether it was issued by this installation for the family with this nonce.
    pub(crate) fn is_genuine(&self, keys: &Keys, nonce: &[u8; 32]) -> bool {
        let expected = Self::derive(keys, self.family, nonce, self.generation);
        expected.mac.ct_eq(&self.mac).into()
    }

    /// The text given to the client.
    pub(crate) fn text(&self) -> String {
        let family = self.family.uuid();
        let parts = [family.as_bytes().as_slice(), &self.generation.to_be_bytes(), &self.mac];
        URL_SAFE_NO_PAD.encode(parts.concat())
    }

    /// SHA-256 of the token, the only thing that is stored of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        base::keys::sha256(self.text().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_genuine_only_for_its_family_nonce_and_installation() {
        let keys = Keys::new([1; 32]);
        let token = RefreshToken::derive(&keys, SessionId::new(), &[9; 32], 3);
        let read = RefreshToken::parse(&token.text()).unwrap();
        assert_eq!((read.family, read.generation), (token.family, 3));
        assert!(read.is_genuine(&keys, &[9; 32]));
        assert!(!read.is_genuine(&keys, &[8; 32]));
        assert!(!read.is_genuine(&Keys::new([2; 32]), &[9; 32]));
        let other = RefreshToken { generation: 4, ..read };
        assert!(!other.is_genuine(&keys, &[9; 32]));
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        let long = "A".repeat(100_000);
        for text in ["", "x", "☃", "====", &long, &"A".repeat(75), &"A".repeat(74)] {
            assert!(RefreshToken::parse(text).is_none(), "{text:.20}");
        }
    }
}
