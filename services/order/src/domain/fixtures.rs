//! Orders for the tests of the rules.

use super::order::{Amounts, Customer, Line, Order};
use api::ids::{OrderId, OrderLineId, ProductId};
use api::order::{OrderPaymentStatus, OrderStatus, ShippingMethod};
use api::shared::Address;
use base::{Currency, Timestamp};

/// A line of `quantity` pieces at `unit_minor` each.
pub(crate) fn line(quantity: i64, unit_minor: i64) -> Line {
    Line {
        id: OrderLineId::new(),
        product_id: ProductId::new(),
        variant_id: None,
        sku: "SKU".into(),
        name: "Thing".into(),
        attributes: Default::default(),
        quantity,
        list_minor: unit_minor,
        unit_minor,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: unit_minor * quantity,
        tax_class: "standard".into(),
        weight_grams: 0,
        shipped: 0,
    }
}

/// An order that waits for payment.
pub(crate) fn order(lines: Vec<Line>) -> Order {
    let total = lines.iter().map(|line| line.total_minor).sum();
    Order {
        id: OrderId::new(),
        number: "ORD-0000000000".into(),
        customer: Customer { user_id: None, email: "ada@example.org".into(), name: "Ada".into() },
        status: OrderStatus::PendingPayment,
        payment_status: OrderPaymentStatus::Unpaid,
        currency: Currency::EUR,
        amounts: Amounts { subtotal: total, total, tax_included: true, ..Amounts::default() },
        explanation: Vec::new(),
        coupons: Vec::new(),
        shipping_method: ShippingMethod::Standard,
        shipping_address: Address { country: "DE".into(), ..Address::default() },
        shipping_address_id: None,
        billing_address: Address::default(),
        notes: None,
        cart: None,
        reservation_id: None,
        payment_deadline: Some(Timestamp::from_micros(1)),
        paid_by: None,
        cancellation: None,
        cancellation_notes: None,
        flags: Vec::new(),
        placed_at: None,
        delivered_at: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        sequence: 2,
        version: 2,
        lines,
        attempts: Vec::new(),
        shipments: Vec::new(),
        moves: Vec::new(),
    }
}
