//! An order with its lines, payment attempts and shipments, and the rules that move it.

use super::status::{self, Mover};
use crate::error::{OrderError, Result};
use api::ids::{
    AddressId, CartId, OrderId, OrderLineId, PaymentId, ProductId, ReservationId, ShipmentId, UserId,
    VariantId,
};
use api::order::{
    CancellationReason, Explanation, OrderFlag, OrderPaymentStatus, OrderStatus, ShipmentStatus,
    ShippingMethod, Totals,
};
use api::payment::{FailureReason, NextAction, PaymentStatus};
use api::shared::{Actor, Address, PaymentMethodDetails};
use base::{Currency, Money, Timestamp};
use std::collections::BTreeMap;

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) number: String,
    pub(crate) customer: Customer,
    pub(crate) status: OrderStatus,
    pub(crate) payment_status: OrderPaymentStatus,
    pub(crate) currency: Currency,
    pub(crate) amounts: Amounts,
    pub(crate) explanation: Vec<Explanation>,
    pub(crate) coupons: Vec<String>,
    pub(crate) shipping_method: ShippingMethod,
    pub(crate) shipping_address: Address,
    /// The stored address it was taken from, if it was.
    pub(crate) shipping_address_id: Option<AddressId>,
    pub(crate) billing_address: Address,
    pub(crate) notes: Option<String>,
    pub(crate) cart: Option<CartRef>,
    pub(crate) reservation_id: Option<ReservationId>,
    pub(crate) payment_deadline: Option<Timestamp>,
    /// The payment that pays for it; a second one is given back.
    pub(crate) paid_by: Option<PaymentId>,
    pub(crate) cancellation: Option<CancellationReason>,
    pub(crate) cancellation_notes: Option<String>,
    pub(crate) flags: Vec<OrderFlag>,
    pub(crate) placed_at: Option<Timestamp>,
    pub(crate) delivered_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Number of transitions so far.
    pub(crate) sequence: i64,
    pub(crate) version: i64,
    pub(crate) lines: Vec<Line>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) shipments: Vec<Shipment>,
    /// Transitions made in memory that are not saved yet.
    pub(crate) moves: Vec<Move>,
}

/// Whose order it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customer {
    /// Absent for a guest.
    pub(crate) user_id: Option<UserId>,
    pub(crate) email: String,
    pub(crate) name: String,
}

/// What it costs, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    pub(crate) shipping: i64,
    pub(crate) total: i64,
    pub(crate) refunded: i64,
    pub(crate) tax_included: bool,
}

/// The cart it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CartRef {
    pub(crate) id: CartId,
    pub(crate) version: i64,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: OrderLineId,
    pub(crate) product_id: ProductId,
    pub(crate) variant_id: Option<VariantId>,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) quantity: i64,
    pub(crate) list_minor: i64,
    pub(crate) unit_minor: i64,
    pub(crate) discount_minor: i64,
    pub(crate) tax_minor: i64,
    pub(crate) total_minor: i64,
    pub(crate) tax_class: String,
    pub(crate) weight_grams: i64,
    pub(crate) shipped: i64,
}

/// An attempt to pay, as the payment service last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) payment_id: PaymentId,
    /// Version of the payment that was applied last.
    pub(crate) version: i64,
    pub(crate) number: i64,
    pub(crate) status: PaymentStatus,
    pub(crate) next_action: Option<NextAction>,
    pub(crate) details: Option<PaymentMethodDetails>,
    pub(crate) failure: Option<FailureReason>,
    /// Whether its money was asked back by us.
    pub(crate) give_back: bool,
    /// Whether it differs from what is stored.
    pub(crate) changed: bool,
}

/// Goods on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shipment {
    pub(crate) id: ShipmentId,
    pub(crate) status: ShipmentStatus,
    pub(crate) carrier: String,
    pub(crate) tracking_number: String,
    pub(crate) tracking_url: Option<String>,
    pub(crate) estimated_delivery: Option<String>,
    pub(crate) items: Vec<(OrderLineId, i64)>,
    pub(crate) shipped_at: Timestamp,
    pub(crate) delivered_at: Option<Timestamp>,
    pub(crate) recipient: Option<String>,
}

