//! A cart and what may be done to it (contracts §6.8).

use super::{Line, MAX_LINES, MAX_QUANTITY, Offer};
use crate::error::CartError;
use api::cart::{CartChange, CartChangeType, CartSnapshot, CartStatus, CartTotals};
use api::ids::{CartId, CartLineId, OrderId, ProductId, UserId, VariantId};
use api::shared::CartItem;
use base::{Currency, Id, Money, Timestamp};

/// Names the identity of a shopper without an account.
#[derive(Debug)]
pub(crate) enum Guest {}

/// Whose cart it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    User(UserId),
    Guest(Id<Guest>),
}

impl Owner {
    pub(crate) fn user_id(self) -> Option<UserId> {
        match self {
            Owner::User(id) => Some(id),
            Owner::Guest(_) => None,
        }
    }

    pub(crate) fn guest_id(self) -> Option<Id<Guest>> {
        match self {
            Owner::User(_) => None,
            Owner::Guest(id) => Some(id),
        }
    }
}

/// What was done to a line; the store writes it, the event tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub kind: CartChangeType,
    pub line_id: CartLineId,
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    /// Its quantity afterwards; 0 when it is gone.
    pub quantity: i64,
}

impl From<&Change> for CartChange {
    fn from(change: &Change) -> Self {
        Self {
            kind: change.kind,
            item_id: Some(change.line_id),
            product_id: Some(change.product_id),
            variant_id: change.variant_id,
            quantity: Some(change.quantity),
        }
    }
}

/// A cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cart {
    pub id: CartId,
    pub owner: Owner,
    pub status: CartStatus,
    pub currency: Currency,
    pub lines: Vec<Line>,
    /// The order that holds it, or that it became.
    pub order_id: Option<OrderId>,
    /// What that order was given.
    pub snapshot: Option<CartSnapshot>,
    /// When the owner last did something.
    pub active_at: Timestamp,
    pub updated_at: Timestamp,
    /// 0 for one that is not stored yet.
    pub version: i64,
    /// What was done to the lines since it was read.
    pub changes: Vec<Change>,
}

impl Cart {
    /// An empty cart that is not stored yet.
    pub(crate) fn new(owner: Owner, currency: Currency, now: Timestamp) -> Self {
        Self {
            id: CartId::new(),
            owner,
            status: CartStatus::Active,
            currency,
            lines: Vec::new(),
            order_id: None,
            snapshot: None,
            active_at: now,
            updated_at: now,
            version: 0,
            changes: Vec::new(),
        }
    }

    /// The currency new lines must have: an empty cart takes the one that is `wished` for.
    pub(crate) fn currency_for(&self, wished: Option<Currency>) -> Result<Currency, CartError> {
        match wished {
            Some(wished) if wished != self.currency && !self.lines.is_empty() => {
                Err(CartError::CurrencyMismatch)
            }
            Some(wished) => Ok(wished),
            None => Ok(self.currency),
        }
    }

    /// Puts `quantity` more of an offer in; says whether it became a line of its own.
    ///
    /// # Errors
    /// [`CartError::Locked`], [`CartError::TooManyPieces`], [`CartError::TooManyLines`] and those
    /// of [`Offer::price_of`].
    pub(crate) fn add(
        &mut self,
        offer: &Offer,
        quantity: i64,
        currency: Currency,
        now: Timestamp,
    ) -> Result<bool, CartError> {
        self.wake(now)?;
        self.currency = self.currency_for(Some(currency))?;
        let position = self.lines.iter().position(|line| offer.is_for(line));
        let before = position.map_or(0, |position| self.lines[position].quantity);
        let wanted = before.saturating_add(quantity);
        if wanted > MAX_QUANTITY {
            return Err(CartError::TooManyPieces);
        }
        let price = offer.price_of(wanted, self.currency)?;
        match position {
            Some(position) => self.lines[position].agree(wanted, price, offer.checked_at),
            None if self.lines.len() >= MAX_LINES => return Err(CartError::TooManyLines),
            None => self.lines.push(Line {
                id: CartLineId::new(),
                product_id: offer.product_id,
                variant_id: offer.variant_id,
                sku: offer.sku.clone(),
                name: offer.name.clone(),
                quantity,
                unit_price: price,
                previous_price: None,
                available: true,
                priced_at: offer.checked_at,
            }),
        }
        self.note(CartChangeType::Add, position.unwrap_or(self.lines.len() - 1));
        Ok(position.is_none())
    }

