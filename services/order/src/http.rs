//! Routes of the order service and who may use them.

mod internal;
mod orders;
mod staff;
mod tariffs;
mod view;

use crate::App;
use auth::{Access, Permission};
use service::{Routes, routes};

pub(crate) fn routes() -> Routes<App> {
    let shopper = Access::customer().guest();
    let reader = shopper.or_staff(Permission::OrderRead).or_service("order:read");
    Routes::new("order")
        .add(shopper, routes!(orders::place_order))
        .add(Access::customer(), routes!(orders::list_orders))
        .add(Access::staff(Permission::OrderRead), routes!(staff::statistics))
        .add(reader, routes!(orders::get_order))
        .add(Access::staff(Permission::OrderUpdateStatus), routes!(staff::update_status))
        .add(Access::customer().or_staff(Permission::OrderUpdate), routes!(orders::patch_order))
        .add(shopper.or_staff(Permission::OrderCancel), routes!(orders::cancel_order))
        .add(shopper, routes!(orders::pay_order))
        .add(reader, routes!(orders::order_history))
        .add(reader, routes!(orders::order_shipments))
        .add(Access::public(), routes!(tariffs::shipping_methods))
        .add(Access::staff(Permission::ConfigWrite), routes!(tariffs::get_tax_zones, tariffs::put_tax_zones))
        .add(Access::staff(Permission::ConfigWrite), routes!(tariffs::get_tax_rates, tariffs::put_tax_rates))
        .add(
            Access::staff(Permission::ConfigWrite),
            routes!(tariffs::get_shipping_rates, tariffs::put_shipping_rates),
        )
        .add(Access::service("order:quote"), routes!(internal::quote))
        .add(Access::service("order:read"), routes!(internal::payable))
        .add(Access::service("invariants:read"), routes!(internal::invariants))
        .add(Access::service("invariants:repair"), routes!(internal::repair_invariants))
}
