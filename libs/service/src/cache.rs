//! A shared cache of bytes with a time to live. Emptying it at any moment loses nothing.

use bytes::Bytes;
use moka::Expiry;
use std::time::{Duration, Instant};

/// At most this many bytes are held; the least recently used go first.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The cache of this process.
#[derive(Clone)]
pub struct Cache(moka::sync::Cache<String, (Bytes, Duration)>);

struct PerEntry;

impl Expiry<String, (Bytes, Duration)> for PerEntry {
    fn expire_after_create(&self, _: &String, value: &(Bytes, Duration), _: Instant) -> Option<Duration> {
        Some(value.1)
    }
}

impl Default for Cache {
    fn default() -> Self {
        let weigh = |key: &String, value: &(Bytes, Duration)| (key.len() + value.0.len() + 64) as u32;
        Self(
            moka::sync::Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(weigh)
                .expire_after(PerEntry)
                .build(),
        )
    }
}

impl Cache {
    /// The value under `key`, unless it was never put there, has expired or was pushed out.
    #[expect(
        clippy::unused_async,
        reason = "a shared cache answers over the network behind the same function"
    )]
    pub async fn get(&self, key: &str) -> Option<Bytes> {
        self.0.get(key).map(|entry| entry.0)
    }

    /// Keeps `value` under `key` for `life`.
    #[expect(
        clippy::unused_async,
        reason = "a shared cache answers over the network behind the same function"
    )]
    pub async fn put(&self, key: &str, value: Bytes, life: Duration) {
        self.0.insert(key.to_owned(), (value, life));
    }

    /// Forgets `key`.
    #[expect(
        clippy::unused_async,
        reason = "a shared cache answers over the network behind the same function"
    )]
    pub async fn drop_key(&self, key: &str) {
        self.0.invalidate(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_put_is_found_until_it_is_dropped() {
        let cache = Cache::default();
        cache.put("a", Bytes::from_static(b"1"), Duration::from_secs(60)).await;
        assert_eq!(cache.get("a").await.as_deref(), Some(b"1".as_slice()));
        cache.drop_key("a").await;
        assert_eq!(cache.get("a").await, None);
    }
}
