//! Routes of the payment service (contracts §4.8), one file per group; handlers only translate.

mod payments;
mod refunds;
mod simulator;
mod staff;
mod view;
mod webhooks;

use crate::App;
use auth::{Access, Permission};
use service::{Routes, routes};

const PAYER: Access = Access::customer().or_service("payment:create");
const READER: Access = PAYER.or_staff(Permission::PaymentRead);
const CAPTURER: Access = Access::staff(Permission::PaymentCapture).or_service("payment:capture");
const REFUNDER: Access = Access::staff(Permission::PaymentRefund).or_service("payment:refund");
const REFUND_READER: Access =
    Access::customer().or_staff(Permission::PaymentRefund).or_service("payment:refund");

pub(crate) fn routes() -> Routes<App> {
    Routes::new("payment")
        .add(PAYER, routes!(payments::create_payment))
        .add(READER, routes!(payments::list_payments))
        .add(READER.guest(), routes!(payments::get_payment))
        .add(PAYER.guest(), routes!(payments::confirm_payment))
        .add(CAPTURER, routes!(staff::capture_payment))
        .add(CAPTURER, routes!(staff::cancel_payment))
        .add(Access::staff(Permission::PaymentRead), routes!(staff::get_payment_ledger))
        .add(REFUNDER, routes!(refunds::refund_payment))
        .add(REFUND_READER, routes!(refunds::list_refunds))
        .add(REFUND_READER, routes!(refunds::get_refund))
        .add(Access::staff(Permission::PaymentRefund), routes!(refunds::retry_refund))
        .add(Access::public(), routes!(webhooks::receive_webhook))
        .add(Access::public(), routes!(simulator::show_checkout, simulator::press_checkout))
        .add(Access::public(), routes!(simulator::show_authentication, simulator::press_authentication))
        .add(Access::service("simulator:read"), routes!(simulator::list_simulator_charges))
        .add(Access::service("invariants:read"), routes!(staff::verify_ledger))
        .add(Access::service("invariants:read"), routes!(staff::check_invariants))
        .add(Access::service("invariants:repair"), routes!(staff::repair_invariants))
}
