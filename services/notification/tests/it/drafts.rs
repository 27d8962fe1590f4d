//! Events as their publishers write them.

use crate::stories::{START, hours};
use api::ids::{ClaimId, OrderId, UserId};
use api::order::messages::{CancelledItem, OrderRef, RefundDetails, RefundState};
use api::order::shipment_messages::{ShipmentType, ShippedItem};
use api::order::{
    CancellationReason, OrderCancelled, OrderPlaced, OrderShipped, OrderStatus, ShippingMethod, Totals,
};
use api::payment::{FailureReason, PaymentFailed, RefundSucceeded};
use api::shared::{Actor, Address, OrderItem, PaymentMethodDetails};
use api::user::{
    PasswordChangeType, UserAccountStatusChanged, UserCreated, UserEmailChanged,
    UserEmailVerificationRequested, UserEmailVerified, UserPasswordChanged, UserPasswordResetRequested,
    UserRegistered, UserSnapshot, UserSource, UserStatus, UserUpdated,
};
use base::{Currency, Id, Money};
use std::collections::BTreeMap;

pub(crate) const ADA: &str = "ada@example.org";

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn order(order_id: OrderId, user_id: Option<UserId>) -> OrderRef {
    OrderRef { aggregate_version: 5, order_id, order_number: "ORD-7Q2M4X9KTB".into(), user_id }
}

fn address() -> Address {
    Address {
        recipient_name: Some("Ada Lovelace".into()),
        address_line1: "12 St James’s Square".into(),
        city: "London".into(),
        postal_code: Some("SW1Y 4JH".into()),
        country: "GB".into(),
        ..Address::default()
    }
}

fn item(name: &str, quantity: i64, unit: i64) -> OrderItem {
    OrderItem {
        order_item_id: Id::new(),
        product_id: Id::new(),
        variant_id: Some(Id::new()),
        sku: "MUG-1".into(),
        product_name: name.into(),
        quantity,
        unit_price: euro(unit),
        discount_amount: euro(0),
        tax_amount: euro(0),
        total_price: euro(unit * quantity),
        attributes: Some(BTreeMap::from([("Colour".to_owned(), "blue".to_owned())])),
    }
}

/// Two mugs for 25.80 and shipping for 4.90, tax contained.
pub(crate) fn placed(user_id: Option<UserId>, email: &str) -> OrderPlaced {
    OrderPlaced {
        order: order(OrderId::new(), user_id),
        customer_email: email.into(),
        customer_name: "Ada Lovelace".into(),
        cart_id: Id::new(),
        cart_version: 3,
        items: vec![item("Mug", 2, 1290)],
        item_count: 2,
        totals: Totals {
            subtotal: euro(2580),
            discount_amount: euro(0),
            tax_amount: euro(490),
            shipping_cost: euro(490),
            total_amount: euro(3070),
            currency: Currency::EUR,
        },
        shipping_details: address(),
        shipping_method_chosen: ShippingMethod::Standard,
        payment_id: Some(Id::new()),
        payment_method_details: Some(PaymentMethodDetails {
            method_type: "CARD".into(),
            card_brand: Some("visa".into()),
            card_last_four: Some("4242".into()),
            card_expiry_month: None,
            card_expiry_year: None,
        }),
        placed_at: START,
    }
}

pub(crate) fn cancelled(user_id: Option<UserId>, email: &str, refund: Option<i64>) -> OrderCancelled {
    OrderCancelled {
        order: order(OrderId::new(), user_id),
        customer_email: email.into(),
        cart_id: Id::new(),
        cart_version: 3,
        cancelled_at: START,
        cancellation_reason_code: CancellationReason::OutOfStock,
        cancellation_notes: None,
        cancelled_by: Actor::system(),
        previous_status: OrderStatus::Confirmed,
        original_order_total: euro(3070),
        currency: Currency::EUR,
        items_cancelled: vec![CancelledItem {
            order_item_id: Id::new(),
            product_id: Id::new(),
            variant_id: None,
            product_name: "Mug".into(),
            quantity_cancelled: 2,
            unit_price_at_order: euro(1290),
        }],
        refund_details: RefundDetails {
            is_refund_applicable: refund.is_some(),
            refund_status: if refund.is_some() { RefundState::Pending } else { RefundState::None },
            refund_amount: refund.map(euro),
            refund_method_hint: None,
            payment_id: None,
        },
        inventory_restock_requested: true,
    }
}

pub(crate) fn shipped(user_id: Option<UserId>, email: &str) -> OrderShipped {
    OrderShipped {
        order: order(OrderId::new(), user_id),
        customer_email: email.into(),
        customer_name: "Ada Lovelace".into(),
        shipment_id: Id::new(),
        shipped_at: START,
        carrier_name: "DHL".into(),
        tracking_number: "00340434161094021501".into(),
        tracking_url: Some("https://www.dhl.com/track?id=00340434161094021501".into()),
        estimated_delivery_date: Some("2026-03-05".into()),
        shipping_method_used: ShippingMethod::Express,
        shipment_type: ShipmentType::Full,
        items_shipped: vec![ShippedItem {
            order_item_id: Id::new(),
            product_id: Id::new(),
            variant_id: None,
            product_name: "Mug".into(),
            quantity_shipped: 2,
        }],
        destination_address: address(),
    }
}

