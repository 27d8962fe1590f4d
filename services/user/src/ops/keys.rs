//! Signing keys: stored sealed, rotated by the rules of `auth::KeyRing`, published as JWKS.

use super::Result;
use crate::AppState;
use crate::domain::sealing;
use crate::store::{self, signing_key::StoredKey};
use auth::token::{Due, KeyRing, RotationRules};
use auth::{JwkSet, SigningKey};
use base::keys::random_bytes;
use base::{Error, Keys, Timestamp};
use db::{Conn, Db};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often an instance looks whether another one has rotated the keys. A key is published a day
/// before it signs and kept two hours after, so minutes do not matter.
const LOOK_EVERY: Duration = Duration::from_mins(5);

/// When this instance last looked.
pub(crate) struct Checked(AtomicI64);

impl Checked {
    /// It looked at `now`.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.micros()))
    }

    /// Whether it is time to look again; of several that ask at once one is told so.
    fn is_due(&self, now: Timestamp) -> bool {
        let last = self.0.load(Ordering::Acquire);
        let due = now.since(Timestamp::from_micros(last)) >= LOOK_EVERY;
        due && self.0.compare_exchange(last, now.micros(), Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Does what is due with the keys of the store and answers the one that signs.
///
/// # Errors
/// If the store fails, or a key was sealed by another installation.
pub(crate) async fn rotate_store(db: &Db, keys: &Keys) -> base::Result<SigningKey> {
    loop {
        let mut tx = db.begin().await?;
        let now = tx.now();
        let stored = store::signing_key::all(&mut tx).await?;
        let ring = ring_of(&stored);
        match ring.due(now) {
            Due::Publish => {
                let key = SigningKey::generate();
                let sealed = sealing::seal(keys, key.kid(), random_bytes(), &key.to_pkcs8());
                store::signing_key::insert(&mut tx, key.kid(), sealed, now).await?;
            }
            Due::Activate(kid) => store::signing_key::activate(&mut tx, &kid, now).await?,
            Due::Remove(kid) => store::signing_key::remove(&mut tx, &kid).await?,
            Due::NothingUntil(_) => return current(keys, &ring, &stored),
        }
        tx.commit().await?;
    }
}

fn ring_of(stored: &[StoredKey]) -> KeyRing {
    let records = stored.iter().map(|key| key.record.clone()).collect();
    KeyRing::new(RotationRules::default(), records)
}

fn current(keys: &Keys, ring: &KeyRing, stored: &[StoredKey]) -> base::Result<SigningKey> {
    let kid = ring.current().map(|record| record.kid.as_str());
    let found = stored.iter().find(|key| Some(key.record.kid.as_str()) == kid);
    let found = found.ok_or_else(|| Error::internal("the store holds no signing key"))?;
    open(keys, found)
}

fn open(keys: &Keys, stored: &StoredKey) -> base::Result<SigningKey> {
    let der = sealing::open(keys, &stored.record.kid, &stored.sealed)?;
    SigningKey::from_pkcs8(der.expose())
}

/// Does what is due, and signs with the right key from now on.
pub(crate) async fn rotate(app: &AppState) -> Result<()> {
    let key = rotate_store(&app.db, &app.keys).await?;
    install(app, key);
    Ok(())
}

fn install(app: &AppState, key: SigningKey) {
    if app.signer.kid() != key.kid() {
        app.signer.set_key(key);
    }
}

/// Before signing: follows another instance that has rotated the keys.
pub(crate) async fn keep_signer_fresh(app: &AppState) -> Result<()> {
    if app.signer_checked.is_due(app.clock.now()) {
        let stored = load(&mut app.db.conn().await?).await?;
        install(app, current(&app.keys, &ring_of(&stored), &stored)?);
    }
    Ok(())
}

async fn load(c: &mut Conn) -> Result<Vec<StoredKey>> {
    Ok(store::signing_key::all(c).await?)
}

/// The public keys: the next one, the one that signs, and those whose tokens may still be around.
pub(crate) async fn jwks(app: &AppState) -> Result<JwkSet> {
    let stored = load(&mut app.db.conn().await?).await?;
    let mut public = Vec::new();
    for key in &stored {
        public.push(open(&app.keys, key)?.jwk().clone());
    }
    Ok(public.into_iter().collect())
}
