//! Which mail an event causes: template, recipient and the event's own data, cleaned.

use super::address::{MAX_NAME, mask, one_line};
use super::filters::is_safe;
use api::ids::{ClaimId, OrderId, UserId};
use api::order::messages::OrderRef;
use api::order::shipment_messages::ShipmentType;
use api::order::{OrderCancelled, OrderPlaced, OrderShipped, Totals};
use api::payment::{PaymentFailed, RefundSucceeded};
use api::shared::{Address, OrderItem, PaymentMethodDetails};
use api::user::{
    UserEmailChanged, UserEmailVerificationRequested, UserPasswordChanged, UserPasswordResetRequested,
    UserRegistered,
};
use base::{Money, Timestamp};
use serde_json::{Map, Value, json};

/// The most characters of a product's name or a line of an address.
const MAX_LINE: usize = 300;

/// Who gets a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recipient {
    /// The account, if there is one.
    pub(crate) user: Option<UserId>,
    /// The address; that of the account when left out.
    pub(crate) address: Option<String>,
    /// How they are called; as the account says when left out.
    pub(crate) name: Option<String>,
}

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) template: &'static str,
    pub(crate) to: Recipient,
    pub(crate) context: Map<String, Value>,
    /// The secret link to be fetched when it is sent.
    pub(crate) claim: Option<ClaimId>,
    /// The order it is about, to which a link is made when it is sent.
    pub(crate) order: Option<OrderId>,
    /// When it is of no use any more.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Draft {
    fn to_user(
        template: &'static str,
        user: UserId,
        email: &str,
        name: Option<&str>,
        context: Value,
    ) -> Self {
        let to = Recipient { user: Some(user), address: Some(email.to_owned()), name: name.map(clean_name) };
        Self { template, to, context: object(context), claim: None, order: None, expires_at: None }
    }

    fn about_order(template: &'static str, order: OrderId, to: Recipient, context: Value) -> Self {
        Self { template, to, context: object(context), claim: None, order: Some(order), expires_at: None }
    }

    fn with_claim(self, claim: ClaimId, expires_at: Timestamp) -> Self {
        Self { claim: Some(claim), expires_at: Some(expires_at), ..self }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn clean_name(name: &str) -> String {
    one_line(name, MAX_NAME)
}

fn line(text: &str) -> String {
    one_line(text, MAX_LINE)
}

/// The amount, or nothing for zero, so that a template can leave its line out.
fn unless_zero(amount: Money) -> Option<Money> {
    Some(amount).filter(|amount| !amount.is_zero())
}

pub(crate) fn welcome(event: &UserRegistered) -> Draft {
    Draft::to_user("welcome", event.user_id, &event.email, event.first_name.as_deref(), json!({}))
}

pub(crate) fn verify_email(event: &UserEmailVerificationRequested) -> Draft {
    Draft::to_user("verify-email", event.user_id, &event.email, event.first_name.as_deref(), json!({}))
        .with_claim(event.verification_token_identifier, event.expires_at)
}

pub(crate) fn password_reset(event: &UserPasswordResetRequested) -> Draft {
    let context = json!({ "ipAddress": event.ip_address.as_deref().map(line) });
    Draft::to_user("password-reset", event.user_id, &event.email, event.first_name.as_deref(), context)
        .with_claim(event.reset_token_identifier, event.expires_at)
}

pub(crate) fn password_changed(event: &UserPasswordChanged) -> Draft {
    let context = json!({ "changedAt": event.change_timestamp });
    Draft::to_user("password-changed", event.user_id, &event.email, None, context)
}

/// To the old address and to the new one.
pub(crate) fn email_changed(event: &UserEmailChanged) -> [Draft; 2] {
    let context = json!({
        "previousEmail": mask(&event.previous_email),
        "newEmail": mask(&event.email),
        "changedAt": event.change_timestamp,
    });
    [&event.previous_email, &event.email]
        .map(|address| Draft::to_user("email-changed", event.user_id, address, None, context.clone()))
}

fn of_order(order: &OrderRef, email: &str, name: Option<&str>) -> Recipient {
    Recipient { user: order.user_id, address: Some(email.to_owned()), name: name.map(clean_name) }
}

pub(crate) fn order_confirmation(event: &OrderPlaced) -> Draft {
    let Totals { subtotal, discount_amount, tax_amount, shipping_cost, total_amount, .. } =
        event.totals.clone();
    // The total shows whether the tax was put on top or is contained.
    let untaxed = subtotal.minor - discount_amount.minor + shipping_cost.minor;
    let method = event.payment_method_details.as_ref();
    let context = json!({
        "orderNumber": line(&event.order.order_number),
        "placedAt": event.placed_at,
        "items": event.items.iter().map(item).collect::<Vec<_>>(),
        "subtotal": subtotal,
        "discountAmount": unless_zero(discount_amount),
        "shippingMethod": event.shipping_method_chosen,
        "shippingCost": unless_zero(shipping_cost),
        "taxAmount": unless_zero(tax_amount),
        "taxContained": total_amount.minor == untaxed,
        "totalAmount": total_amount,
        "paymentMethod": method.map(|method| line(&method.method_type)),
        "card": method.and_then(card),
        "addressLines": address_lines(&event.shipping_details),
    });
    let to = of_order(&event.order, &event.customer_email, Some(&event.customer_name));
    Draft::about_order("order-confirmation", event.order.order_id, to, context)
}

fn item(item: &OrderItem) -> Value {
    let options = item.attributes.iter().flatten().map(|(name, value)| format!("{name}: {value}"));
    let options = line(&options.collect::<Vec<_>>().join(", "));
    json!({
        "name": line(&item.product_name),
        "options": Some(options).filter(|options| !options.is_empty()),
        "quantity": item.quantity,
        "unitPrice": item.unit_price,
        "price": item.unit_price.times(item.quantity).unwrap_or(item.total_price),
    })
}

/// `Visa •••• 4242`.
fn card(details: &PaymentMethodDetails) -> Option<String> {
    let last = details.card_last_four.as_deref()?;
    let brand = details.card_brand.as_deref().unwrap_or_default();
    let mut letters = brand.chars();
    let brand: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    Some(line(&format!("{brand} •••• {last}")))
}

fn address_lines(address: &Address) -> Vec<String> {
    let town = match &address.postal_code {
        Some(code) => format!("{code} {}", address.city),
        None => address.city.clone(),
    };
    let lines = [
        address.recipient_name.as_deref(),
        address.company_name.as_deref(),
        Some(&address.address_line1),
        address.address_line2.as_deref(),
        Some(&town),
        address.state_or_province.as_deref(),
        Some(&address.country),
    ];
    lines.into_iter().flatten().map(line).filter(|line| !line.is_empty()).collect()
}

pub(crate) fn order_cancelled(event: &OrderCancelled) -> Draft {
    let refund = &event.refund_details;
    let items = event.items_cancelled.iter();
    let context = json!({
        "orderNumber": line(&event.order.order_number),
        "reason": event.cancellation_reason_code,
        "items": items.map(|item| json!({ "name": line(&item.product_name), "quantity": item.quantity_cancelled }))
            .collect::<Vec<_>>(),
        "totalAmount": event.original_order_total,
        "refundAmount": refund.refund_amount.filter(|_| refund.is_refund_applicable).and_then(unless_zero),
    });
    let to = of_order(&event.order, &event.customer_email, None);
    Draft::about_order("order-cancelled", event.order.order_id, to, context)
}

pub(crate) fn order_shipped(event: &OrderShipped) -> Draft {
    let items = event.items_shipped.iter();
    let context = json!({
        "orderNumber": line(&event.order.order_number),
        "partial": event.shipment_type == ShipmentType::Partial,
        "items": items.map(|item| json!({ "name": line(&item.product_name), "quantity": item.quantity_shipped }))
            .collect::<Vec<_>>(),
        "carrierName": line(&event.carrier_name),
        "trackingNumber": line(&event.tracking_number),
        "trackingUrl": event.tracking_url.as_deref().filter(|url| is_safe(url)),
        "estimatedDeliveryDate": event.estimated_delivery_date.as_deref().map(line),
        "addressLines": address_lines(&event.destination_address),
    });
    let to = of_order(&event.order, &event.customer_email, Some(&event.customer_name));
    Draft::about_order("order-shipped", event.order.order_id, to, context)
}

pub(crate) fn refund_confirmation(event: &RefundSucceeded) -> Draft {
    let context = json!({
        "orderNumber": line(&event.order_number),
        "amount": event.amount_refunded,
        "fullyRefunded": event.fully_refunded,
        "refundedAt": event.succeeded_at,
    });
    let to = Recipient { user: event.user_id, address: event.customer_email.clone(), name: None };
    Draft::about_order("refund-confirmation", event.order_id, to, context)
}

pub(crate) fn payment_failed(event: &PaymentFailed) -> Draft {
    let context = json!({
        "orderNumber": line(&event.order_number),
        "amount": event.amount,
        "reason": event.failure_reason,
        "retryable": event.retryable,
    });
    let to = Recipient { user: event.user_id, address: event.customer_email.clone(), name: None };
    Draft::about_order("payment-failed", event.order_id, to, context)
}
