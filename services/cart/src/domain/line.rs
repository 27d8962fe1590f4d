//! A line of a cart, and what the catalogue offers for it.

use crate::error::CartError;
use api::ids::{CartLineId, ProductId, VariantId};
use api::product::{Availability, AvailabilityProblem};
use api::shared::CartItem;
use base::{Currency, Money, Timestamp};

/// A line of a cart. Prices are minor units of the cart's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub id: CartLineId,
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    pub sku: String,
    pub name: String,
    pub quantity: i64,
    pub unit_price: i64,
    /// The price the shopper last agreed to, if it is another one now.
    pub previous_price: Option<i64>,
    /// Whether it could be bought when last looked at.
    pub available: bool,
    /// When the price was true.
    pub priced_at: Timestamp,
}

/// What the catalogue says about a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    pub sku: String,
    pub name: String,
    pub exists: bool,
    pub sellable: bool,
    /// Pieces that are free now.
    pub stock: i64,
    pub unit_price: Option<Money>,
    pub checked_at: Timestamp,
}

impl Offer {
    /// The offer in an answer of product-service.
    pub(crate) fn new(answer: Availability, checked_at: Timestamp) -> Self {
        Self {
            product_id: answer.product_id,
            variant_id: answer.variant_id,
            sku: answer.sku,
            name: answer.name,
            exists: answer.problem != Some(AvailabilityProblem::NotFound),
            sellable: answer.sellable,
            stock: answer.available_quantity,
            unit_price: answer.unit_price,
            checked_at,
        }
    }

    /// Whether it is about the variant of this line.
    pub(crate) fn is_for(&self, line: &Line) -> bool {
        self.product_id == line.product_id && self.variant_id == line.variant_id
    }

    /// The price of one piece, if `quantity` pieces can be sold in `currency`.
    ///
    /// # Errors
    /// [`CartError::ProductNotFound`], [`CartError::NotSellable`],
    /// [`CartError::CurrencyMismatch`], [`CartError::InsufficientStock`].
    pub(crate) fn price_of(&self, quantity: i64, currency: Currency) -> Result<i64, CartError> {
        if !self.exists {
            return Err(CartError::ProductNotFound);
        }
        let price = self.unit_price.filter(|_| self.sellable).ok_or(CartError::NotSellable)?;
        if price.currency != currency {
            return Err(CartError::CurrencyMismatch);
        }
        if self.stock < quantity { Err(CartError::InsufficientStock) } else { Ok(price.minor) }
    }
}

impl Line {
    /// The line as other services see it.
    pub(crate) fn item(&self, currency: Currency) -> CartItem {
        CartItem {
            item_id: self.id,
            product_id: self.product_id,
            variant_id: self.variant_id,
            sku: self.sku.clone(),
            product_name: self.name.clone(),
            quantity: self.quantity,
            unit_price: Money::new(self.unit_price, currency),
            line_total: Money::new(self.total(), currency),
        }
    }

    /// The price of all its pieces. It fits: the largest price times the most pieces of the most
    /// lines is below 64 bits.
    pub(crate) fn total(&self) -> i64 {
        self.unit_price.saturating_mul(self.quantity)
    }

    /// The shopper changed the line and thereby agrees to its price.
    pub(crate) fn agree(&mut self, quantity: i64, unit_price: i64, at: Timestamp) {
        self.quantity = quantity;
        self.unit_price = unit_price;
        self.previous_price = None;
        self.available = true;
        self.priced_at = at;
    }

    /// The price changed without the shopper; `false` if it did not, or a later one is known.
    pub(crate) fn reprice(&mut self, unit_price: i64, at: Timestamp) -> bool {
        if unit_price == self.unit_price || at < self.priced_at {
            return false;
        }
        let agreed = self.previous_price.unwrap_or(self.unit_price);
        self.previous_price = Some(agreed).filter(|agreed| *agreed != unit_price);
        self.unit_price = unit_price;
        self.priced_at = at;
        true
    }
}
