//! When signing keys are made, used, retired and removed: rules without side effects.
//!
//! user-service stores the records, asks [`KeyRing::due`] from time to time and does what it says.

use base::Timestamp;
use std::time::Duration;

/// The times of rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationRules {
    /// How long a key signs.
    pub use_for: Duration,
    /// How long a key is published before it signs, so that every verifier has it by then.
    pub publish_ahead: Duration,
    /// How long a key is published after it signed, so that its last tokens can be verified.
    pub keep_after: Duration,
}

impl Default for RotationRules {
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Self { use_for: hours(30 * 24), publish_ahead: hours(24), keep_after: hours(2) }
    }
}

/// The life of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub kid: String,
    /// Since when it is in the key set.
    pub published_at: Timestamp,
    /// Since when it signs, or signed.
    pub activated_at: Option<Timestamp>,
    /// Since when it does not sign any more.
    pub retired_at: Option<Timestamp>,
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not yet signing.
    Next,
    /// Signing.
    Current,
    /// Published, no longer signing.
    Retired,
}

impl KeyRecord {
    /// Where it is in its life.
    pub fn state(&self) -> KeyState {
        match (self.activated_at, self.retired_at) {
            (_, Some(_)) => KeyState::Retired,
            (Some(_), None) => KeyState::Current,
            (None, None) => KeyState::Next,
        }
    }
}

/// What is to be done with the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Make a key and publish it ([`KeyRing::publish`]).
    Publish,
    /// Let this key sign and retire the one before ([`KeyRing::activate`]).
    Activate(String),
    /// Take this key out of the set and delete it ([`KeyRing::remove`]).
    Remove(String),
    /// Nothing before this moment.
    NothingUntil(Timestamp),
}

/// All keys of the installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing {
    rules: RotationRules,
    keys: Vec<KeyRecord>,
}

impl KeyRing {
    /// A ring of these keys.
    pub fn new(rules: RotationRules, keys: Vec<KeyRecord>) -> Self {
        Self { rules, keys }
    }

    /// The keys; all of them belong into the key set.
    pub fn keys(&self) -> &[KeyRecord] {
        &self.keys
    }

    /// The key that signs: of several, which two instances may have made at once, the latest.
    pub fn current(&self) -> Option<&KeyRecord> {
        self.in_state(KeyState::Current).max_by_key(|key| key.activated_at)
    }

    /// The key that signs next: the one published longest.
    pub fn next(&self) -> Option<&KeyRecord> {
        self.in_state(KeyState::Next).min_by_key(|key| key.published_at)
    }

    /// What is to be done at `now`, one step at a time; ask again after each.
    ///
    /// Without a signing key nobody can sign in, so then the next key signs without waiting.
    pub fn due(&self, now: Timestamp) -> Due {
        if let Some(key) = self.in_state(KeyState::Retired).find(|key| self.removal(key) <= now) {
            return Due::Remove(key.kid.clone());
        }
        match (self.current(), self.next()) {
            (_, None) if self.publication() <= now => Due::Publish,
            (None, Some(next)) => Due::Activate(next.kid.clone()),
            (Some(_), Some(next)) if self.activation(next) <= now => Due::Activate(next.kid.clone()),
            (_, next) => {
                let step = next.map_or_else(|| self.publication(), |next| self.activation(next));
                let removals = self.in_state(KeyState::Retired).map(|key| self.removal(key));
                Due::NothingUntil(removals.fold(step, Timestamp::min))
            }
        }
    }

    /// Adds a key that is in the set since `now`.
    pub fn publish(&mut self, kid: impl Into<String>, now: Timestamp) {
        let kid = kid.into();
        self.keys.push(KeyRecord { kid, published_at: now, activated_at: None, retired_at: None });
    }

    /// Lets the next key with this id sign and retires those that did; does nothing for others,
    /// so that a step repeated by mistake leaves no installation without a key.
    pub fn activate(&mut self, kid: &str, now: Timestamp) {
        let next = |key: &KeyRecord| key.kid == kid && key.state() == KeyState::Next;
        if !self.keys.iter().any(next) {
            return;
        }
        for key in &mut self.keys {
            if next(key) {
                key.activated_at = Some(now);
            } else if key.state() == KeyState::Current {
                key.retired_at = Some(now);
            }
        }
    }

    /// Forgets the key; also the way to withdraw one that leaked.
    pub fn remove(&mut self, kid: &str) {
        self.keys.retain(|key| key.kid != kid);
    }

    fn in_state(&self, state: KeyState) -> impl Iterator<Item = &KeyRecord> {
        self.keys.iter().filter(move |key| key.state() == state)
    }

    /// When a next key must be published.
    fn publication(&self) -> Timestamp {
        let ends = self.current().and_then(|key| key.activated_at).map(|since| since + self.rules.use_for);
        ends.map_or(Timestamp::EPOCH, |ends| ends - self.rules.publish_ahead)
    }

    /// When the next key takes over from the current one.
    fn activation(&self, next: &KeyRecord) -> Timestamp {
        let ends = self.current().and_then(|key| key.activated_at).map(|since| since + self.rules.use_for);
        (next.published_at + self.rules.publish_ahead).max(ends.unwrap_or(Timestamp::EPOCH))
    }

