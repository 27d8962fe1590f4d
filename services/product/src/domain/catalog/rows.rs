//! The products of a catalogue by key, in chunks that catalogues share: a change copies the chunk
//! it is in and a pointer for each of the others.

use super::entry::Entry;
use std::sync::Arc;

/// Products per chunk. A change of one of 100,000 copies some 200 and 500 pointers.
const CHUNK: usize = 256;

/// Entries by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    chunks: Vec<Arc<Vec<Arc<Entry>>>>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.last().map_or(0, |last| last.len())
    }

    pub(super) fn get(&self, key: u32) -> Option<&Arc<Entry>> {
        self.chunks.get(key as usize / CHUNK)?.get(key as usize % CHUNK)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Appends an entry, which gets the next key.
    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(entry),
            _ => self.chunks.push(Arc::new(vec![entry])),
        }
    }

    /// Puts an entry in the place of the one with that key.
    pub(super) fn replace(&mut self, key: u32, entry: Arc<Entry>) {
        let chunk = &mut self.chunks[key as usize / CHUNK];
        Arc::make_mut(chunk)[key as usize % CHUNK] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::Catalog;
    use crate::domain::samples;
    use base::Currency;

    #[test]
    fn a_change_leaves_older_catalogues_and_other_chunks_alone() {
        let product = samples::product();
        let (catalog, _) = Catalog::empty(Currency::EUR).with(&[product], None, samples::NOW);
        let entry = catalog.row(0).unwrap().clone();
        let mut rows = Rows::default();
        for _ in 0..CHUNK + 3 {
            rows.push(Arc::new((*entry).clone()));
        }
        assert_eq!((rows.len(), rows.iter().count()), (CHUNK + 3, CHUNK + 3));
        let before = rows.clone();
        let last = CHUNK as u32 + 2;
        rows.replace(last, entry.clone());
        assert!(Arc::ptr_eq(rows.get(last).unwrap(), &entry));
        assert!(!Arc::ptr_eq(before.get(last).unwrap(), &entry));
        assert!(Arc::ptr_eq(&before.chunks[0], &rows.chunks[0]), "the other chunk is shared");
        assert!(rows.get(last + 1).is_none());
    }
}
