//! The installation's secret, one derived key per purpose, and signed tokens made with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A value that is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; call it only where it is used.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Secret)
    }
}

/// Keys derived from the installation's secret (HKDF-SHA-256), one per purpose.
#[derive(Clone)]
pub struct Keys(Arc<[u8; 32]>);

impl Keys {
    /// Keys of the installation with this secret.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Arc::new(secret))
    }

    /// A new random secret for an installation.
    pub fn generate_secret() -> [u8; 32] {
        random_bytes()
    }

    /// The 32-byte key for `purpose`.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0_u8; 32];
        let hkdf = Hkdf::<Sha256>::new(None, self.0.as_ref());
        hkdf.expand(purpose.as_bytes(), &mut key).expect("32 bytes is a valid HKDF length");
        key
    }

    /// HMAC-SHA-256 of `message` under the key of `purpose`.
    pub fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let key = self.derive(purpose);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// `message` and its signature as one URL-safe text.
    pub fn seal(&self, purpose: &str, message: &[u8]) -> String {
        let mut bytes = self.mac(purpose, message)[..16].to_vec();
        bytes.extend_from_slice(message);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The message of a text made by [`Keys::seal`] for the same purpose; `None` for any other.
    pub fn open(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signature, message) = bytes.split_at_checked(16)?;
        let expected = self.mac(purpose, message);
        bool::from(expected[..16].ct_eq(signature)).then(|| message.to_vec())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([secret])")
    }
}

/// Random bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    rand::random::<[u8; N]>()
}

/// A random token of 256 bits as URL-safe text, for refresh tokens and one-time links.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// SHA-256, the form in which tokens of 256 bits are stored.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_only_for_its_purpose_and_unchanged() {
        let keys = Keys::new([7; 32]);
        let text = keys.seal("cart", b"hello");
        assert_eq!(keys.open("cart", &text).as_deref(), Some(b"hello".as_slice()));
        assert_eq!(keys.open("order", &text), None);
        assert_eq!(Keys::new([8; 32]).open("cart", &text), None);
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(keys.open("cart", &changed).is_none() || changed == text, "position {index}");
        }
        assert_eq!(keys.open("cart", ""), None);
        assert_eq!(keys.open("cart", "not base64 ☃"), None);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
