//! The neighbours of the order service as small models with a memory, so that a test can ask what
//! they hold in the end, and make any call fail before or after its effect.

mod cart;
pub(crate) mod inventory;
pub(crate) mod payment;
mod product;
mod user;

use api::cart::CartSnapshot;
use api::ids::{AddressId, CartId, OrderId, PaymentId, ProductId, ReservationId, UserId, VariantId};
use api::inventory::{ReservationStatus, ReserveLine};
use api::payment::{FailureReason, Payment, PaymentStatus, Refund};
use api::shared::{Address, CartItem};
use api::user::UserStatus;
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use base::{Clock, Currency, Error, Timestamp};
use service::http::Failure;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 500 before anything happened.
    Before,
    /// 500 although everything happened.
    After,
    /// Everything happens, and no answer ever comes.
    Silence,
    /// An earlier call with the same key is still at work.
    Busy,
}

/// What the gateway does with a new payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// The customer is sent to a page.
    #[default]
    Redirect,
    /// The money comes at once.
    Pays,
    /// The card is declined.
    Declines,
    /// The money is held.
    Holds,
}

#[derive(Clone, Debug)]
pub(crate) struct Article {
    pub(crate) product_id: ProductId,
    pub(crate) variant_id: VariantId,
    pub(crate) price_minor: i64,
    pub(crate) sellable: bool,
    pub(crate) stock: i64,
    pub(crate) weight_grams: i64,
    pub(crate) tax_class: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Cart {
    pub(crate) id: CartId,
    pub(crate) version: i64,
    pub(crate) items: Vec<CartItem>,
    pub(crate) coupons: Vec<String>,
    pub(crate) snapshot: Option<CartSnapshot>,
}

impl Cart {
    pub(crate) fn is_locked(&self) -> bool {
        self.snapshot.is_some()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) id: ReservationId,
    pub(crate) status: ReservationStatus,
    pub(crate) lines: Vec<ReserveLine>,
    pub(crate) expires_at: Timestamp,
}

/// What the neighbours remember.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// By user id or cart token.
    pub(crate) carts: BTreeMap<String, Cart>,
    pub(crate) articles: Vec<Article>,
    pub(crate) discounts: Vec<serde_json::Value>,
    pub(crate) holds: BTreeMap<OrderId, Hold>,
    pub(crate) payments: Vec<Payment>,
    /// Key of each payment.
    pub(crate) payment_keys: BTreeMap<String, PaymentId>,
    pub(crate) refunds: BTreeMap<String, Refund>,
    pub(crate) gateway: Gateway,
    /// Accounts the order service was not told of.
    pub(crate) accounts: BTreeMap<UserId, UserStatus>,
    pub(crate) addresses: BTreeMap<(UserId, AddressId), Address>,
    /// Somebody buys everything right after the product service has answered.
    pub(crate) raid: bool,
    /// Every call that had its effect, in order.
    pub(crate) calls: Vec<String>,
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
}

/// The neighbours.
#[derive(Clone)]
pub(crate) struct World {
    memory: Arc<Mutex<Memory>>,
    clock: Arc<Mutex<Clock>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { memory: Arc::default(), clock: Arc::new(Mutex::new(Clock::manual(Timestamp::EPOCH))) }
    }

    /// Takes the clock of the service under test.
    pub(crate) fn set_clock(&self, clock: Clock) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).now()
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next calls of `name` go wrong, one after the other.
    pub(crate) fn fail(&self, name: &'static str, faults: &[Fault]) {
        self.memory().faults.entry(name).or_default().extend(faults);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.memory().faults.clear();
    }

    /// Pieces held for good.
    pub(crate) fn sold(&self) -> i64 {
        let memory = self.memory();
        let confirmed = memory.holds.values().filter(|hold| hold.status == ReservationStatus::Confirmed);
        confirmed.flat_map(|hold| &hold.lines).map(|line| line.quantity).sum()
    }

    /// The neighbours by name.
    pub(crate) fn routers(&self) -> [(&'static str, Router); 5] {
        [
            ("cart", cart::router(self.clone())),
            ("product", product::router(self.clone())),
            ("inventory", inventory::router(self.clone())),
            ("payment", payment::router(self.clone())),
            ("user", user::router(self.clone())),
        ]
    }

    /// Does the work of the call `name`, unless it is its turn to go wrong.
    pub(crate) async fn call(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut Memory) -> Result<Response, Error>,
    ) -> Response {
        let fault = self.memory().faults.get_mut(name).and_then(VecDeque::pop_front);
        let broken = || Failure(Error::internal("the test wants it so")).into_response();
        if fault == Some(Fault::Before) {
            return broken();
        }
        if fault == Some(Fault::Busy) {
            return Failure(Error::conflict("request-in-progress", "still running")).into_response();
        }
        let answer = {
            let mut memory = self.memory();
            memory.calls.push(name.to_owned());
            work(&mut memory)
        };
        match fault {
            None | Some(Fault::Before | Fault::Busy) => {
                answer.unwrap_or_else(|error| Failure(error).into_response())
            }
            Some(Fault::After) => broken(),
            Some(Fault::Silence) => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                broken()
            }
        }
    }

    /// Puts an article on sale.
    pub(crate) fn article(&self, price_minor: i64, stock: i64) -> Article {
        let article = Article {
            product_id: ProductId::new(),
            variant_id: VariantId::new(),
            price_minor,
            sellable: true,
            stock,
            weight_grams: 500,
            tax_class: "standard",
        };
        self.memory().articles.push(article.clone());
        article
    }

    pub(crate) fn change(&self, article: &Article, change: impl Fn(&mut Article)) {
        let mut memory = self.memory();
        let found = memory.articles.iter_mut().find(|one| one.variant_id == article.variant_id);
        change(found.expect("the article is on sale"));
    }

    pub(crate) fn stock(&self, article: &Article) -> i64 {
        let memory = self.memory();
        memory.articles.iter().find(|one| one.variant_id == article.variant_id).map_or(0, |one| one.stock)
    }

    /// Fills the cart of `owner`, a user id or cart token.
    pub(crate) fn fill_cart(&self, owner: &str, items: &[(&Article, i64)], currency: Currency) -> Cart {
        let cart = Cart {
            id: CartId::new(),
            version: 3,
            items: items.iter().map(|(article, quantity)| cart::item(article, *quantity, currency)).collect(),
            coupons: Vec::new(),
            snapshot: None,
        };
        self.memory().carts.insert(owner.to_owned(), cart.clone());
        cart
    }

    pub(crate) fn cart(&self, owner: &str) -> Cart {
        self.memory().carts[owner].clone()
    }

    pub(crate) fn payments(&self) -> Vec<Payment> {
        self.memory().payments.clone()
    }

    /// The gateway decides a payment.
    pub(crate) fn decide(&self, id: PaymentId, status: PaymentStatus) -> Payment {
        let mut memory = self.memory();
        let payment =
            memory.payments.iter_mut().find(|payment| payment.id == id).expect("the payment exists");
        payment.status = status;
        payment.version += 1;
        payment.next_action = None;
        payment.failure_reason = (status == PaymentStatus::Failed).then_some(FailureReason::CardDeclined);
        payment.clone()
    }

    /// Money the customer lost and did not get back, in minor units.
    pub(crate) fn kept_minor(&self) -> i64 {
        let memory = self.memory();
        memory
            .payments
            .iter()
            .filter(|p| p.status.was_paid())
            .map(|p| p.amount.minor - p.refunded_amount.minor)
            .sum()
    }
}
