//! With the clock of the machine and everything running by itself, as in a shop.

use crate::shop::{PRICE, creation};
use api::ids::{OrderId, PaymentId, UserId};
use api::order::{OrderStatus, Payable};
use api::payment::{Payment, PaymentFlow, PaymentStatus};
use auth::ServiceIdentity;
use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::get;
use base::{Clock, Config, Currency, Keys, Money};
use peer::Peer;
use service::http::{Json, Path};
use service::{Host, HostOptions, Store};
use std::collections::BTreeMap;
use std::time::Duration;

async fn payable(Path(order_id): Path<OrderId>) -> axum::response::Response {
    let payable = Payable {
        order_id,
        order_number: "ORD-7ZZZZZZZZZ".into(),
        user_id: Some(UserId::new()),
        customer_email: "ada@example.org".into(),
        customer_name: "Ada".into(),
        amount: Money::new(PRICE, Currency::EUR),
        subtotal: None,
        discount_amount: None,
        tax_amount: None,
        shipping_net: None,
        status: OrderStatus::PendingPayment,
        payment_deadline: None,
    };
    Json(payable).into_response()
}

async fn running(folder: &std::path::Path) -> Host {
    let defaults = include_str!("../../../../config/default.toml");
    let options = HostOptions {
        config: Config::load(defaults, None, &BTreeMap::new()).expect("the defaults are valid"),
        clock: Clock::system(),
        keys: Keys::new([7; 32]),
        store: Store::Sqlite(folder.to_owned()),
        data_dir: folder.to_owned(),
        public_url: "http://shop.test".into(),
        verifier: None,
        background: true,
    };
    let stub = Router::new().route("/internal/orders/{id}/payable", get(payable));
    Host::start(options, &[payment::definition()], &[("order", stub)]).await.expect("the service starts")
}

async fn becomes(peer: &Peer, id: PaymentId, status: PaymentStatus) {
    let wait = async {
        loop {
            let payment: Payment = peer.get(format!("/api/payments/{id}")).send().await.expect("the payment");
            if payment.status == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the state is reached by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_arrive_by_themselves_at_once_and_after_a_delay() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = running(folder.path()).await;
    let order = host.peers().called_by(ServiceIdentity::of_service("order-service"));
    let peer = order.of("payment");
    for card in ["4242424242424242", "pm_sim_webhook_twice", "pm_sim_delayed"] {
        let body = creation(OrderId::new(), PaymentFlow::CheckoutRedirect, None);
        let started: Payment = peer.post("/api/payments").json(&body).send().await.expect("a payment");
        let form = http::Request::post(crate::shop::page_of(&started))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("action=pay&card={card}").into())
            .expect("a request");
        let pressed = peer.forward(form, Duration::from_secs(5)).await.expect("an answer");
        assert_eq!(pressed.status().as_u16(), 303, "{card}");
        becomes(&peer, started.id, PaymentStatus::Succeeded).await;
    }
    host.stop().await;
}
