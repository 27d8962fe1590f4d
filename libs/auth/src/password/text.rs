//! A password as bytes to hash.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The longest password, in code points.
pub const MAX_CODE_POINTS: usize = 128;
/// The longest password, in bytes of UTF-8.
pub const MAX_BYTES: usize = 512;

/// A password that is wiped from memory when it is no longer needed.
pub(super) type Text = Zeroizing<Vec<u8>>;

/// The password in normal form NFKC, so that it does not depend on the keyboard whether `é` is
/// one code point or two. Nothing if it is too long, before or after: some code points grow
/// eighteenfold.
pub(super) fn normalised(password: &str) -> Option<Text> {
    if password.len() > MAX_BYTES || password.chars().count() > MAX_CODE_POINTS {
        return None;
    }
    let text = Zeroizing::new(password.nfkc().collect::<String>());
    let fits = text.len() <= MAX_BYTES && text.chars().count() <= MAX_CODE_POINTS;
    fits.then(|| Zeroizing::new(text.as_bytes().to_vec()))
}

/// What a stored hash may have been made of: the normal form and, if it differs, the password as
/// typed, since other systems whose hashes were imported did not normalise.
pub(super) fn candidates(password: &str) -> Option<Vec<Text>> {
    let normal = normalised(password)?;
    let typed = Zeroizing::new(password.as_bytes().to_vec());
    Some(if *typed == *normal { vec![normal] } else { vec![normal, typed] })
}
