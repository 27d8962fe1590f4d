//! Payments, refunds, the ledger, and the gateways behind one port.
//!
//! Reading order: `domain` (what a payment is), `ops` (what can be done with it), `providers`
//! (the gateways, among them the simulator), `store`, `http`, `events`.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod providers;
mod store;

use api::ids::OrderId;
use api::order::{OrderClient, link as order_link};
use api::payment::return_link as link;
use base::{Clock, Keys, Result};
use config::PaymentConfig;
use db::{Db, Migration};
use domain::refund::RefundFact;
use error::PaymentError;
use providers::simulator::{self, Fee, Simulator};
use providers::{Gateway, Provider};
use service::{Context, Definition, Metrics, Service};
use std::sync::Arc;

const MIGRATIONS: &[Migration] = &[
    Migration::new("payment/0001_payment", include_str!("../migrations/0001_payment.sql")),
    Migration::new("payment/0002_ledger", include_str!("../migrations/0002_ledger.sql")),
];

/// What the platform needs to know of payment-service.
pub fn definition() -> Definition {
    Definition {
        name: "payment",
        registry_name: "payment-service",
        port: 8106,
        migrations: MIGRATIONS,
        document: || http::routes().document(),
        build: |cx| Box::pin(build(cx)),
    }
}

pub(crate) struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: PaymentConfig,
    gateway: Gateway,
    order: OrderClient,
    metrics: Metrics,
    /// Base of links, without a slash at the end.
    public_url: String,
    /// Where payment pages may lead back to.
    origins: Vec<String>,
}

pub(crate) type App = Arc<AppState>;

async fn build(cx: Context) -> Result<Service> {
    let db = cx.database(MIGRATIONS).await?;
    let config = cx.config.section::<PaymentConfig>("payment")?.validate()?;
    let provider = Provider::Simulator(simulator(&cx, &config).await?);
    let mut origins = config.return_origins.clone();
    origins.push(cx.public_url.clone());
    let app = Arc::new(AppState {
        db: db.clone(),
        clock: cx.clock.clone(),
        keys: cx.keys.clone(),
        gateway: Gateway::new(provider, config.gateway_timeout.0),
        order: OrderClient::new(&cx.peers),
        metrics: cx.metrics.clone(),
        public_url: cx.public_url.clone(),
        origins,
        config,
    });
    let service =
        Service::new(http::routes().with_state(app.clone())).database::<api::payment::PaymentService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}

/// The simulator with a store of its own.
async fn simulator(cx: &Context, config: &PaymentConfig) -> Result<Simulator> {
    let fee = Fee {
        basis_points: config.simulator_fee_basis_points,
        fixed_minor: config.simulator_fee_fixed_minor,
    };
    Ok(Simulator::new(simulator::Parts {
        db: cx.side_database(simulator::NAME, simulator::MIGRATIONS).await?,
        secret: simulator::secret(&cx.keys),
        public_url: cx.public_url.clone(),
        fee,
        receiver: cx.peers.of("payment"),
    }))
}

impl AppState {
    /// Where a payment page leads back to when nobody said; a guest gets the link of the order.
    fn default_return_url(&self, order: OrderId, is_guest: bool) -> String {
        if is_guest {
            return order_link::page(&self.public_url, &self.keys, order);
        }
        format!("{}{}", self.public_url, self.config.return_path.replace("{orderId}", &order.to_string()))
    }

    /// Refuses links that do not lead back to the shop.
    fn check_link(&self, pointer: &'static str, url: Option<&str>) -> Result<(), PaymentError> {
        let own = url.is_none_or(|url| link::is_allowed(url, &self.origins));
        if own { Ok(()) } else { Err(PaymentError::ForeignLink { pointer }) }
    }

    fn count(&self, fact: &domain::Fact) {
        self.metrics.count(
            "payment_transitions",
            "Payments that changed their state.",
            &[("to", fact.word())],
        );
    }

    fn count_refund(&self, fact: RefundFact) {
        self.metrics.count("refund_transitions", "Refunds that changed their state.", &[("to", fact.word())]);
    }
}