pub(crate) fn payment_failed(user_id: Option<UserId>, email: Option<&str>) -> PaymentFailed {
    PaymentFailed {
        aggregate_version: 2,
        payment_id: Id::new(),
        order_id: OrderId::new(),
        order_number: "ORD-7Q2M4X9KTB".into(),
        user_id,
        customer_email: email.map(str::to_owned),
        amount: euro(3070),
        failure_reason: FailureReason::InsufficientFunds,
        gateway_response_code: None,
        attempt: 1,
        retryable: true,
        failed_at: START,
    }
}

pub(crate) fn refunded(user_id: Option<UserId>, email: Option<&str>) -> RefundSucceeded {
    RefundSucceeded {
        aggregate_version: 3,
        refund_id: Id::new(),
        payment_id: Id::new(),
        order_id: OrderId::new(),
        order_number: "ORD-7Q2M4X9KTB".into(),
        user_id,
        customer_email: email.map(str::to_owned),
        amount_refunded: euro(3070),
        gateway_refund_id: "re_1".into(),
        fully_refunded: true,
        succeeded_at: START,
    }
}

pub(crate) fn created(user_id: UserId, email: &str) -> UserCreated {
    UserCreated {
        user_id,
        aggregate_version: 1,
        email: email.into(),
        username: None,
        first_name: Some("Ada".into()),
        last_name: Some("Lovelace".into()),
        status: UserStatus::PendingVerification,
        roles: vec!["customer".into()],
        source: UserSource::Direct,
        locale: "en".into(),
        timezone: "Europe/London".into(),
        marketing_consent: false,
        created_at: START,
    }
}

pub(crate) fn registered(user_id: UserId, email: &str) -> UserRegistered {
    UserRegistered {
        user_id,
        aggregate_version: 1,
        email: email.into(),
        username: None,
        first_name: Some("Ada".into()),
        last_name: Some("Lovelace".into()),
        status: UserStatus::PendingVerification,
        source: UserSource::Direct,
        registration_timestamp: START,
    }
}

/// The account as version `version` describes it.
pub(crate) fn updated(user_id: UserId, version: i64, change: impl FnOnce(&mut UserSnapshot)) -> UserUpdated {
    let mut snapshot = UserSnapshot {
        email: ADA.into(),
        email_verified: true,
        username: None,
        first_name: Some("Ada".into()),
        last_name: Some("Lovelace".into()),
        display_name: None,
        phone_number: None,
        locale: "en".into(),
        timezone: "Europe/London".into(),
        marketing_consent: false,
        status: UserStatus::Active,
    };
    change(&mut snapshot);
    UserUpdated {
        user_id,
        aggregate_version: version,
        updated_fields: vec!["locale".into()],
        snapshot,
        changed_by: Actor::system(),
        update_timestamp: START,
    }
}

pub(crate) fn status_changed(user_id: UserId, version: i64, status: UserStatus) -> UserAccountStatusChanged {
    UserAccountStatusChanged {
        user_id,
        aggregate_version: version,
        email: ADA.into(),
        previous_status: UserStatus::Active,
        new_status: status,
        reason_code: None,
        reason: None,
        changed_by: Actor::system(),
        change_timestamp: START,
    }
}

pub(crate) fn verified(user_id: UserId, email: &str) -> UserEmailVerified {
    UserEmailVerified { user_id, aggregate_version: 2, email: email.into(), verification_timestamp: START }
}

pub(crate) fn verification(user_id: UserId, email: &str, claim: ClaimId) -> UserEmailVerificationRequested {
    UserEmailVerificationRequested {
        user_id,
        email: email.into(),
        first_name: Some("Ada".into()),
        verification_token_identifier: claim,
        request_timestamp: START,
        expires_at: START + hours(24),
    }
}

pub(crate) fn reset(user_id: UserId, email: &str, claim: ClaimId) -> UserPasswordResetRequested {
    UserPasswordResetRequested {
        user_id,
        email: email.into(),
        first_name: Some("Ada".into()),
        reset_token_identifier: claim,
        request_timestamp: START,
        expires_at: START + hours(24),
        ip_address: Some("203.0.113.7".into()),
    }
}

pub(crate) fn password_changed(user_id: UserId, email: &str) -> UserPasswordChanged {
    UserPasswordChanged {
        user_id,
        aggregate_version: 4,
        email: email.into(),
        change_type: PasswordChangeType::SelfInitiated,
        change_timestamp: START,
    }
}

pub(crate) fn email_changed(user_id: UserId, from: &str, to: &str) -> UserEmailChanged {
    UserEmailChanged {
        user_id,
        aggregate_version: 6,
        previous_email: from.into(),
        email: to.into(),
        change_timestamp: START,
    }
}
