//! The catalogue in memory and its upkeep: filled at start, brought up to date after every commit,
//! and from time to time for what other processes changed.

use crate::config::ProductConfig;
use crate::domain::catalog::Catalog;
use crate::domain::product::Product;
use crate::domain::search::{Index, Texts};
use crate::error::ProductError;
use crate::store;
use crate::store::products::Touched;
use crate::{App, AppState};
use api::ids::ProductId;
use arc_swap::ArcSwap;
use base::{Currency, Error, Timestamp};
use bytes::Bytes;
use db::{Db, DbError, Engine};
use std::collections::BTreeSet;
use std::sync::{self, Arc, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// Products read at once.
const CHUNK: usize = 512;
/// How often missed changes are looked for when no wake-up comes.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The least time between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// How far the clocks of processes and the length of their transactions may be apart.
const OVERLAP: Duration = Duration::from_secs(30);

/// An answer to a list, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) json: Bytes,
    pub(crate) etag: Arc<str>,
}

/// The catalogue in memory.
pub(crate) struct Shelf {
    catalog: ArcSwap<Catalog>,
    pub(crate) index: Arc<Index>,
    /// Whose turn it is to change the catalogue.
    turn: Arc<Mutex<Upkeep>>,
    /// What was stored and is to be read by whoever has the turn next.
    wanted: sync::Mutex<Wanted>,
    /// Whether the index has everything.
    searchable: watch::Sender<bool>,
    /// Answers by generation and question.
    pub(crate) pages: moka::sync::Cache<String, Answer>,
    /// Whether other processes may change the store.
    is_shared: bool,
}

/// What the last look at the store saw.
#[derive(Debug)]
struct Upkeep {
    revision: i64,
    newest: Timestamp,
}

/// Changes of this process that are not in the catalogue yet.
#[derive(Debug, Default)]
struct Wanted {
    ids: BTreeSet<ProductId>,
    tree: bool,
}

impl Shelf {
    /// Fills a catalogue from the store; the search index follows in the background.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn fill(db: &Db, config: &ProductConfig, shop: Currency) -> Result<Self, Error> {
        let weigh = |key: &String, answer: &Answer| (key.len() + answer.json.len() + 128) as u32;
        let pages = moka::sync::Cache::builder()
            .max_capacity(config.page_cache_mib * 1024 * 1024)
            .weigher(weigh)
            .build();
        let shelf = Self {
            catalog: ArcSwap::from_pointee(Catalog::empty(shop)),
            index: Arc::new(Index::new()?),
            turn: Arc::new(Mutex::new(Upkeep { revision: 0, newest: Timestamp::EPOCH })),
            wanted: sync::Mutex::default(),
            searchable: watch::Sender::new(false),
            pages,
            is_shared: db.engine() == Engine::Postgres,
        };
        let mut turn = shelf.turn.clone().lock_owned().await;
        turn.newest = db.clock().now();
        turn.revision = store::categories::revision(&mut db.conn().await?).await?;
        let texts = shelf.read_all(db).await?;
        shelf.index_in_background(turn, texts);
        Ok(shelf)
    }

    async fn read_all(&self, db: &Db) -> Result<Vec<Texts>, Error> {
        let mut conn = db.conn().await?;
        let now = db.clock().now();
        let tree = store::categories::tree(&mut conn).await?;
        let (mut catalog, mut texts) = self.catalog.load().with(&[], Some(tree), now);
        let mut after = None;
        loop {
            let ids = store::products::ids_after(&mut conn, after, CHUNK as i64).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            let products = store::products::by_ids(&mut conn, &ids).await?;
            let (next, more) = catalog.with(&products, None, now);
            catalog = next;
            texts.extend(more);
        }
        self.catalog.store(Arc::new(catalog));
        Ok(texts)
    }

    /// Changes wait for their turn until the index has what was there at the start.
    fn index_in_background(&self, turn: OwnedMutexGuard<Upkeep>, texts: Vec<Texts>) {
        let (index, searchable) = (self.index.clone(), self.searchable.clone());
        base::spawn("fill the search index", async move {
            let filled = tokio::task::spawn_blocking(move || index.put(texts)).await;
            if let Err(error) = filled.map_err(Error::internal).and_then(|put| put) {
                tracing::error!(error = error.chain(), "the search index cannot be filled");
            }
            searchable.send_replace(true);
            drop(turn);
        });
    }

    /// The catalogue as it is now.
    pub(crate) fn now(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// Returns when the search index has what was stored before the start.
    pub(crate) async fn searchable(&self) {
        let mut searchable = self.searchable.subscribe();
        let _sender_lives = searchable.wait_for(|ready| *ready).await;
    }

    /// Brings these products up to date, and with `tree` the categories; when it returns, every
    /// reader in this process sees the change. If the store cannot be read now, they see it soon.
    /// Many changes at once become one: whoever has the turn reads what all others wait for.
    pub(crate) async fn refresh(&self, db: &Db, ids: &[ProductId], tree: bool) {
        self.want(ids.iter().copied(), tree);
        let _turn = self.turn.lock().await;
        let Wanted { ids, tree } = std::mem::take(&mut *self.wanted());
        if ids.is_empty() && !tree {
            return;
        }
        let ids: Vec<ProductId> = ids.into_iter().collect();
        if let Err(error) = self.put(db, &ids, tree).await {
            tracing::warn!(error = error.chain(), "the catalogue is brought up to date a little later");
        }
    }

    fn want(&self, ids: impl IntoIterator<Item = ProductId>, tree: bool) {
        let mut wanted = self.wanted();
        wanted.ids.extend(ids);
        wanted.tree |= tree;
    }

    fn wanted(&self) -> sync::MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn put(&self, db: &Db, ids: &[ProductId], tree: bool) -> Result<(), Error> {
        let mut conn = db.conn().await?;
        let now = db.clock().now();
        let tree = if tree { Some(store::categories::tree(&mut conn).await?) } else { None };
        let mut products = Vec::with_capacity(ids.len());
        for some in ids.chunks(CHUNK) {
            products.extend(store::products::by_ids(&mut conn, some).await?);
        }
        drop(conn);
        let present = self.catalog.load();
        let is_new = |product: &Product| {
            tree.is_some() || present.by_id(product.id).is_none_or(|entry| entry.version != product.version)
        };
        let reindex: Vec<bool> = products.iter().map(is_new).collect();
        let (next, texts) = present.with(&products, tree, now);
        let texts: Vec<Texts> =
            texts.into_iter().zip(reindex).filter(|(_, is_new)| *is_new).map(|(texts, _)| texts).collect();
        self.catalog.store(Arc::new(next));
        if !texts.is_empty() {
            let index = self.index.clone();
            tokio::task::spawn_blocking(move || index.put(texts)).await.map_err(Error::internal)??;
        }
        Ok(())
    }

    /// Reads products that may have been stored by another process a moment ago and are not in
    /// the catalogue yet. It does nothing when there is no other process.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn look_for(&self, db: &Db, ids: &[ProductId]) -> Result<(), Error> {
        if !self.is_shared || ids.is_empty() {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        self.put(db, ids, false).await
    }

    /// The same for a product of which only the slug is known.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn look_for_slug(&self, db: &Db, slug: &str) -> Result<(), Error> {
        if !self.is_shared {
            return Ok(());
        }
        let ids = store::products::ids_by_slugs(&mut db.conn().await?, &[slug]).await?;
        self.look_for(db, &ids).await
    }

    /// Brings up to date what other processes changed since the last look.
    async fn catch_up(&self, db: &Db) -> Result<(), Error> {
        let mut upkeep = self.turn.lock().await;
        let mut conn = db.conn().await?;
        let revision = store::categories::revision(&mut conn).await?;
        let touched = store::products::touched_since(&mut conn, upkeep.newest - OVERLAP).await?;
        drop(conn);
        let catalog = self.catalog.load();
        let is_known = |row: &Touched| {
            let entry = catalog.by_id(row.id);
            entry.is_some_and(|entry| (entry.version, entry.touched_at) == (row.version, row.at))
        };
        let ids: Vec<ProductId> = touched.iter().filter(|row| !is_known(row)).map(|row| row.id).collect();
        let tree = upkeep.revision != revision;
        if !ids.is_empty() || tree {
            self.put(db, &ids, tree).await?;
        }
        upkeep.newest = touched.last().map_or(upkeep.newest, |row| row.at);
        upkeep.revision = revision;
        Ok(())
    }
}

