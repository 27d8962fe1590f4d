//! Step 1 of a checkout: what the customer asks for, checked and stored. No cart, stock or money
//! is touched yet.

use super::checkout::AdvanceCheckout;
use super::viewer::id_of;
use crate::App;
use crate::domain::number;
use crate::domain::order::{Amounts, Customer, Move, Order};
use crate::domain::tariff::Tariff;
use crate::error::{OrderError, Result};
use crate::ops::place_order::Shopper;
use crate::ops::quote::place_of;
use crate::store;
use crate::store::customers::Known;
use crate::store::orders::Origin;
use crate::store::sagas::{Saga, SagaData};
use api::ids::{AddressId, OrderId, UserId};
use api::order::{OrderPaymentStatus, OrderStatus, PaymentChoice, PlaceOrder};
use api::payment::{PaymentFlow, return_link};
use api::shared::{Actor, ActorKind, Address};
use api::user::UserStatus;
use auth::AccountStatus;
use base::{Check, Error, Kind};
use events::tasks;
use std::time::Duration;

/// How often an order number is drawn anew when it is taken.
const DRAWS: u32 = 5;

/// Stores a new order in state PENDING together with its checkout and the task that finishes it.
///
/// # Errors
/// 422 `validation`; [`OrderError::ShippingUnavailable`], [`OrderError::AccountInactive`],
/// [`OrderError::EmailUnverified`]; a unique violation if the key was used meanwhile.
pub(super) async fn accept(
    app: &App,
    tariff: &Tariff,
    shopper: &Shopper,
    body: PlaceOrder,
    origin: &Origin,
) -> Result<OrderId> {
    check(app, &body, shopper)?;
    let customer = customer(app, shopper, &body).await?;
    let (shipping_address, shipping_address_id) = shipping_address(app, shopper, &body).await?;
    let billing_address = billing_address(app, shopper, &body, &shipping_address).await?;
    let destination = tariff.destination(&place_of(&shipping_address));
    if !destination.is_some_and(|destination| destination.ships(body.shipping_method)) {
        return Err(OrderError::ShippingUnavailable);
    }
    let name = name(&customer, &shipping_address);
    let actor = actor(shopper);
    let now = app.clock.now();
    let order = Order {
        id: OrderId::new(),
        number: String::new(),
        customer: Customer { name, ..customer },
        status: OrderStatus::Pending,
        payment_status: OrderPaymentStatus::Unpaid,
        currency: app.currency,
        amounts: Amounts::default(),
        explanation: Vec::new(),
        coupons: Vec::new(),
        shipping_method: body.shipping_method,
        shipping_address,
        shipping_address_id,
        billing_address,
        notes: body.customer_notes.filter(|notes| !notes.trim().is_empty()),
        cart: None,
        reservation_id: None,
        payment_deadline: None,
        paid_by: None,
        cancellation: None,
        cancellation_notes: None,
        flags: Vec::new(),
        placed_at: None,
        delivered_at: None,
        created_at: now,
        updated_at: now,
        sequence: 0,
        version: 1,
        lines: Vec::new(),
        attempts: Vec::new(),
        shipments: Vec::new(),
        moves: vec![Move { from: None, to: OrderStatus::Pending, actor, reason: None }],
    };
    let data = SagaData {
        cart_token: shopper.cart_token().map(str::to_owned),
        cart_version: body.cart_version,
        coupon: body.coupon_code,
        payment: body.payment,
        payment_attempt: 1,
        cart_id: None,
        snapshot: None,
        offer: None,
        line_ids: Vec::new(),
        reservation_id: None,
        problem: None,
    };
    store_new(app, order, data, origin).await
}

async fn store_new(app: &App, order: Order, data: SagaData, origin: &Origin) -> Result<OrderId> {
    let mut draws = 0;
    loop {
        let mut order = order.clone();
        order.number = number::order_number(base::keys::random_bytes());
        let saga = Saga::new(order.id, data.clone(), order.created_at);
        let mut tx = app.db.begin().await?;
        match store::orders::insert(&mut tx, &mut order, origin).await {
            Err(OrderError::Db(error)) if error.is_unique("customer_order_number") && draws < DRAWS => {
                draws += 1;
                continue;
            }
            other => other?,
        }
        store::sagas::insert(&mut tx, &saga).await?;
        // If this process dies, somebody else goes on shortly after the client has given up.
        let later = tx.now() + app.config.checkout_budget.0 + Duration::from_secs(2);
        tasks::schedule(&mut tx, &AdvanceCheckout { order_id: order.id }, later).await?;
        tx.commit().await?;
        return Ok(order.id);
    }
}

