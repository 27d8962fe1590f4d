//! Routes of product-service and who may call them.

mod categories;
mod conditions;
mod files;
mod images;
mod internal;
mod list_query;
mod products;
mod variants;

use crate::App;
use auth::{Access, Permission};
use axum::extract::DefaultBodyLimit;
use service::{Routes, routes};
use utoipa_axum::router::UtoipaMethodRouterExt as _;

/// A picture of 10 MiB and the form around it.
const MAX_UPLOAD_BYTES: usize = 10 * 1024 * 1024 + 64 * 1024;

pub(crate) fn routes() -> Routes<App> {
    const PUBLIC: Access = Access::public();
    const WRITE: Access = Access::staff(Permission::ProductWrite);
    const IMPORT: Access = Access::service("product:import").or_staff(Permission::ProductWrite);
    Routes::new("product")
        .add(PUBLIC, routes!(products::list_products))
        .add(WRITE, routes!(products::create_product))
        .add(PUBLIC, routes!(products::suggest_products))
        .add(WRITE, routes!(files::import_products).layer(DefaultBodyLimit::disable()))
        .add(WRITE, routes!(files::export_products))
        .add(PUBLIC, routes!(products::get_product))
        .add(WRITE, routes!(products::replace_product, products::patch_product, products::delete_product))
        .add(Access::staff(Permission::ProductPublish), routes!(products::set_product_status))
        .add(WRITE, routes!(variants::add_variant))
        .add(WRITE, routes!(variants::replace_variant, variants::remove_variant))
        .add(Access::staff(Permission::PriceWrite), routes!(variants::set_price))
        .add(IMPORT, routes!(images::add_image).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .add(PUBLIC, routes!(images::get_image))
        .add(WRITE, routes!(images::remove_image))
        .add(PUBLIC, routes!(categories::list_categories))
        .add(WRITE, routes!(categories::create_category))
        .add(PUBLIC, routes!(categories::get_category))
        .add(WRITE, routes!(categories::replace_category, categories::delete_category))
        .add(WRITE, routes!(categories::move_category))
        .add(Access::service("product:availability"), routes!(internal::check_availability))
        .add(IMPORT, routes!(internal::import_products_internally).layer(DefaultBodyLimit::disable()))
        .add(IMPORT, routes!(internal::export_products_internally))
}
