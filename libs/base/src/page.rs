//! Lists: limit, signed cursor in both directions, and the answer
//! `{items, nextCursor, prevCursor, total}`. The statement that reads a part is `db::Sql::part`.

use crate::{Error, Keys, Kind, Result, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most rows one answer may hold.
pub const MAX_LIMIT: u32 = 100;
/// The rows of an answer when the client does not say.
pub const DEFAULT_LIMIT: u32 = 20;

/// Which part of a list a client asks for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct PageQuery {
    /// How many rows, 1–100; 20 when left out.
    pub limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    pub cursor: Option<String>,
    /// Whether the answer should carry the total number of rows.
    pub count: Option<bool>,
}

impl PageQuery {
    /// The number of rows wanted.
    ///
    /// # Errors
    /// 422 `validation` outside 1–100.
    pub fn limit(&self) -> Result<u32> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(Error::field(
                "/limit",
                "out-of-range",
                format!("limit is a number from 1 to {MAX_LIMIT}"),
            )),
        }
    }

    /// The position a cursor of the list `list` holds; `list` should name the filter and order
    /// too, so that a cursor cannot be carried to another question.
    ///
    /// # Errors
    /// 422 `bad-cursor` for a cursor of another list, another installation, or a changed one.
    pub fn position<T: DeserializeOwned>(&self, keys: &Keys, list: &str) -> Result<Option<T>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bad = || {
            Error::new(
                Kind::Invalid,
                "bad-cursor",
                "the cursor does not belong to this list; start again without it",
            )
        };
        let bytes = keys.open(&purpose(list), cursor).ok_or_else(bad)?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| bad())
    }

    /// The part of the list `list` a client wants; `list` as for [`PageQuery::position`].
    ///
    /// # Errors
    /// As [`PageQuery::limit`] and [`PageQuery::position`].
    pub fn part<P: DeserializeOwned>(&self, keys: &Keys, list: &str) -> Result<Part<P>> {
        let limit = self.limit()?;
        let place: Option<Place<P>> = self.position(keys, list)?;
        let (at, back) = place.map_or((None, false), |place| (Some(place.at), place.back));
        Ok(Part { list: list.to_owned(), limit, at, back })
    }
}

/// What a cursor of a [`Part`] holds: the row at which the page ended, and on which side of it
/// the next one lies.
#[derive(Serialize, Deserialize)]
struct Place<P> {
    #[serde(rename = "p")]
    at: P,
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    back: bool,
}

/// A part of a list, read forwards from a row or backwards towards the beginning.
#[derive(Clone, Debug)]
pub struct Part<P> {
    list: String,
    limit: u32,
    at: Option<P>,
    back: bool,
}

impl<P> Part<P> {
    /// The row next to which the part lies; `None` is the beginning of the list.
    pub fn at(&self) -> Option<&P> {
        self.at.as_ref()
    }

    /// Whether the part lies before that row: its rows are then read from the last to the first.
    pub fn is_back(&self) -> bool {
        self.back
    }

    /// How many rows to read: the one too many only proves that more follow.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page of `rows`, which are up to [`Part::rows`] rows in the direction of the part.
    pub fn page<T>(&self, keys: &Keys, mut rows: Vec<T>, position: impl Fn(&T) -> P) -> Page<T>
    where
        P: Serialize,
    {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        if self.back {
            rows.reverse();
        }
        // Whoever walks back has come from a row that follows, and whoever stands at a row has
        // seen the ones before it.
        let (precedes, follows) = if self.back { (more, true) } else { (self.at.is_some(), more) };
        let cursor = |row: &T, back| cursor(keys, &self.list, &Place { at: position(row), back });
        let next_cursor = rows.last().filter(|_| follows).map(|row| cursor(row, false));
        let prev_cursor = rows.first().filter(|_| precedes).map(|row| cursor(row, true));
        Page { items: rows, next_cursor, prev_cursor, total: None }
    }
}

/// The place of a row in a list by time, to the microsecond: a [`Timestamp`] alone would lose
/// what JSON does not show of it, and with it the rows of the same millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByTime {
    #[serde(rename = "t")]
    micros: i64,
    /// Breaks ties between rows of the same moment.
    id: Uuid,
}

impl ByTime {
    /// The place of the row `id` of the moment `at`.
    pub const fn new(at: Timestamp, id: Uuid) -> Self {
        Self { micros: at.micros(), id }
    }

