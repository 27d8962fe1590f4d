//! Words the tests are written in: a shop with customers, and what must hold of it at any time.

use crate::world::{Gateway, World, inventory, payment};
use api::ids::{OrderId, PaymentId};
use api::inventory::ReservationStatus;
use api::order::{
    Order, OrderCancelled, OrderCreated, OrderPaymentStatus, OrderPlaced, OrderStatus, PlaceOrder, Violations,
};
use api::payment::{PaymentStatus, PaymentSucceeded, RefundSucceeded};
use api::user::{UserCreated, UserSource, UserStatus};
use auth::{Role, UserId};
use base::{Currency, Money};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use testkit::{Answer, TestRequest, TestService};

/// Longer than any checkout budget, lease of a dead process, or first wait.
pub(crate) const A_WHILE: Duration = Duration::from_secs(60);

pub(crate) struct Shop {
    service: TestService,
    pub(crate) world: World,
    /// A customer whose account the shop knows.
    pub(crate) ada: UserId,
    refunds_told: BTreeSet<String>,
}

impl Deref for Shop {
    type Target = TestService;

    fn deref(&self) -> &TestService {
        &self.service
    }
}

impl DerefMut for Shop {
    fn deref_mut(&mut self) -> &mut TestService {
        &mut self.service
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With some settings of `[order]` changed.
    pub(crate) async fn open_with(settings: &[(&str, &str)]) -> Self {
        let world = World::new();
        let mut builder = TestService::of(order::definition());
        for (name, router) in world.routers() {
            builder = builder.peer(name, router);
        }
        for (key, value) in settings {
            builder = builder.setting("order", key, *value);
        }
        let service = builder.start().await;
        world.set_clock(service.clock.clone());
        let shop = Self { service, world, ada: UserId::new(), refunds_told: BTreeSet::new() };
        shop.knows(shop.ada, "ada@example.org").await;
        shop
    }

    /// The user service tells of an account.
    pub(crate) async fn knows(&self, user: UserId, email: &str) {
        let created = UserCreated {
            user_id: user,
            aggregate_version: 1,
            email: email.to_owned(),
            username: None,
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            status: UserStatus::PendingVerification,
            roles: vec!["customer".to_owned()],
            source: UserSource::Direct,
            locale: "en".to_owned(),
            timezone: "UTC".to_owned(),
            marketing_consent: false,
            created_at: self.clock.now(),
        };
        let _delivered = self.publish(created).await;
    }

    /// Ada's cart holds one article of 19.90 of which there are ten.
    pub(crate) fn fill(&self) -> crate::world::Article {
        let article = self.world.article(1_990, 10);
        self.world.fill_cart(&self.ada.to_string(), &[(&article, 2)], Currency::EUR);
        article
    }

    pub(crate) fn pays_at_once(&self) {
        self.world.memory().gateway = Gateway::Pays;
    }

    /// Ada's request to place an order.
    pub(crate) fn place(&self) -> TestRequest {
        self.post("/api/orders").as_user(self.ada).json(&body())
    }

    /// Places Ada's order on the gateway's page.
    pub(crate) async fn placed(&self) -> Order {
        let _article = self.fill();
        self.place().await.expect(201).json()
    }

    /// Places and pays Ada's order.
    pub(crate) async fn paid(&self) -> Order {
        let _article = self.fill();
        self.pays_at_once();
        let order: Order = self.place().await.expect(201).json();
        assert_eq!(order.status, OrderStatus::Confirmed);
        order
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        self.get(&format!("/api/orders/{id}")).as_user(self.ada).await.expect(200).json()
    }

    pub(crate) async fn put_status(&self, id: OrderId, body: &Value) -> Answer {
        self.put(&format!("/api/orders/{id}")).as_staff(&[Role::Admin]).json(body).await
    }

    pub(crate) async fn cancel(&self, id: OrderId) -> Answer {
        let body = json!({ "reasonCode": "CUSTOMER_REQUEST" });
        self.post(&format!("/api/orders/{id}/cancel")).as_user(self.ada).json(&body).await
    }

    pub(crate) async fn pay_again(&self, id: OrderId) -> Answer {
        let body = json!({ "flow": "SAVED_METHOD", "paymentMethodId": "pm_card_visa" });
        self.post(&format!("/api/orders/{id}/payments")).as_user(self.ada).json(&body).await
    }

    /// The gateway takes the money of an open payment and says so.
    pub(crate) fn succeeded(&self, id: PaymentId) -> PaymentSucceeded {
        let payment = self.world.decide(id, PaymentStatus::Succeeded);
        PaymentSucceeded {
            aggregate_version: payment.version,
            payment_id: payment.id,
            order_id: payment.order_id,
            order_number: String::new(),
            user_id: None,
            customer_email: None,
            amount_paid: payment.amount,
            payment_method_details: payment::visa(),
            gateway_transaction_id: "ch_1".to_owned(),
            succeeded_at: self.clock.now(),
        }
    }

    /// Lets everything due happen, the neighbours react to what was published, and so on.
    pub(crate) async fn calm(&mut self) {
        for _ in 0..3 {
            self.settle().await;
            self.neighbours_react().await;
        }
        self.settle().await;
    }

    /// Moves the clock and calms down.
    pub(crate) async fn calm_after(&mut self, time: Duration) {
        self.clock.advance(time);
        self.calm().await;
    }

    /// Inventory, payment and cart hear what was published; hearing it again changes nothing.
    async fn neighbours_react(&mut self) {
        let now = self.clock.now();
        for cancelled in self.published::<OrderCancelled>().await {
            let order_id = cancelled.order.order_id;
            let mut memory = self.world.memory();
            inventory::release(&mut memory, order_id);
            payment::order_cancelled(&mut memory, order_id, now);
            for cart in memory.carts.values_mut().filter(|cart| cart.id == cancelled.cart_id) {
                cart.snapshot.take_if(|snapshot| snapshot.order_id == order_id);
            }
        }
        for placed in self.published::<OrderPlaced>().await {
            let mut memory = self.world.memory();
            for cart in memory.carts.values_mut().filter(|cart| cart.id == placed.cart_id) {
                assert_eq!(cart.version, placed.cart_version, "the event names the version that was sold");
                cart.items.clear();
                cart.snapshot = None;
            }
        }
        let refunds = self.world.memory().refunds.clone();
        for (key, refund) in refunds {
            if !self.refunds_told.insert(key) {
                continue;
            }
            let told = RefundSucceeded {
                aggregate_version: 2,
                refund_id: refund.id,
                payment_id: refund.payment_id,
                order_id: refund.order_id,
                order_number: String::new(),
                user_id: None,
                customer_email: None,
                amount_refunded: refund.amount,
                gateway_refund_id: "re_1".to_owned(),
                fully_refunded: true,
                succeeded_at: now,
            };
            let _delivered = self.publish(told).await;
        }
    }

    /// Everything that must hold of every order of Ada's, whatever happened before.
    pub(crate) async fn assert_sound(&self) {
        let page: base::page::Page<Order> =
            self.get("/api/orders?all=true&limit=100").as_staff(&[Role::Admin]).await.expect(200).json();
        for order in &page.items {
            self.assert_order_sound(order);
        }
        let placed = self.published::<OrderPlaced>().await;
        let unique: BTreeSet<_> = placed.iter().map(|placed| placed.order.order_id).collect();
        assert_eq!(unique.len(), placed.len(), "an order is placed once");
        let created = self.published::<OrderCreated>().await;
        let unique: BTreeSet<_> = created.iter().map(|created| created.order.order_id).collect();
        assert_eq!(unique.len(), created.len(), "an order is created once");
        assert_eq!(self.violations().await, Violations::default());
    }

    fn assert_order_sound(&self, order: &Order) {
        let memory = self.world.memory();
        let hold = memory.holds.get(&order.id).map(|hold| hold.status);
        let paid: Vec<_> = memory
            .payments
            .iter()
            .filter(|p| p.order_id == order.id && p.status == PaymentStatus::Succeeded)
            .collect();
        let total: i64 = order.explanation.iter().map(|step| step.amount.minor).sum();
        assert_eq!(total, order.totals.total_amount.minor, "the explanation adds up");
        match order.status {
            OrderStatus::Cancelled => {
                assert!(
                    !matches!(hold, Some(ReservationStatus::Pending | ReservationStatus::Confirmed)),
                    "{hold:?}"
                );
                assert!(paid.is_empty(), "a cancelled order keeps no money");
            }
            OrderStatus::PendingPayment | OrderStatus::PaymentFailed | OrderStatus::PaymentProcessing => {
                assert_eq!(hold, Some(ReservationStatus::Pending));
            }
            OrderStatus::Pending => panic!("the checkout of {} did not end", order.id),
            _ => {
                assert_eq!(hold, Some(ReservationStatus::Confirmed), "{:?}", order.status);
                assert_eq!(paid.len(), 1, "paid exactly once");
                assert_eq!(paid[0].amount, order.totals.total_amount);
            }
        }
    }

    pub(crate) async fn violations(&self) -> Violations {
        self.get("/internal/orders/invariants").as_client(&["invariants:read"]).await.expect(200).json()
    }

    /// That nothing of a checkout is left.
    pub(crate) fn assert_untouched(&self, article: &crate::world::Article) {
        assert_eq!(self.world.stock(article), 10, "no stock is held");
        assert!(!self.world.cart(&self.ada.to_string()).is_locked(), "the cart is free");
        assert_eq!(self.world.kept_minor(), 0, "no money is kept");
    }
}

/// A request to place an order on the gateway's page.
pub(crate) fn body() -> PlaceOrder {
    serde_json::from_value(body_json()).expect("the body is a valid request")
}

pub(crate) fn body_json() -> Value {
    json!({
        "shippingAddress": {
            "recipientName": "Ada Lovelace", "addressLine1": "Unter den Linden 1", "city": "Berlin",
            "postalCode": "10117", "country": "DE"
        },
        "shippingMethod": "STANDARD",
        "payment": { "flow": "CHECKOUT_REDIRECT", "returnUrl": "http://shop.test/done" }
    })
}

pub(crate) fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// What is paid, in short.
pub(crate) fn money(order: &Order) -> (OrderStatus, OrderPaymentStatus) {
    (order.status, order.payment_status)
}
