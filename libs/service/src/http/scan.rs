//! One pass over a JSON text before it is given a type: no key twice in an object, no NUL or
//! other control characters in texts, no absurd depth. What passes means the same to every parser.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Objects and arrays inside one another.
const MAX_DEPTH: usize = 64;

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) pointer: String,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

/// Scans `bytes`; `Ok(Some(..))` names the first thing wrong, `Err` says it is no JSON.
pub(super) fn scan(bytes: &[u8]) -> Result<Option<Finding>, serde_json::Error> {
    let mut state = State { path: String::new(), depth: 0, finding: None };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let result = Value(&mut state).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (state.finding, result) {
        (Some(finding), _) => Ok(Some(finding)),
        (None, result) => result.map(|()| None),
    }
}

struct State {
    path: String,
    depth: usize,
    finding: Option<Finding>,
}

impl State {
    fn fail<E: serde::de::Error>(&mut self, code: &'static str, message: &'static str) -> E {
        self.finding = Some(Finding { pointer: self.path.clone(), code, message });
        E::custom(message)
    }

    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(self.fail("control-character", "must not contain control characters"));
        }
        Ok(())
    }
}

/// Escapes a key for a JSON pointer (RFC 6901).
pub(super) fn escape(key: &str) -> String {
    key.chars().take(64).collect::<String>().replace('~', "~0").replace('/', "~1")
}

struct Value<'a>(&'a mut State);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let state = self.0;
        enter(state)?;
        let length = state.path.len();
        for index in 0.. {
            state.path.truncate(length);
            state.path.push('/');
            state.path.push_str(&index.to_string());
            if seq.next_element_seed(Value(state))?.is_none() {
                break;
            }
        }
        state.path.truncate(length);
        state.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let state = self.0;
        enter(state)?;
        let length = state.path.len();
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            state.path.truncate(length);
            state.path.push('/');
            state.path.push_str(&escape(&key));
            state.text::<A::Error>(&key)?;
            if !seen.insert(key) {
                return Err(state.fail("duplicate-key", "is given twice"));
            }
            map.next_value_seed(Value(state))?;
        }
        state.path.truncate(length);
        state.depth -= 1;
        Ok(())
    }
}

fn enter<E: serde::de::Error>(state: &mut State) -> Result<(), E> {
    state.depth += 1;
    if state.depth > MAX_DEPTH {
        state.path.truncate(64);
        return Err(state.fail("too-deep", "has too many levels inside one another"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, &'static str)> {
        scan(text.as_bytes()).unwrap().map(|finding| (finding.pointer, finding.code))
    }

    #[test]
    fn good_json_passes() {
        assert_eq!(found(r#"{"a":[1,2.5,null,true,"x\ny"],"b":{}}"#), None);
    }

    #[test]
    fn a_key_given_twice_is_named() {
        assert_eq!(
            found(r#"{"lines":[{"quantity":1,"quantity":2}]}"#),
            Some(("/lines/0/quantity".into(), "duplicate-key"))
        );
        assert_eq!(found(r#"{"a":1,"\u0061":2}"#), Some(("/a".into(), "duplicate-key")));
    }

    #[test]
    fn control_characters_are_named() {
        assert_eq!(found(r#"{"name":"a\u0000b"}"#), Some(("/name".into(), "control-character")));
        assert_eq!(found(r#"{"a/b":["\u001b"]}"#), Some(("/a~1b/0".into(), "control-character")));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        assert_eq!(found(&deep).map(|found| found.1), Some("too-deep"));
        let absurd = "[".repeat(200_000);
        assert!(scan(absurd.as_bytes()).is_ok_and(|finding| finding.is_some()));
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{", "{} {}", "{'a':1}", "[1,]", "NaN", "\u{feff}{}", "1e999", "\"\\ud800\""] {
            assert!(scan(text.as_bytes()).is_err(), "{text}");
        }
        assert!(scan(b"\"\xff\"").is_err());
    }
}
