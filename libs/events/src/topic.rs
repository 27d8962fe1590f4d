//! Routing keys, and the patterns queues are bound with: `*` is one word, `#` any number of words.

use base::{Error, Result};
use std::fmt;

/// Whether `key` is a routing key of the platform: `<domain>.<aggregate>.<action>.v<major>`,
/// four words of `[a-z0-9-]+` (contracts §2.1).
pub fn is_routing_key(key: &str) -> bool {
    let words: Vec<&str> = key.split('.').collect();
    let version = words.last().and_then(|word| word.strip_prefix('v'));
    let major = version.is_some_and(|digits| {
        !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    words.len() == 4 && key.len() <= 255 && words.iter().all(|word| is_word(word)) && major
}

pub(crate) fn is_word(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A binding key of a topic exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern `text`.
    ///
    /// # Errors
    /// 422 `validation` unless it is words of `[a-z0-9-]+`, `*` or `#` with dots between them.
    pub fn new(text: &str) -> Result<Self> {
        let good = |word: &str| matches!(word, "*" | "#") || is_word(word);
        if text.len() <= 255 && text.split('.').all(good) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::field(
            "/binding",
            "pattern",
            format!("{text:?} is not a binding key such as order.order.*.v1"),
        ))
    }

    /// Whether a message with this routing key reaches the queue.
    pub fn matches(&self, key: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('.').collect();
        let key: Vec<&str> = if key.is_empty() { Vec::new() } else { key.split('.').collect() };
        matches(&pattern, &key)
    }

    /// The text of the pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Wildcard matching with one point to fall back to: the last `#` swallows one word more each
/// time the rest does not fit. At most words × words steps, whatever the pattern.
fn matches(pattern: &[&str], key: &[&str]) -> bool {
    let (mut p, mut k) = (0, 0);
    let mut fallback: Option<(usize, usize)> = None;
    while k < key.len() {
        match pattern.get(p) {
            Some(&"#") => {
                fallback = Some((p, k));
                p += 1;
            }
            Some(&word) if word == "*" || word == key[k] => {
                p += 1;
                k += 1;
            }
            _ => {
                let Some((hash, swallowed)) = fallback else { return false };
                fallback = Some((hash, swallowed + 1));
                p = hash + 1;
                k = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|word| *word == "#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word by word; exponential, but obviously right.
    fn reference(pattern: &[&str], key: &[&str]) -> bool {
        match (pattern.first(), key.first()) {
            (None, None) => true,
            (Some(&"#"), _) => {
                reference(&pattern[1..], key) || (!key.is_empty() && reference(pattern, &key[1..]))
            }
            (None, Some(_)) | (Some(_), None) => false,
            (Some(p), Some(k)) => (*p == "*" || p == k) && reference(&pattern[1..], &key[1..]),
        }
    }

    #[test]
    fn star_is_one_word_and_hash_is_any_number() {
        let matches = |pattern: &str, key: &str| Pattern::new(pattern).unwrap().matches(key);
        assert!(matches("order.order.*.v1", "order.order.placed.v1"));
        assert!(!matches("order.order.*.v1", "order.order.placed.v2"));
        assert!(!matches("order.*", "order.order.placed.v1"));
        assert!(matches("#", "order.order.placed.v1"));
        assert!(matches("#", ""));
        assert!(matches("platform.#", "platform"));
        assert!(matches("#.v1", "order.order.placed.v1"));
        assert!(!matches("*", ""));
    }

    #[test]
    fn keys_have_four_words_and_a_major_version() {
        for good in ["order.order.placed.v1", "user.auth.password-reset-requested.v12"] {
            assert!(is_routing_key(good), "{good}");
        }
        for bad in [
            "",
            "order.order.placed",
            "order.order.placed.1",
            "order.order.placed.v0",
            "order.order.placed.v",
            "order.order.placed.v1.x",
            "Order.order.placed.v1",
            "order..placed.v1",
            "order.order.pla ced.v1",
            "order.order.*.v1",
            "order.order.plätze.v1",
        ] {
            assert!(!is_routing_key(bad), "{bad}");
        }
        for bad in ["", "order..v1", "order.ord*.v1", "ORDER.#"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_hostile_pattern_is_matched_quickly() {
        let pattern = Pattern::new(&["#.a"; 60].join(".")).unwrap();
        let key = vec!["a"; 5000].join(".");
        assert!(pattern.matches(&key));
        assert!(!pattern.matches(&format!("{key}.b")));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(
            pattern in proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("*"), Just("#")], 1..7),
            key in proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("c")], 0..9),
        ) {
            let compiled = Pattern::new(&pattern.join(".")).unwrap();
            prop_assert_eq!(compiled.matches(&key.join(".")), reference(&pattern, &key));
        }
    }
}
