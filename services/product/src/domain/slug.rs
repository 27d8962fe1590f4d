//! Names in addresses, and the folded form in which names are compared and sorted.

use unicode_normalization::UnicodeNormalization as _;

/// The most characters a slug may have.
pub(crate) const MAX_SLUG: usize = 255;

/// `text` in lower case without accents, so that `Crème` and `creme` are the same word.
pub(crate) fn fold(text: &str) -> String {
    let is_accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_accent(c)).nfc().collect()
}

/// A slug made from a name: folded, letters that look like Latin ones spelled out (`ß` → `ss`),
/// and everything that is no letter or digit a single hyphen. Empty if nothing is left.
pub(crate) fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in fold(name).chars().take(MAX_SLUG - 20) {
        match c {
            'ß' => slug.push_str("ss"),
            'æ' => slug.push_str("ae"),
            'œ' => slug.push_str("oe"),
            'ø' => slug.push('o'),
            'đ' | 'ð' => slug.push('d'),
            'ł' => slug.push('l'),
            'ı' => slug.push('i'),
            'þ' => slug.push_str("th"),
            '\'' | '’' => {}
            _ if is_letter(c) => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    slug.chars().take(MAX_SLUG - 20).collect::<String>().trim_end_matches('-').to_owned()
}

/// Whether `slug` can stand in an address: lower-case letters, digits, hyphens and underscores.
pub(crate) fn is_slug(slug: &str) -> bool {
    slug.chars().count() <= MAX_SLUG
        && slug.chars().any(is_letter)
        && slug.chars().all(|c| is_letter(c) || matches!(c, '-' | '_'))
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !c.is_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_addresses() {
        let cases = [
            ("Wanderer Black Hiking Boots", "wanderer-black-hiking-boots"),
            ("  Crème brûlée -- 2 × Größe  ", "creme-brulee-2-grosse"),
            ("Øre & Æble", "ore-aeble"),
            ("Daybird's", "daybirds"),
            ("靴 2", "靴-2"),
            ("%&/", ""),
            ("", ""),
        ];
        for (name, slug) in cases {
            assert_eq!(slug_of(name), slug, "{name}");
        }
    }

    #[test]
    fn a_slug_is_never_taken_for_something_else() {
        for good in ["a", "a-b", "0-1_2", "靴", "a--b"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-", "A", "a b", "a/b", "a\n", "..", "a.b", "a?b", "a%2f"] {
            assert!(!is_slug(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_gives_a_slug_or_nothing(name in "\\PC{0,300}") {
            let slug = slug_of(&name);
            prop_assert!(slug.is_empty() || is_slug(&slug), "{slug:?}");
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,50}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
