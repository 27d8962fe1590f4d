//! Lists and searches products. An answer is kept until the catalogue changes.

use super::read::{in_currency, is_staff};
use super::shelf::Answer;
use crate::App;
use crate::domain::catalog::Catalog;
use crate::domain::catalog::facets;
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::page::{By, Position, Slice, Sort, slice};
use crate::error::ProductError;
use auth::Caller;
use base::keys::{hex, sha256};
use base::page::{PageQuery, cursor};
use base::{Check, Currency, Error};
use bytes::{BufMut as _, Bytes, BytesMut};

/// The longest question, in characters.
pub(crate) const MAX_Q: usize = 200;
/// The most values one filter may have.
const MAX_VALUES: usize = 50;
/// The longest query string whose answer is kept, in bytes.
const MAX_KEPT: usize = 1024;

/// What a client asks.
#[derive(Clone, Debug)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) sort: Option<Sort>,
    pub(crate) page: PageQuery,
    pub(crate) facets: bool,
    /// The query string, by which answers are kept.
    pub(crate) raw: String,
}

/// The currency `text` names, or that of the shop.
///
/// # Errors
/// 422 for anything that is no ISO 4217 code.
pub(crate) fn visible_currency(app: &App, text: Option<&str>) -> Result<Currency, Error> {
    let wrong = |_| Error::field("/currency", "currency", "must be an ISO 4217 code such as EUR");
    text.map_or(Ok(app.currency), |text| text.parse().map_err(wrong))
}

/// One page of the products `query` asks for, as JSON.
///
/// # Errors
/// 422 for filters out of range, `bad-cursor`; 403 to ask for states the public does not see.
pub(crate) async fn list_products(
    app: &App,
    caller: &Caller,
    query: &ListQuery,
) -> Result<Answer, ProductError> {
    check(query)?;
    if !query.filter.statuses.is_empty() && !is_staff(caller) {
        return Err(match caller {
            Caller::Anonymous => Error::unauthenticated(),
            Caller::User(_) | Caller::Service(_) => Error::forbidden(),
        }
        .into());
    }
    if query.filter.q.is_some() {
        app.shelf.searchable().await;
    }
    let catalog = app.shelf.now();
    let key = (query.raw.len() <= MAX_KEPT).then(|| format!("{}?{}", catalog.generation, query.raw));
    if let Some(answer) = key.as_ref().and_then(|key| app.shelf.pages.get(key)) {
        return Ok(answer);
    }
    let answer = answer(app, &catalog, query)?;
    if let Some(key) = key {
        app.shelf.pages.insert(key, answer.clone());
    }
    Ok(answer)
}

fn check(query: &ListQuery) -> Result<(), Error> {
    let filter = &query.filter;
    let mut check = Check::new();
    check.opt_text("/q", filter.q.as_deref(), 0..=MAX_Q);
    let values = [filter.category_ids.len(), filter.brands.len(), filter.tags.len(), filter.attributes.len()];
    let fits = values
        .iter()
        .chain(&filter.attributes.values().map(Vec::len).collect::<Vec<_>>())
        .all(|count| *count <= MAX_VALUES);
    check.that(fits, "", "too-many", "at most 50 values for one filter");
    for (pointer, price) in [("/priceMin", filter.price_min), ("/priceMax", filter.price_max)] {
        check.number(pointer, price.unwrap_or(0), 0..=base::money::MAX_MINOR);
    }
    check.finish()
}

fn answer(app: &App, catalog: &Catalog, query: &ListQuery) -> Result<Answer, Error> {
    let limit = query.page.limit()? as usize;
    let filter = &query.filter;
    let words = filter.q.as_deref().filter(|q| !q.trim().is_empty());
    let usual = Sort { by: if words.is_some() { By::Relevance } else { By::Newest }, reverse: false };
    let sort = query.sort.unwrap_or(usual);
    let name = format!("products:{sort:?}:{filter:?}");
    let at: Option<Position> = query.page.position(&app.keys, &name)?;
    let hits = words.map(|words| app.shelf.index.find(words)).transpose()?;
    let page = slice(catalog, filter, hits.as_deref(), sort, at.as_ref(), limit);
    let json = write(app, catalog, query, &page, &name)?;
    let etag = hex(&sha256(&json)[..8]);
    Ok(Answer { json, etag: etag.into() })
}

/// Puts the page together from the answers of its products.
fn write(app: &App, catalog: &Catalog, query: &ListQuery, page: &Slice, name: &str) -> Result<Bytes, Error> {
    let size: usize = page.entries.iter().map(|entry| entry.json.len() + 1).sum();
    let mut json = BytesMut::with_capacity(size + 512);
    json.put_slice(b"{\"items\":[");
    for (index, entry) in page.entries.iter().enumerate() {
        if index > 0 {
            json.put_u8(b',');
        }
        if query.filter.currency == app.currency {
            json.put_slice(&entry.json);
        } else {
            json.put_slice(&in_currency(entry, query.filter.currency)?);
        }
    }
    json.put_u8(b']');
    for (member, position) in [("nextCursor", &page.next), ("prevCursor", &page.prev)] {
        if let Some(position) = position {
            put_member(&mut json, member, &cursor(&app.keys, name, position))?;
        }
    }
    if query.page.count == Some(true) {
        put_member(&mut json, "total", &page.matched.len())?;
    }
    if query.facets {
        put_member(&mut json, "facets", &facets::count(catalog, &page.matched, query.filter.currency))?;
    }
    json.put_u8(b'}');
    Ok(json.freeze())
}

fn put_member(json: &mut BytesMut, name: &str, value: &impl serde::Serialize) -> Result<(), Error> {
    json.put_slice(format!(",\"{name}\":").as_bytes());
    serde_json::to_writer(json.writer(), value).map_err(Error::internal)
}