    /// The moment.
    pub const fn at(self) -> Timestamp {
        Timestamp::from_micros(self.micros)
    }

    /// The row.
    pub const fn id(self) -> Uuid {
        self.id
    }
}

/// Whether the answer of a list that always fits on one page carries its length.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountQuery {
    /// Whether the answer should carry the total number of rows.
    pub count: Option<bool>,
}

/// A signed cursor of the list `list` that holds `position`.
pub fn cursor<T: Serialize>(keys: &Keys, list: &str, position: &T) -> String {
    let bytes = serde_json::to_vec(position).expect("positions are plain structs");
    keys.seal(&purpose(list), &bytes)
}

fn purpose(list: &str) -> String {
    format!("cursor:{list}")
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Cursor of the next page, absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Cursor of the page before, absent on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
    /// Number of rows in all, only with `?count=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// A list that fits on one page.
    pub fn whole(items: Vec<T>, query: CountQuery) -> Self {
        let total = query.count.unwrap_or_default().then_some(items.len() as u64);
        Self { items, next_cursor: None, prev_cursor: None, total }
    }

    /// The same page with other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next_cursor: self.next_cursor,
            prev_cursor: self.prev_cursor,
            total: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_works_for_its_own_list_only() {
        let keys = Keys::new([1; 32]);
        let query =
            PageQuery { cursor: Some(cursor(&keys, "orders:mine", &("2026", 7))), ..PageQuery::default() };
        assert_eq!(query.position::<(String, i64)>(&keys, "orders:mine").unwrap(), Some(("2026".into(), 7)));
        assert_eq!(query.position::<(String, i64)>(&keys, "orders:all").unwrap_err().code(), "bad-cursor");
    }

    #[test]
    fn the_limit_is_from_1_to_100() {
        let limit = |limit| PageQuery { limit, ..PageQuery::default() }.limit();
        assert_eq!(limit(None).unwrap(), 20);
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(101)).is_err());
    }

    /// The page `query` asks of the numbers below `end`.
    fn page(keys: &Keys, query: &PageQuery, end: u32) -> Page<u32> {
        let part: Part<u32> = query.part(keys, "n").unwrap();
        let (from, to) = match part.at() {
            Some(at) if part.is_back() => (0, *at),
            Some(at) => (at + 1, end),
            None => (0, end),
        };
        let mut rows: Vec<u32> = (from..to).collect();
        if part.is_back() {
            rows.reverse();
        }
        rows.truncate(part.rows() as usize);
        part.page(keys, rows, |n| *n)
    }

    proptest::proptest! {
        #[test]
        fn walking_forward_and_back_visits_the_same_rows(end in 0..40_u32, limit in 1..12_u32) {
            let keys = Keys::new([1; 32]);
            let query = |cursor| PageQuery { limit: Some(limit), cursor, count: None };
            let mut pages = vec![page(&keys, &query(None), end)];
            while let Some(next) = pages.last().unwrap().next_cursor.clone() {
                pages.push(page(&keys, &query(Some(next)), end));
            }
            let seen: Vec<u32> = pages.iter().flat_map(|page| page.items.clone()).collect();
            proptest::prop_assert_eq!(seen, (0..end).collect::<Vec<_>>());
            proptest::prop_assert!(pages[0].prev_cursor.is_none(), "nothing precedes the first page");
            let mut at = pages.pop().unwrap();
            while let Some(prev) = at.prev_cursor {
                at = page(&keys, &query(Some(prev)), end);
                proptest::prop_assert_eq!(&at.items, &pages.pop().unwrap().items);
                proptest::prop_assert!(at.next_cursor.is_some(), "whoever went back can return");
            }
            proptest::prop_assert!(pages.is_empty(), "the way back leads to the beginning");
        }
    }

    #[test]
    fn a_place_in_time_keeps_its_microseconds() {
        let place = ByTime::new(Timestamp::from_micros(1_000_001), Uuid::nil());
        let text = serde_json::to_string(&place).unwrap();
        assert_eq!(serde_json::from_str::<ByTime>(&text).unwrap().at().micros(), 1_000_001);
    }

    #[test]
    fn a_whole_list_is_counted_only_when_asked() {
        assert_eq!(Page::whole(vec![1, 2], CountQuery { count: Some(true) }).total, Some(2));
        assert_eq!(Page::whole(vec![1, 2], CountQuery::default()).total, None);
    }
}
