//! Lists: limit, signed cursor, and the answer `{items, nextCursor, prevCursor, total}`.

use crate::{Error, Keys, Kind, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
    /// A page from up to `limit + 1` rows read: the one too many only proves that more follow.
    pub fn from_rows<P: Serialize>(
        mut rows: Vec<T>,
        limit: u32,
        keys: &Keys,
        list: &str,
        position: impl Fn(&T) -> P,
    ) -> Self {
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().filter(|_| more);
        let next_cursor = last.map(|row| cursor(keys, list, &position(row)));
        Self { items: rows, next_cursor, prev_cursor: None, total: None }
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

    #[test]
    fn the_row_too_many_becomes_a_cursor() {
        let keys = Keys::new([1; 32]);
        let page = Page::from_rows(vec![1, 2, 3], 2, &keys, "n", |n| *n);
        assert_eq!(page.items, [1, 2]);
        assert!(page.next_cursor.is_some());
        assert!(Page::from_rows(vec![1, 2], 2, &keys, "n", |n| *n).next_cursor.is_none());
    }
}