/// Looks from time to time for what the catalogue missed, until the service ends: changes of other
/// processes, at once when they wake us, and own ones after which the store could not be read.
pub(crate) fn follow(app: &App) {
    let mut listener = app.shelf.is_shared.then(|| app.db.listen(store::CHANNEL));
    let app: Weak<AppState> = Arc::downgrade(app);
    base::spawn("follow the catalogue", async move {
        loop {
            match &mut listener {
                Some(listener) => {
                    let _time_passed = tokio::time::timeout(LOOK_AGAIN, listener.wait()).await;
                    // Several changes become one look.
                    tokio::time::sleep(PAUSE).await;
                }
                None => tokio::time::sleep(LOOK_AGAIN).await,
            }
            let Some(app) = app.upgrade() else { return };
            if let Err(error) = app.shelf.catch_up(&app.db).await {
                if is_closed(&error) {
                    return;
                }
                tracing::warn!(error = error.chain(), "the catalogue cannot be brought up to date now");
            }
        }
    });
}

/// Whether the store was closed, and so never answers again.
fn is_closed(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<DbError>());
    matches!(cause, Some(DbError::Closed))
}

/// The product with this id or slug.
///
/// # Errors
/// [`ProductError::NoProduct`]; those of the store.
pub(crate) async fn find(
    app: &App,
    name: &str,
) -> Result<Arc<crate::domain::catalog::entry::Entry>, ProductError> {
    if let Some(entry) = app.shelf.now().by_name(name) {
        return Ok(entry.clone());
    }
    match name.parse::<ProductId>() {
        Ok(id) => app.shelf.look_for(&app.db, &[id]).await?,
        Err(_) => app.shelf.look_for_slug(&app.db, name).await?,
    }
    app.shelf.now().by_name(name).cloned().ok_or(ProductError::NoProduct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_store_ends_the_upkeep() {
        assert!(is_closed(&DbError::Closed.into()));
        let busy = DbError::Transient { what: "all connections are in use".into(), source: None };
        assert!(!is_closed(&busy.into()));
        assert!(!is_closed(&Error::unavailable("try again")));
    }
}
