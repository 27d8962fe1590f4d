//! What the order service can do, one file per operation.

mod accept;
mod adopt_orders;
mod announce;
mod ask_payments;
mod cancel_order;
pub(crate) mod checkout;
mod complete_orders;
mod expire_payment;
mod expire_reservation;
mod find;
mod get_order;
mod give_back;
mod invariants;
mod list_orders;
mod note_customer;
mod note_payment;
mod note_refund;
mod patch_order;
mod pay_order;
mod payable;
mod place_order;
mod prune_rejected;
mod quote;
mod save;
mod ship;
mod statistics;
mod tariffs;
mod update_status;
mod viewer;

pub(crate) use adopt_orders::adopt_orders;
pub(crate) use announce::item as order_item;
pub(crate) use ask_payments::{AskPayment, ask_payment, schedule_questions};
pub(crate) use cancel_order::cancel_order;
pub(crate) use checkout::{AdvanceCheckout, advance_checkout, wake_checkouts};
pub(crate) use complete_orders::complete_orders;
pub(crate) use expire_payment::{ExpirePayment, expire_payment};
pub(crate) use expire_reservation::expire_reservation;
pub(crate) use get_order::{get_order, order_history};
pub(crate) use give_back::{GiveBack, give_back};
pub(crate) use invariants::invariants;
pub(crate) use list_orders::{ListOrders, list_orders};
pub(crate) use note_customer::{
    AccountStatus, NoteAddress, note_account_status, note_address, note_customer,
};
pub(crate) use note_payment::note_payment;
pub(crate) use note_refund::{RefundNews, note_refund};
pub(crate) use patch_order::patch_order;
pub(crate) use pay_order::{Paying, pay_order};
pub(crate) use payable::payable;
pub(crate) use place_order::{Placed, Shopper, place_order};
pub(crate) use prune_rejected::prune_rejected;
pub(crate) use quote::{quote, shipping_options};
pub(crate) use statistics::{GroupBy, statistics};
pub(crate) use tariffs::{TariffCache, replace_tariff, store_first_tariff, tariff};
pub(crate) use update_status::update_status;
pub(crate) use viewer::Viewer;
