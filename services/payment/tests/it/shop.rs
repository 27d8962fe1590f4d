//! A shop around the service under test: orders to pay for, people who pay, and the two sets of
//! books that have to agree.

use api::ids::{OrderId, PaymentId, RefundId, UserId};
use api::order::{CancellationReason, OrderCancelled, OrderStatus, Payable};
use api::payment::{
    ConfirmPayment, CreatePayment, Payment, PaymentFlow, PaymentStatus, Refund, RefundPayment,
    SimulatorBooks, Violations,
};
use api::shared::Actor;
use auth::Role;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base::{Currency, Error, Id, Money};
use service::http::{Failure, Json, Path};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Answer, TestRequest, TestService};

pub(crate) const VISA: &str = "pm_card_visa";
pub(crate) const PRICE: i64 = 11_900;

type Orders = Arc<Mutex<HashMap<OrderId, Payable>>>;

pub(crate) struct Shop {
    pub(crate) t: TestService,
    pub(crate) customer: UserId,
    orders: Orders,
}

async fn payable(State(orders): State<Orders>, Path(id): Path<OrderId>) -> Response {
    match orders.lock().expect("no panic while holding it").get(&id).cloned() {
        Some(payable) => Json(payable).into_response(),
        None => Failure(Error::not_found("order")).into_response(),
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// A shop with other settings of `[payment]`.
    pub(crate) async fn open_with(settings: &[(&str, &str)]) -> Self {
        let orders = Orders::default();
        let stub =
            Router::new().route("/internal/orders/{id}/payable", get(payable)).with_state(orders.clone());
        let builder = TestService::of(payment::definition()).peer("order", stub);
        let builder =
            settings.iter().fold(builder, |builder, (key, value)| builder.setting("payment", key, *value));
        let t = builder.start().await;
        // Recurring tasks count from the moment they are first seen.
        t.settle().await;
        Self { t, customer: Id::new(), orders }
    }

    /// A new order of the customer over [`PRICE`] that waits for its money.
    pub(crate) fn order(&self) -> OrderId {
        self.order_over(Money::new(PRICE, Currency::EUR))
    }

    pub(crate) fn order_over(&self, amount: Money) -> OrderId {
        let order_id = OrderId::new();
        let part = |minor| Some(Money::new(amount.minor * minor / PRICE, amount.currency));
        let payable = Payable {
            order_id,
            order_number: "ORD-7ZZZZZZZZZ".into(),
            user_id: Some(self.customer),
            customer_email: "ada@example.org".into(),
            customer_name: "Ada".into(),
            amount,
            subtotal: part(10_000),
            discount_amount: part(500),
            tax_amount: part(1_900),
            shipping_net: part(500),
            status: OrderStatus::PendingPayment,
            payment_deadline: Some(self.t.clock.now() + Duration::from_mins(30)),
        };
        self.orders.lock().expect("no panic while holding it").insert(order_id, payable);
        order_id
    }

    pub(crate) fn change_order(&self, id: OrderId, change: impl FnOnce(&mut Payable)) {
        change(
            self.orders
                .lock()
                .expect("no panic while holding it")
                .get_mut(&id)
                .expect("an order of this shop"),
        );
    }

    /// Asks for a payment as the order service does.
    pub(crate) fn create(&self, order_id: OrderId, flow: PaymentFlow, method: Option<&str>) -> TestRequest {
        self.t.post("/api/payments").as_service("order").json(&creation(order_id, flow, method))
    }

    /// A new payment on the gateway's page.
    pub(crate) async fn start(&self, order_id: OrderId) -> Payment {
        self.create(order_id, PaymentFlow::CheckoutRedirect, None).await.expect(201).json()
    }

    /// Pays with a method as an API client does.
    pub(crate) fn confirm(&self, id: PaymentId, method: &str) -> TestRequest {
        let body = ConfirmPayment { payment_method_id: Some(method.into()), return_url: None };
        self.t.post(&format!("/api/payments/{id}/confirm")).as_user(self.customer).json(&body)
    }

    /// A new order, paid with `method`.
    pub(crate) async fn paid(&self, method: &str) -> Payment {
        self.paid_order(self.order(), method).await
    }

    pub(crate) async fn paid_order(&self, order: OrderId, method: &str) -> Payment {
        let payment = self.start(order).await;
        let paid: Payment = self.confirm(payment.id, method).await.expect(200).json();
        assert_eq!(paid.status, PaymentStatus::Succeeded);
        paid
    }

    pub(crate) async fn payment(&self, id: PaymentId) -> Payment {
        self.t.get(&format!("/api/payments/{id}")).as_service("order").await.expect(200).json()
    }

    pub(crate) async fn status(&self, id: PaymentId) -> PaymentStatus {
        self.payment(id).await.status
    }

    pub(crate) fn refund_request(&self, id: PaymentId, minor: Option<i64>, reason: &str) -> TestRequest {
        let amount = minor.map(|minor| Money::new(minor, Currency::EUR));
        let body = RefundPayment { amount, reason: reason.into(), notes: None };
        self.t.post(&format!("/api/payments/{id}/refund")).as_staff(&[Role::Finance]).json(&body)
    }

    pub(crate) async fn refund(&self, id: PaymentId, minor: Option<i64>, reason: &str) -> Refund {
        self.refund_request(id, minor, reason).await.expect(202).json()
    }

    pub(crate) async fn refund_now(&self, id: RefundId) -> Refund {
        self.t.get(&format!("/api/refunds/{id}")).as_service("order").await.expect(200).json()
    }

    pub(crate) async fn cancel_order(&self, order_id: OrderId) {
        self.change_order(order_id, |payable| payable.status = OrderStatus::Cancelled);
        self.t.publish(self.cancellation(order_id)).await;
    }

    pub(crate) fn cancellation(&self, order_id: OrderId) -> OrderCancelled {
        let price = Money::new(PRICE, Currency::EUR);
        let value = serde_json::json!({
            "aggregateVersion": 3, "orderId": order_id, "orderNumber": "ORD-7ZZZZZZZZZ", "userId": self.customer,
            "customerEmail": "ada@example.org", "cartId": Id::<()>::new(), "cartVersion": 1,
            "cancelledAt": self.t.clock.now(), "cancellationReasonCode": CancellationReason::CustomerRequest,
            "cancelledBy": Actor::system(), "previousStatus": OrderStatus::PendingPayment,
            "originalOrderTotal": price, "currency": "EUR", "itemsCancelled": [],
            "refundDetails": { "isRefundApplicable": false, "refundStatus": "NONE" },
            "inventoryRestockRequested": true
        });
        serde_json::from_value(value).expect("an OrderCancelled of the contract")
    }

    /// Lets webhooks arrive and everything else happen that needs no more than a moment.
    pub(crate) async fn moment(&self) {
        self.t.after(Duration::from_secs(11)).await;
        self.t.after(Duration::from_secs(11)).await;
    }

    /// Lets so much time pass that the reconciliation has asked about everything.
    pub(crate) async fn while_later(&self) {
        for _ in 0..3 {
            self.t.after(Duration::from_mins(5)).await;
        }
    }

    /// What the gateway says it did.
    pub(crate) async fn books(&self) -> SimulatorBooks {
        self.t.get("/internal/simulator/charges").as_client(&["simulator:read"]).await.expect(200).json()
    }

    /// What the gateway has of an order: taken and not given back, in minor units.
    pub(crate) async fn kept(&self, order: OrderId) -> i64 {
        let books = self.books().await;
        let charges = books.charges.iter().filter(|charge| charge.order_id == Some(order));
        charges.map(|charge| charge.captured.minor - charge.refunded.minor).sum()
    }

    /// How often the gateway took money for an order.
    pub(crate) async fn charges(&self, order: OrderId) -> usize {
        let books = self.books().await;
        books
            .charges
            .iter()
            .filter(|charge| charge.order_id == Some(order) && charge.captured.minor > 0)
            .count()
    }

    /// Panics unless every invariant holds and the gateway's books agree with ours.
    pub(crate) async fn check(&self) {
        let answer = self.t.get("/internal/payments/invariants").as_client(&["invariants:read"]).await;
        let found: Violations = answer.expect(200).json();
        assert_eq!(found.violations, []);
    }
}

pub(crate) fn creation(order_id: OrderId, flow: PaymentFlow, method: Option<&str>) -> CreatePayment {
    CreatePayment {
        order_id,
        flow: Some(flow),
        payment_method_id: method.map(str::to_owned),
        save_method: None,
        return_url: None,
        cancel_url: None,
        amount: None,
    }
}

/// The path of the page the customer has to open.
pub(crate) fn page_of(payment: &Payment) -> String {
    let url = payment.next_action.as_ref().and_then(|next| next.url.as_deref()).expect("a page");
    url.strip_prefix("http://shop.test").expect("a page of this shop").to_owned()
}

/// The payment in a 402.
pub(crate) fn declined(answer: Answer) -> PaymentId {
    let problem = answer.problem(402, "payment-declined");
    serde_json::from_value(problem.extra["paymentId"].clone()).expect("the id of the payment")
}
