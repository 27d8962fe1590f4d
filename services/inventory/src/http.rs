//! Routes of inventory-service and who may call them.

mod items;
mod reports;
mod reservations;
mod stock;
mod warehouses;

use crate::App;
use auth::{Access, Permission};
use service::{Routes, routes};

pub(crate) fn routes() -> Routes<App> {
    const READ: Access = Access::staff(Permission::InventoryRead);
    const WRITE: Access = Access::staff(Permission::InventoryWrite);
    const RESERVE: Access = Access::service("inventory:reserve");
    Routes::new("inventory")
        .add(READ, routes!(items::list_items))
        .add(WRITE, routes!(items::create_item))
        .add(READ, routes!(items::get_item))
        .add(WRITE, routes!(items::update_item, items::delete_item))
        .add(WRITE, routes!(stock::receive_stock))
        .add(WRITE, routes!(stock::adjust_stock))
        .add(WRITE, routes!(stock::transfer_stock))
        .add(READ, routes!(reports::list_transactions))
        .add(READ, routes!(reports::low_stock))
        .add(READ, routes!(reports::stock_value))
        .add(READ, routes!(reports::movement_sums))
        .add(READ, routes!(warehouses::list_warehouses))
        .add(WRITE, routes!(warehouses::create_warehouse))
        .add(READ, routes!(warehouses::get_warehouse))
        .add(WRITE, routes!(warehouses::update_warehouse, warehouses::delete_warehouse))
        .add(Access::public(), routes!(stock::variant_stock))
        .add(Access::service("inventory:read"), routes!(stock::check_stock))
        .add(Access::service("inventory:import"), routes!(stock::import_stock))
        .add(RESERVE, routes!(reservations::reserve))
        .add(RESERVE.or_staff(Permission::InventoryRead), routes!(reservations::get_reservation))
        .add(RESERVE, routes!(reservations::confirm_reservation))
        .add(RESERVE, routes!(reservations::cancel_reservation))
        .add(RESERVE, routes!(reservations::extend_reservation))
        .add(Access::service("invariants:read"), routes!(reports::invariants))
        .add(Access::service("invariants:repair"), routes!(reports::repair_invariants))
}
