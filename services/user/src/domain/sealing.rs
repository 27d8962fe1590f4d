//! Signing keys at rest: XChaCha20-Poly1305 under a key derived from the installation's secret.

use base::{Error, Keys, Result, Secret};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};

const PURPOSE: &str = "user/signing-key";
/// Bytes of the nonce that stands before the ciphertext.
pub(crate) const NONCE_BYTES: usize = 24;

/// `secret` encrypted; `name` is bound to it, so that two sealed values cannot be swapped.
pub(crate) fn seal(keys: &Keys, name: &str, nonce: [u8; NONCE_BYTES], secret: &Secret<Vec<u8>>) -> Vec<u8> {
    let payload = Payload { msg: secret.expose(), aad: name.as_bytes() };
    let sealed = cipher(keys).encrypt(&XNonce::from(nonce), payload).expect("a key document is short enough");
    [nonce.as_slice(), &sealed].concat()
}

/// The secret sealed under `name`.
///
/// # Errors
/// 500 if it was sealed with another secret or name, or changed.
pub(crate) fn open(keys: &Keys, name: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>> {
    let broken =
        || Error::internal("a stored signing key does not open: was the installation's secret replaced?");
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
    let payload = Payload { msg: ciphertext, aad: name.as_bytes() };
    let secret = cipher(keys).decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())?;
    Ok(Secret::new(secret))
}

fn cipher(keys: &Keys) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&keys.derive(PURPOSE).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_opens_only_unchanged_under_its_name_and_installation() {
        let keys = Keys::new([1; 32]);
        let sealed = seal(&keys, "k1", [7; NONCE_BYTES], &Secret::new(b"private".to_vec()));
        assert!(!sealed.windows(7).any(|window| window == b"private"));
        assert_eq!(open(&keys, "k1", &sealed).unwrap().expose(), b"private");
        assert!(open(&keys, "k2", &sealed).is_err());
        assert!(open(&Keys::new([2; 32]), "k1", &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(&keys, "k1", &changed).is_err(), "byte {index}");
        }
        assert!(open(&keys, "k1", b"short").is_err());
    }
}
