//! Walks through lists as a client does.

use serde_json::Value;

/// Walks the list at `path` (with a query, if need be) two rows at a time to its end and back to
/// its beginning, and answers its rows in order. `get` asks as whoever may.
///
/// # Panics
/// If the way back does not visit the same pages, or `?count=true` is not the number of rows.
pub async fn walk(path: &str, get: impl AsyncFn(String) -> Value) -> Vec<Value> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let at = |cursor: Option<&Value>| {
        let cursor = cursor.and_then(Value::as_str).map(|cursor| format!("&cursor={cursor}"));
        format!("{path}{sign}limit=2&count=true{}", cursor.unwrap_or_default())
    };
    let mut pages = vec![get(at(None)).await];
    while let Some(next) = pages.last().and_then(|page| page.get("nextCursor")) {
        pages.push(get(at(Some(next))).await);
    }
    let items = |page: &Value| page["items"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Value> = pages.iter().flat_map(items).collect();
    assert!(pages[0].get("prevCursor").is_none(), "{path}: nothing precedes the first page");
    for page in &pages {
        assert_eq!(page["total"], rows.len(), "{path}: ?count=true tells how many there are");
    }
    let mut page = pages.pop().unwrap_or_default();
    while let Some(before) = page.get("prevCursor") {
        page = get(at(Some(before))).await;
        let there = pages.pop().unwrap_or_default();
        assert_eq!(items(&page), items(&there), "{path}: the way back visits the same rows");
    }
    assert!(pages.is_empty(), "{path}: the way back leads to the beginning");
    rows
}
