//! What the payment service can do, one operation per file.
//!
//! Every change follows the same three steps: the intent is stored, the gateway is called with
//! the key of the intent, the answer is stored. Whoever finds an intent without an answer asks
//! the gateway ([`advance`]), so it does not matter at which point a process died.

mod advance;
mod announce;
mod call;
mod cancel;
mod capture;
mod confirm;
mod create;
mod forget;
mod order_cancelled;
mod read;
mod reconcile;
mod record;
mod refund;
mod repair;
mod run_refund;
mod verify;
mod webhook;

pub(crate) use advance::{Advance, ExpirePayment, advance, expire};
pub(crate) use cancel::cancel;
pub(crate) use capture::capture;
pub(crate) use confirm::confirm;
pub(crate) use create::create;
pub(crate) use forget::forget;
pub(crate) use order_cancelled::order_cancelled;
pub(crate) use read::{get, get_refund, is_payer, ledger, list, list_refunds};
pub(crate) use reconcile::{compare_books, reconcile};
pub(crate) use refund::{RefundRequest, refund, retry_refund};
pub(crate) use repair::repair;
pub(crate) use run_refund::{RunRefund, run_refund};
pub(crate) use verify::{check_invariants, verify_ledger};
pub(crate) use webhook::{ApplyWebhook, apply_webhook, receive_webhook};
