//! What the catalogue remembers of the inventory's messages. It holds no stock: the numbers
//! answer only when the inventory itself cannot, and the public sees a word made from them.

use api::ids::{InventoryItemId, VariantId};
use api::product::StockState;
use base::Timestamp;

/// The stock of one variant in one warehouse, as last heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StockItem {
    pub(crate) id: InventoryItemId,
    pub(crate) variant_id: VariantId,
    /// The inventory's version of it; messages of older ones are dropped.
    pub(crate) version: i64,
    pub(crate) available: i64,
    pub(crate) on_hand: i64,
    /// At or below this it is low.
    pub(crate) threshold: Option<i64>,
}

/// The last word of the inventory on whether anything of a variant can be sold. It counts
/// sellable warehouses only, which the items do not tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StockMark {
    pub(crate) variant_id: VariantId,
    pub(crate) sold_out: bool,
    /// When the inventory said so.
    pub(crate) at: Timestamp,
    /// The item whose last piece went.
    pub(crate) item_id: Option<InventoryItemId>,
    /// The sum the inventory named.
    pub(crate) quantity: i64,
}

/// All that was heard of one variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VariantStock {
    pub(crate) items: Vec<StockItem>,
    pub(crate) mark: Option<StockMark>,
}

impl VariantStock {
    /// Pieces that are free, as far as heard.
    pub(crate) fn available(&self) -> i64 {
        let sold_out = self.mark.as_ref().is_some_and(|mark| mark.sold_out);
        if sold_out {
            return 0;
        }
        if self.items.is_empty() {
            return self.mark.as_ref().map_or(0, |mark| mark.quantity);
        }
        self.items.iter().map(|item| item.available.max(0)).sum()
    }

    /// Pieces in all warehouses, held ones included; nothing was heard if absent.
    pub(crate) fn on_hand(&self) -> Option<i64> {
        (!self.items.is_empty()).then(|| self.items.iter().map(|item| item.on_hand).sum())
    }

    /// The word for the public.
    pub(crate) fn state(&self) -> StockState {
        let threshold = self.items.iter().filter_map(|item| item.threshold).max();
        match (self.available(), threshold) {
            (..=0, _) => StockState::OutOfStock,
            (available, Some(threshold)) if available <= threshold => StockState::LowStock,
            _ => StockState::InStock,
        }
    }
}

/// Whether a message about version `heard` of something still matters when `known` is the newest
/// heard so far: equal ones do, since one change may publish several messages (contracts §1.3).
pub(crate) fn is_news(heard: i64, known: Option<i64>) -> bool {
    known.is_none_or(|known| heard >= known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(available: i64, threshold: Option<i64>) -> StockItem {
        StockItem {
            id: InventoryItemId::new(),
            variant_id: VariantId::new(),
            version: 1,
            available,
            on_hand: available,
            threshold,
        }
    }

    fn mark(sold_out: bool, quantity: i64) -> StockMark {
        StockMark { variant_id: VariantId::new(), sold_out, at: Timestamp::EPOCH, item_id: None, quantity }
    }

    #[test]
    fn the_public_reads_a_word() {
        let state = |items, mark| VariantStock { items, mark }.state();
        assert_eq!(state(vec![], None), StockState::OutOfStock);
        assert_eq!(state(vec![item(0, None), item(3, None)], None), StockState::InStock);
        assert_eq!(state(vec![item(3, Some(3))], None), StockState::LowStock);
        assert_eq!(state(vec![item(4, Some(3))], None), StockState::InStock);
        assert_eq!(
            state(vec![item(9, None)], Some(mark(true, 0))),
            StockState::OutOfStock,
            "only unsellable stock is left"
        );
        assert_eq!(state(vec![], Some(mark(false, 5))), StockState::InStock);
        assert_eq!(
            state(vec![item(0, None)], Some(mark(false, 5))),
            StockState::OutOfStock,
            "the items are newer"
        );
    }

    #[test]
    fn only_strictly_older_messages_are_dropped() {
        assert!(is_news(1, None) && is_news(2, Some(1)) && is_news(2, Some(2)));
        assert!(!is_news(1, Some(2)));
    }
}