    /// Sets the quantity of a line; 0 removes it. Fewer pieces are never refused, whatever the
    /// offer says.
    ///
    /// # Errors
    /// [`CartError::Locked`], [`CartError::LineNotFound`] and those of [`Offer::price_of`].
    pub(crate) fn set_quantity(
        &mut self,
        line_id: CartLineId,
        quantity: i64,
        offer: Option<&Offer>,
        now: Timestamp,
    ) -> Result<(), CartError> {
        self.wake(now)?;
        if quantity == 0 {
            return self.remove(line_id, now);
        }
        let position = self.position(line_id)?;
        let currency = self.currency;
        let line = &mut self.lines[position];
        let offer = offer.filter(|offer| offer.is_for(line)).ok_or(CartError::NotSellable);
        match offer.and_then(|offer| Ok((offer.price_of(quantity, currency)?, offer.checked_at))) {
            Ok((price, checked_at)) => line.agree(quantity, price, checked_at),
            Err(_) if quantity <= line.quantity => line.quantity = quantity,
            Err(error) => return Err(error),
        }
        self.note(CartChangeType::Update, position);
        Ok(())
    }

    /// Takes a line out.
    ///
    /// # Errors
    /// [`CartError::Locked`], [`CartError::LineNotFound`].
    pub(crate) fn remove(&mut self, line_id: CartLineId, now: Timestamp) -> Result<(), CartError> {
        self.wake(now)?;
        let position = self.position(line_id)?;
        self.drop_line(position);
        Ok(())
    }

    /// Takes everything out.
    ///
    /// # Errors
    /// [`CartError::Locked`].
    pub(crate) fn clear(&mut self, now: Timestamp) -> Result<(), CartError> {
        self.wake(now)?;
        while !self.lines.is_empty() {
            self.drop_line(self.lines.len() - 1);
        }
        Ok(())
    }

    /// Takes the lines of a guest's cart in; quantities are added up to the most a line may have.
    ///
    /// # Errors
    /// [`CartError::Locked`] if one of both is, [`CartError::CurrencyMismatch`],
    /// [`CartError::TooManyLines`].
    pub(crate) fn merge(&mut self, guest: &mut Cart, now: Timestamp) -> Result<(), CartError> {
        self.wake(now)?;
        guest.wake(now)?;
        self.currency = self.currency_for(Some(guest.currency))?;
        for theirs in std::mem::take(&mut guest.lines) {
            let same =
                |line: &Line| (line.product_id, line.variant_id) == (theirs.product_id, theirs.variant_id);
            let position = self.lines.iter().position(same);
            match position {
                Some(position) => {
                    let line = &mut self.lines[position];
                    line.quantity = line.quantity.saturating_add(theirs.quantity).min(MAX_QUANTITY);
                }
                None if self.lines.len() >= MAX_LINES => return Err(CartError::TooManyLines),
                None => self.lines.push(Line { id: CartLineId::new(), ..theirs }),
            }
            self.note(CartChangeType::Merge, position.unwrap_or(self.lines.len() - 1));
        }
        guest.status = CartStatus::Merged;
        Ok(())
    }

    /// Takes over what the catalogue says now about its lines; says whether anything is new.
    pub(crate) fn refresh(&mut self, offers: &[Offer]) -> bool {
        for position in 0..self.lines.len() {
            let currency = self.currency;
            let line = &mut self.lines[position];
            let Some(offer) = offers.iter().find(|offer| offer.is_for(line)) else { continue };
            let price = offer.unit_price.filter(|price| price.currency == currency).map(|price| price.minor);
            let available = offer.price_of(line.quantity, currency).is_ok();
            let was_available = std::mem::replace(&mut line.available, available);
            let repriced = price.is_some_and(|price| line.reprice(price, offer.checked_at));
            if repriced || available != was_available {
                self.note(CartChangeType::Reprice, position);
            }
        }
        !self.changes.is_empty()
    }

    /// A variant has a new price.
    pub(crate) fn reprice(
        &mut self,
        product_id: ProductId,
        variant_id: VariantId,
        price: Money,
        at: Timestamp,
    ) {
        for position in 0..self.lines.len() {
            let line = &mut self.lines[position];
            let same = (line.product_id, line.variant_id) == (product_id, Some(variant_id));
            if same && price.currency == self.currency && line.reprice(price.minor, at) {
                self.note(CartChangeType::Reprice, position);
            }
        }
    }

    /// A variant, or all of a product, can or cannot be bought any more.
    pub(crate) fn mark(&mut self, product_id: ProductId, variant_id: Option<VariantId>, available: bool) {
        for position in 0..self.lines.len() {
            let line = &mut self.lines[position];
            let same =
                line.product_id == product_id && (variant_id.is_none() || line.variant_id == variant_id);
            if same && line.available != available {
                line.available = available;
                self.note(CartChangeType::Reprice, position);
            }
        }
    }

