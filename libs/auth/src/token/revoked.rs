//! Tokens that are refused before they expire.
//!
//! Entries live as long as a token can, and there is a bound on their number. A list that is full
//! of live entries is emptied, and every token issued until then counts as stale instead: clients
//! refresh once, and nobody who was thrown out comes back in.

use super::claims::at;
use super::{LEEWAY, MAX_TOKEN_LIFE};
use crate::caller::{SessionId, TokenId, User, UserId};
use base::{Error, Kind, Result, Timestamp};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// Entries per list; about 10 MiB in all.
const CAPACITY: usize = 50_000;
/// How long an entry matters: until the last token from before it has expired.
const KEEP: Duration = Duration::from_secs(MAX_TOKEN_LIFE.as_secs() + 2 * LEEWAY.as_secs());

pub(super) struct Revoked(RwLock<Lists>);

struct Lists {
    tokens: Expiring<TokenId, ()>,
    sessions: Expiring<SessionId, ()>,
    /// Tokens of the user issued before this second.
    users: Expiring<UserId, Timestamp>,
    /// Tokens of the user with a lower `pv`.
    permission_versions: Expiring<UserId, i64>,
    /// All tokens issued until this moment.
    stale_until: Timestamp,
}

impl Revoked {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(RwLock::new(Lists {
            tokens: Expiring::new(capacity),
            sessions: Expiring::new(capacity),
            users: Expiring::new(capacity),
            permission_versions: Expiring::new(capacity),
            stale_until: Timestamp::from_micros(i64::MIN),
        }))
    }

    pub(super) fn token(&self, id: TokenId, now: Timestamp) {
        let mut lists = self.write();
        let kept = lists.tokens.insert(id, (), now);
        lists.fall_back_unless(kept, now);
    }

    pub(super) fn session(&self, id: SessionId, now: Timestamp) {
        let mut lists = self.write();
        let kept = lists.sessions.insert(id, (), now);
        lists.fall_back_unless(kept, now);
    }

    pub(super) fn user(&self, id: UserId, issued_before: Timestamp, now: Timestamp) {
        let mut lists = self.write();
        // A token of the same second may be of afterwards.
        let kept = lists.users.insert(id, at(issued_before.seconds()), now);
        lists.fall_back_unless(kept, now);
    }

    pub(super) fn permission_version(&self, id: UserId, lowest: i64, now: Timestamp) {
        let mut lists = self.write();
        let kept = lists.permission_versions.insert(id, lowest, now);
        lists.fall_back_unless(kept, now);
    }

    /// 401 `unauthenticated` or `token-stale` if a list names the user's token.
    pub(super) fn check_user(&self, user: &User, version: i64, issued_at: Timestamp) -> Result<()> {
        let lists = self.read();
        let ended = lists.tokens.get(&user.token_id).is_some()
            || lists.sessions.get(&user.session_id).is_some()
            || lists.users.get(&user.id).is_some_and(|issued_before| issued_at < issued_before);
        if ended {
            return Err(refused("unauthenticated", "this session has ended; sign in again"));
        }
        if lists.permission_versions.get(&user.id).is_some_and(|lowest| version < lowest) {
            return Err(refused("token-stale", "your rights have changed; refresh the access token"));
        }
        lists.check_age(issued_at)
    }

    /// 401 if a list names the service's token.
    pub(super) fn check_service(&self, token: TokenId, issued_at: Timestamp) -> Result<()> {
        let lists = self.read();
        if lists.tokens.get(&token).is_some() {
            return Err(refused("unauthenticated", "this access token was withdrawn"));
        }
        lists.check_age(issued_at)
    }

    // A panic while the lock is held leaves the lists whole, so a poisoned lock is still good.
    fn read(&self) -> RwLockReadGuard<'_, Lists> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Lists> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lists {
    fn fall_back_unless(&mut self, kept: bool, now: Timestamp) {
        if !kept {
            tracing::warn!("a deny list is full: every access token issued until now must be refreshed");
            self.stale_until = self.stale_until.max(now);
        }
    }

    fn check_age(&self, issued_at: Timestamp) -> Result<()> {
        if issued_at > self.stale_until {
            return Ok(());
        }
        Err(refused("token-stale", "refresh the access token"))
    }
}

fn refused(code: &str, detail: &str) -> Error {
    Error::new(Kind::Unauthenticated, code, detail)
}

/// A bounded map whose entries are forgotten after [`KEEP`].
struct Expiring<K, V> {
    capacity: usize,
    entries: HashMap<K, Entry<V>>,
}

struct Entry<V> {
    value: V,
    until: Timestamp,
}

impl<K: Eq + Hash, V: Copy + Ord> Expiring<K, V> {
    fn new(capacity: usize) -> Self {
        Self { capacity, entries: HashMap::new() }
    }

    /// Keeps the greater value of old and new. Returns `false` if there was no room: then the
    /// whole list was forgotten.
    fn insert(&mut self, key: K, value: V, now: Timestamp) -> bool {
        let full = self.entries.len() >= self.capacity;
        if full {
            self.entries.retain(|_, entry| entry.until > now);
        }
        // Half of it must be free, or the next calls would walk through the list again and again.
        if full && self.entries.len() > self.capacity / 2 {
            self.entries = HashMap::new();
            return false;
        }
        let until = now + KEEP;
        let entry = self.entries.entry(key).or_insert(Entry { value, until });
        *entry = Entry { value: entry.value.max(value), until: entry.until.max(until) };
        true
    }

    fn get(&self, key: &K) -> Option<V> {
        self.entries.get(key).map(|entry| entry.value)
    }
}
