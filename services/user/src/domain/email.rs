//! Mail addresses: the typed form is kept, a normalised one is compared.

use base::check::is_email;
use unicode_normalization::UnicodeNormalization as _;

/// The form by which addresses are compared: NFKC and lower case, so that neither capitals nor
/// the keyboard's way of composing `é` make a second account.
pub(crate) fn key(typed: &str) -> String {
    // Some code points become a space and a mark, so the blanks go last.
    fold(typed).trim().to_owned()
}

/// `text` in NFKC and lower case, for case-insensitive comparison and search.
pub(crate) fn fold(text: &str) -> String {
    let lower = text.nfkc().collect::<String>().to_lowercase();
    // Lower case can compose anew, so the normal form is taken once more.
    lower.nfkc().collect()
}

/// Whether mail can be sent to the address, as typed and as compared.
pub(crate) fn is_valid(typed: &str) -> bool {
    is_email(typed) && is_email(&key(typed))
}

/// The part before the `@`, as it is compared.
pub(crate) fn local_part(typed: &str) -> String {
    let key = key(typed);
    key.rsplit_once('@').map_or_else(String::new, |(local, _)| local.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn capitals_and_composition_do_not_make_another_address() {
        assert_eq!(key(" Ada@Example.ORG "), "ada@example.org");
        assert_eq!(key("jose\u{301}@example.org"), key("JOSÉ@example.org"));
        assert_ne!(key("ada@example.org"), key("ada@example.com"));
    }

    #[test]
    fn an_address_must_be_one_in_both_forms() {
        assert!(is_valid("ünï@exämple.org"));
        assert!(!is_valid("a＠b@example.org"), "a fullwidth @ becomes a second one");
        assert!(!is_valid("a@b"));
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{0,40}") {
            prop_assert_eq!(key(&key(&text)), key(&text));
        }
    }
}
