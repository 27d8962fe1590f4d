//! What cart-service can do. The catalogue is asked before the transaction, never in it.

mod account;
mod add_item;
mod catalogue;
mod change;
mod estimate;
mod get_cart;
mod invariants;
mod lock;
mod merge_cart;
mod offers;
mod order;
mod sweep;
mod tell;

pub(crate) use account::close_account;
pub(crate) use add_item::add_item;
pub(crate) use catalogue::{LineChange, TouchLines, touch_lines};
pub(crate) use change::{clear_cart, remove_item, update_item};
pub(crate) use estimate::{Destination, estimate};
pub(crate) use get_cart::{cart_of_user, get_cart};
pub(crate) use invariants::{invariants, repair};
pub(crate) use lock::{lock_cart, unlock_cart};
pub(crate) use merge_cart::{bring_along, merge_cart};
pub(crate) use order::{order_cancelled, order_placed};
pub(crate) use sweep::sweep;