fn check(app: &App, body: &PlaceOrder, shopper: &Shopper) -> Result<()> {
    let mut check = Check::new();
    let pair = |check: &mut Check, at: &str, both: bool| {
        check.that(!both, at, "ambiguous", "give a stored address or an address, not both");
    };
    pair(
        &mut check,
        "/shippingAddressId",
        body.shipping_address_id.is_some() && body.shipping_address.is_some(),
    );
    pair(
        &mut check,
        "/billingAddressId",
        body.billing_address_id.is_some() && body.billing_address.is_some(),
    );
    let any = body.shipping_address_id.is_some() || body.shipping_address.is_some();
    check.that(any, "/shippingAddress", "required", "give an address or the id of a stored one");
    if let Some(address) = &body.shipping_address {
        address.check(&mut check, "/shippingAddress");
    }
    if let Some(address) = &body.billing_address {
        address.check(&mut check, "/billingAddress");
    }
    if matches!(shopper, Shopper::Guest(_)) {
        let stored = body.shipping_address_id.is_some() || body.billing_address_id.is_some();
        check.that(!stored, "/shippingAddressId", "unknown", "guests have no stored addresses");
        check.that(body.email.is_some(), "/email", "required", "guests give a mail address");
    }
    if let Some(email) = &body.email {
        check.email("/email", email);
    }
    check.opt_multiline("/customerNotes", body.customer_notes.as_deref(), 0..=500);
    check.opt_text("/couponCode", body.coupon_code.as_deref(), 1..=64);
    check_choice(app, &mut check, &body.payment, "/payment");
    Ok(check.finish()?)
}

/// Notes what is wrong with the way somebody wants to pay.
pub(super) fn check_choice(app: &App, check: &mut Check, choice: &PaymentChoice, at: &str) {
    let pointer = |name: &str| format!("{at}/{name}");
    let saved = choice.flow == PaymentFlow::SavedMethod;
    let named = choice.payment_method_id.is_some();
    check.that(
        !saved || named,
        &pointer("paymentMethodId"),
        "required",
        "SAVED_METHOD needs the method to charge",
    );
    check.opt_text(&pointer("paymentMethodId"), choice.payment_method_id.as_deref(), 1..=200);
    for (name, url) in [("returnUrl", &choice.return_url), ("cancelUrl", &choice.cancel_url)] {
        let Some(url) = url else { continue };
        let own = return_link::is_allowed(url, &app.return_origins);
        check.that(own, &pointer(name), "foreign-origin", "must lead back to the shop");
    }
}

async fn customer(app: &App, shopper: &Shopper, body: &PlaceOrder) -> Result<Customer> {
    let Shopper::User(user) = shopper else {
        let email = body.email.clone().unwrap_or_default();
        return Ok(Customer { user_id: None, email, name: String::new() });
    };
    if !matches!(
        user.status,
        AccountStatus::Active | AccountStatus::PendingVerification | AccountStatus::Locked
    ) {
        return Err(OrderError::AccountInactive);
    }
    if app.config.require_verified_email && !user.email_verified {
        return Err(OrderError::EmailUnverified);
    }
    let user_id = id_of(user);
    let known = store::customers::by_id(&mut app.db.conn().await?, user_id).await?;
    let known = match known {
        Some(known) => known,
        // The news of a fresh account is still on its way, so the user service is asked.
        None => account(app, user_id).await?,
    };
    if matches!(known.status, UserStatus::Suspended | UserStatus::Deactivated | UserStatus::Deleted) {
        return Err(OrderError::AccountInactive);
    }
    Ok(Customer { user_id: Some(user_id), email: known.email, name: known.name })
}

async fn account(app: &App, user_id: UserId) -> Result<Known> {
    let account = match app.user.account(user_id).await {
        Err(error) if error.kind() == Kind::NotFound => return Err(OrderError::AccountInactive),
        other => other?,
    };
    let names = [account.first_name, account.last_name].map(Option::unwrap_or_default);
    Ok(Known {
        user_id,
        version: account.version,
        email: account.email,
        name: names.join(" ").trim().to_owned(),
        status: account.status,
    })
}

fn name(customer: &Customer, address: &Address) -> String {
    let given = Some(customer.name.clone()).filter(|name| !name.is_empty());
    given.or_else(|| address.recipient_name.clone()).unwrap_or_else(|| customer.email.clone())
}

async fn shipping_address(
    app: &App,
    shopper: &Shopper,
    body: &PlaceOrder,
) -> Result<(Address, Option<AddressId>)> {
    match (body.shipping_address_id, &body.shipping_address, shopper.user_id()) {
        (Some(id), _, Some(user_id)) => Ok((stored(app, user_id, id, "/shippingAddressId").await?, Some(id))),
        (_, Some(address), _) => Ok((address.clone(), None)),
        _ => Err(Error::field("/shippingAddress", "required", "give an address").into()),
    }
}

async fn billing_address(
    app: &App,
    shopper: &Shopper,
    body: &PlaceOrder,
    shipping: &Address,
) -> Result<Address> {
    match (body.billing_address_id, &body.billing_address, shopper.user_id()) {
        (Some(id), _, Some(user_id)) => stored(app, user_id, id, "/billingAddressId").await,
        (_, Some(address), _) => Ok(address.clone()),
        _ => Ok(shipping.clone()),
    }
}

/// An address of the customer's book: from the copy here, else from the user service.
async fn stored(app: &App, user_id: UserId, id: AddressId, at: &str) -> Result<Address> {
    let known = store::customers::address(&mut app.db.conn().await?, user_id, id).await?;
    if let Some(address) = known {
        return Ok(address);
    }
    match app.user.address(user_id, id).await {
        Ok(found) => Ok(found.address),
        Err(error) if error.kind() == Kind::NotFound => {
            Err(Error::field(at, "unknown", "there is no such address in the account").into())
        }
        Err(error) => Err(error.into()),
    }
}

fn actor(shopper: &Shopper) -> Actor {
    match shopper {
        Shopper::User(user) => Actor::new(ActorKind::User, user.id),
        Shopper::Guest(_) => Actor { kind: ActorKind::Customer, id: None },
    }
}