/// A transition that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) from: Option<OrderStatus>,
    pub(crate) to: OrderStatus,
    pub(crate) actor: Actor,
    pub(crate) reason: Option<String>,
}

impl Order {
    /// `minor` in the order's currency.
    pub(crate) fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    /// What shipping costs without the tax that is contained in it, in minor units.
    pub(crate) fn shipping_net(&self) -> i64 {
        let goods: i64 = self.lines.iter().map(|line| line.tax_minor).sum();
        let contained = if self.amounts.tax_included { self.amounts.tax - goods } else { 0 };
        self.amounts.shipping - contained
    }

    pub(crate) fn totals(&self) -> Totals {
        Totals {
            subtotal: self.money(self.amounts.subtotal),
            discount_amount: self.money(self.amounts.discount),
            tax_amount: self.money(self.amounts.tax),
            shipping_cost: self.money(self.amounts.shipping),
            total_amount: self.money(self.amounts.total),
            currency: self.currency,
        }
    }

    /// Pieces of all lines.
    pub(crate) fn item_count(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// The attempt to pay that counts: the one that paid, else the latest.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        let paid = self.attempts.iter().find(|attempt| Some(attempt.payment_id) == self.paid_by);
        paid.or_else(|| self.attempts.iter().max_by_key(|attempt| attempt.payment_id))
    }

    /// Moves it to another state.
    ///
    /// # Errors
    /// [`OrderError::InvalidTransition`] with what staff may choose instead.
    pub(crate) fn move_to(
        &mut self,
        to: OrderStatus,
        by: Mover,
        actor: &Actor,
        reason: Option<&str>,
    ) -> Result<()> {
        if !status::may_move(self.status, to, by) {
            return Err(self.refused(to));
        }
        let reason = reason.map(str::to_owned);
        self.moves.push(Move { from: Some(self.status), to, actor: actor.clone(), reason });
        self.status = to;
        Ok(())
    }

    /// The refusal of a transition.
    pub(crate) fn refused(&self, to: OrderStatus) -> OrderError {
        OrderError::InvalidTransition { from: self.status, to, allowed: status::put_targets(self.status) }
    }

    /// Cancels it; what was taken is given back by the readers of `OrderCancelled`.
    ///
    /// # Errors
    /// [`OrderError::InvalidTransition`].
    pub(crate) fn cancel(
        &mut self,
        why: CancellationReason,
        notes: Option<&str>,
        by: Mover,
        actor: &Actor,
    ) -> Result<()> {
        self.move_to(OrderStatus::Cancelled, by, actor, notes)?;
        self.cancellation = Some(why);
        self.cancellation_notes = notes.map(str::to_owned);
        Ok(())
    }

    /// Whether a customer may start to pay now.
    ///
    /// # Errors
    /// [`OrderError::AlreadyPaid`], [`OrderError::PaymentWindowClosed`].
    pub(crate) fn check_payable(&self, now: Timestamp) -> Result<()> {
        if (self.is_paid() || self.placed_at.is_some()) && self.status != OrderStatus::Cancelled {
            return Err(OrderError::AlreadyPaid);
        }
        let open = matches!(self.status, OrderStatus::PendingPayment | OrderStatus::PaymentFailed);
        let in_time = self.payment_deadline.is_some_and(|deadline| now < deadline);
        if open && in_time { Ok(()) } else { Err(OrderError::PaymentWindowClosed) }
    }

    /// Whether it is paid, or nothing was to pay, and not all of it went back.
    pub(crate) fn is_paid(&self) -> bool {
        use OrderPaymentStatus::{Authorized, Paid, PartiallyRefunded};
        matches!(self.payment_status, Authorized | Paid | PartiallyRefunded)
    }

    /// Whether there is money to give back.
    pub(crate) fn holds_money(&self) -> bool {
        self.is_paid() && self.paid_by.is_some()
    }

    pub(crate) fn flag(&mut self, flag: OrderFlag) {
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
        }
    }

    /// Books money that went back.
    pub(crate) fn book_refund(&mut self, minor: i64) {
        self.amounts.refunded = (self.amounts.refunded + minor).min(self.amounts.total);
        let all = self.amounts.refunded == self.amounts.total;
        self.payment_status =
            if all { OrderPaymentStatus::Refunded } else { OrderPaymentStatus::PartiallyRefunded };
    }
}
