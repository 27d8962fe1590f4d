//! What inventory-service can do. Operations on reservations open the reservation first and then
//! stock in the order of unit ids, so that no two of them wait for each other.

mod availability;
mod book;
mod cancel;
mod catalogue;
mod confirm;
mod expire;
mod extend;
mod forget;
mod hold;
mod import;
mod items;
mod levels;
mod repair;
mod reports;
mod reserve;
mod ship;
mod warehouses;

pub(crate) use availability::{check_stock, variant_stock};
pub(crate) use cancel::{cancel_order, cancel_reservation};
pub(crate) use catalogue::{
    product_created, product_deleted, variant_added, variant_removed, variant_updated,
};
pub(crate) use confirm::confirm_reservation;
pub(crate) use expire::expire_reservations;
pub(crate) use extend::extend_reservation;
pub(crate) use forget::forget_sources;
pub(crate) use import::import_stock;
pub(crate) use items::{create_item, delete_item, get_item, list_items, update_item};
pub(crate) use levels::{adjust_stock, receive_stock, transfer_stock};
pub(crate) use repair::repair;
pub(crate) use reports::{invariants, movement_sums, stock_value, transactions};
pub(crate) use reserve::{get_reservation, reserve};
pub(crate) use ship::ship;
pub(crate) use warehouses::{
    RecheckWarehouse, create_warehouse, delete_warehouse, ensure_default_warehouse, get_warehouse,
    list_warehouses, recheck_warehouse, update_warehouse,
};