    /// An order takes hold of the cart; gives what it is made of. Repeating gives the same.
    ///
    /// # Errors
    /// [`CartError::Locked`] if another order holds it, [`CartError::Empty`].
    pub(crate) fn lock(&mut self, order_id: OrderId, now: Timestamp) -> Result<CartSnapshot, CartError> {
        if let (true, Some(snapshot)) = (self.order_id == Some(order_id), &self.snapshot) {
            return Ok(snapshot.clone());
        }
        self.wake(now)?;
        if self.lines.is_empty() {
            return Err(CartError::Empty);
        }
        let subtotal = self.subtotal();
        let snapshot = CartSnapshot {
            cart_id: self.id,
            cart_version: self.version + 1,
            user_id: self.owner.user_id(),
            order_id,
            items: self.items(),
            coupons: Vec::new(),
            totals: CartTotals {
                subtotal,
                discount_amount: Money::zero(self.currency),
                total_amount: subtotal,
            },
            currency: self.currency,
        };
        self.status = CartStatus::Locked;
        self.order_id = Some(order_id);
        self.snapshot = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// The order lets go; `false` if it does not hold the cart.
    pub(crate) fn unlock(&mut self, order_id: OrderId, now: Timestamp) -> bool {
        if !self.is_held_by(order_id) {
            return false;
        }
        self.status = CartStatus::Active;
        self.order_id = None;
        self.snapshot = None;
        self.active_at = now;
        true
    }

    /// The order is paid: the cart is used up. `false` if the order does not hold it.
    pub(crate) fn convert(&mut self, order_id: OrderId) -> bool {
        if !self.is_held_by(order_id) {
            return false;
        }
        self.status = CartStatus::Converted;
        self.lines.clear();
        true
    }

    /// Takes out what was bought with an order that had lost its hold; what was put in later stays.
    pub(crate) fn take_bought(&mut self, bought: &[(ProductId, Option<VariantId>, i64)]) {
        if !self.is_open() {
            return;
        }
        for (product_id, variant_id, quantity) in bought {
            let same = |line: &Line| (line.product_id, line.variant_id) == (*product_id, *variant_id);
            let Some(position) = self.lines.iter().position(same) else { continue };
            let left = self.lines[position].quantity - quantity;
            if left > 0 {
                self.lines[position].quantity = left;
                self.note(CartChangeType::Update, position);
            } else {
                self.drop_line(position);
            }
        }
    }

    /// Nothing happened for a long time. Says whether its owner should be reminded of it.
    pub(crate) fn abandon(&mut self) -> bool {
        self.status = CartStatus::Abandoned;
        !self.lines.is_empty() && self.owner.user_id().is_some()
    }

    /// Nothing happened for a very long time, or the account was closed.
    pub(crate) fn expire(&mut self) {
        self.status = CartStatus::Expired;
        self.lines.clear();
    }

    /// Whether the owner may change it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status, CartStatus::Active | CartStatus::Abandoned)
    }

    fn is_held_by(&self, order_id: OrderId) -> bool {
        self.status == CartStatus::Locked && self.order_id == Some(order_id)
    }

    /// The lines as other services see them.
    pub(crate) fn items(&self) -> Vec<CartItem> {
        self.lines.iter().map(|line| line.item(self.currency)).collect()
    }

    /// Sum of the lines.
    pub(crate) fn subtotal(&self) -> Money {
        Money::new(self.lines.iter().map(Line::total).sum(), self.currency)
    }

    /// Sum of the quantities.
    pub(crate) fn item_count(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// The owner does something.
    fn wake(&mut self, now: Timestamp) -> Result<(), CartError> {
        if !self.is_open() {
            return Err(CartError::Locked(self.order_id));
        }
        self.status = CartStatus::Active;
        self.active_at = now;
        Ok(())
    }

    fn position(&self, line_id: CartLineId) -> Result<usize, CartError> {
        self.lines.iter().position(|line| line.id == line_id).ok_or(CartError::LineNotFound)
    }

    fn drop_line(&mut self, position: usize) {
        self.note(CartChangeType::Remove, position);
        self.lines.remove(position);
        if let Some(change) = self.changes.last_mut() {
            change.quantity = 0;
        }
    }

    fn note(&mut self, kind: CartChangeType, position: usize) {
        let Line { id, product_id, variant_id, quantity, .. } = self.lines[position].clone();
        self.changes.push(Change { kind, line_id: id, product_id, variant_id, quantity });
    }
}

#[cfg(test)]
mod tests;