    fn removal(&self, key: &KeyRecord) -> Timestamp {
        key.retired_at.unwrap_or(key.published_at) + self.rules.keep_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// Does what is due at `now` until nothing is; returns the ids of removed keys.
    fn settle(ring: &mut KeyRing, now: Timestamp, made: &mut u32) -> Vec<String> {
        let mut removed = Vec::new();
        loop {
            match ring.due(now) {
                Due::Publish => {
                    *made += 1;
                    ring.publish(format!("key-{made}"), now);
                }
                Due::Activate(kid) => ring.activate(&kid, now),
                Due::Remove(kid) => {
                    ring.remove(&kid);
                    removed.push(kid);
                }
                Due::NothingUntil(next) => {
                    assert!(next > now, "the next step is in the future");
                    return removed;
                }
            }
        }
    }

    #[test]
    fn a_new_installation_signs_at_once() {
        let mut ring = KeyRing::default();
        settle(&mut ring, Timestamp::EPOCH, &mut 0);
        assert_eq!(ring.current().unwrap().kid, "key-1");
        assert_eq!(ring.next(), None);
        assert_eq!(ring.due(Timestamp::EPOCH), Due::NothingUntil(Timestamp::EPOCH + 29 * DAY));
    }

    #[test]
    fn through_a_year_of_hours_there_is_always_one_signing_key_that_verifiers_had_a_day_ahead() {
        let (mut ring, mut made) = (KeyRing::default(), 0);
        let mut signing = String::new();
        for hour in 0..365 * 24 {
            let now = Timestamp::EPOCH + hour * HOUR;
            let before = ring.clone();
            for kid in settle(&mut ring, now, &mut made) {
                let key = before.keys().iter().find(|key| key.kid == kid).unwrap();
                assert!(now.since(key.retired_at.unwrap()) >= 2 * HOUR, "{kid} may have live tokens");
            }
            assert_eq!(ring.in_state(KeyState::Current).count(), 1);
            let current = ring.current().unwrap();
            assert!(now.since(current.activated_at.unwrap()) < 30 * DAY);
            if current.kid != signing && hour > 0 {
                assert!(now.since(current.published_at) >= DAY, "{} is new to verifiers", current.kid);
            }
            signing.clone_from(&current.kid);
            assert!(ring.keys().len() <= 2 + usize::from(ring.in_state(KeyState::Retired).count() > 0));
        }
        assert_eq!(made, 13, "one every 30 days, the next one published");
    }

    #[test]
    fn an_installation_that_slept_for_months_publishes_before_it_rotates() {
        let (mut ring, mut made) = (KeyRing::default(), 0);
        settle(&mut ring, Timestamp::EPOCH, &mut made);
        let woken = Timestamp::EPOCH + 100 * DAY;
        settle(&mut ring, woken, &mut made);
        assert_eq!(ring.current().unwrap().kid, "key-1");
        assert_eq!(ring.next().unwrap().kid, "key-2");
        settle(&mut ring, woken + 23 * HOUR, &mut made);
        assert_eq!(ring.current().unwrap().kid, "key-1");
        settle(&mut ring, woken + DAY, &mut made);
        assert_eq!(ring.current().unwrap().kid, "key-2");
        assert_eq!(ring.keys()[0].state(), KeyState::Retired);
    }

    #[test]
    fn a_key_that_leaked_is_replaced_at_once() {
        let (mut ring, mut made) = (KeyRing::default(), 0);
        settle(&mut ring, Timestamp::EPOCH, &mut made);
        let now = Timestamp::EPOCH + DAY;
        ring.remove("key-1");
        settle(&mut ring, now, &mut made);
        assert_eq!(ring.current().unwrap().kid, "key-2");
        assert_eq!(ring.keys().len(), 1);
    }

    #[test]
    fn a_step_done_twice_or_for_a_strange_key_leaves_the_signing_key_alone() {
        let (mut ring, mut made) = (KeyRing::default(), 0);
        settle(&mut ring, Timestamp::EPOCH, &mut made);
        let before = ring.clone();
        ring.activate("key-1", Timestamp::EPOCH + HOUR);
        ring.activate("stranger", Timestamp::EPOCH + HOUR);
        ring.remove("stranger");
        assert_eq!(ring, before);
    }

    #[test]
    fn a_second_next_key_made_by_another_instance_waits_its_turn() {
        let (mut ring, mut made) = (KeyRing::default(), 0);
        settle(&mut ring, Timestamp::EPOCH, &mut made);
        let published = Timestamp::EPOCH + 29 * DAY;
        ring.publish("ours", published);
        ring.publish("theirs", published + HOUR);
        settle(&mut ring, Timestamp::EPOCH + 30 * DAY, &mut made);
        assert_eq!(ring.current().unwrap().kid, "ours");
        assert_eq!(ring.next().unwrap().kid, "theirs");
        settle(&mut ring, Timestamp::EPOCH + 60 * DAY, &mut made);
        assert_eq!(ring.current().unwrap().kid, "theirs");
        assert_eq!(made, 1);
    }

    #[test]
    fn two_signing_keys_of_a_race_become_one_at_the_next_rotation() {
        let at = |hours: u32| Timestamp::EPOCH + hours * HOUR;
        let key = |kid: &str, hours| KeyRecord {
            kid: kid.into(),
            published_at: at(hours),
            activated_at: Some(at(hours)),
            retired_at: None,
        };
        let mut ring = KeyRing::new(RotationRules::default(), vec![key("a", 0), key("b", 1)]);
        assert_eq!(ring.current().unwrap().kid, "b");
        ring.publish("c", at(10));
        ring.activate("c", at(40));
        assert_eq!(ring.in_state(KeyState::Retired).count(), 2);
        assert_eq!(ring.due(at(42)), Due::Remove("a".into()));
    }
}
