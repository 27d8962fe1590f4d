//! A model of the product service.

use super::World;
use api::product::{
    Availability, AvailabilityAnswer, AvailabilityLine, AvailabilityProblem, AvailabilityRequest,
};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base::{Currency, Money};
use service::http::Json;
use std::collections::BTreeMap;

pub(super) fn router(world: World) -> Router {
    Router::new().route("/internal/products/availability", post(availability)).with_state(world)
}

async fn availability(State(world): State<World>, Json(body): Json<AvailabilityRequest>) -> Response {
    let now = world.now();
    world
        .call("availability", |memory| {
            let currency = body.currency.unwrap_or(Currency::EUR);
            let lines = body.lines.iter().map(|line| answer(memory, *line, currency)).collect();
            if memory.raid {
                memory.articles.iter_mut().for_each(|article| article.stock = 0);
            }
            let wanted = |discount: &&serde_json::Value| {
                body.discount_codes.iter().any(|code| discount["code"] == code.as_str())
            };
            let discounts = memory.discounts.iter().filter(wanted).cloned().collect();
            Ok(Json(AvailabilityAnswer { lines, discounts, checked_at: now, stale: false }).into_response())
        })
        .await
}

fn answer(memory: &super::Memory, line: AvailabilityLine, currency: Currency) -> Availability {
    let article = memory.articles.iter().find(|article| Some(article.variant_id) == line.variant_id);
    let stock = article.map_or(0, |article| article.stock);
    let problem = match article {
        None => Some(AvailabilityProblem::NotFound),
        Some(article) if !article.sellable => Some(AvailabilityProblem::NotSellable),
        Some(_) if stock < line.quantity => Some(AvailabilityProblem::InsufficientStock),
        Some(_) => None,
    };
    Availability {
        product_id: line.product_id,
        variant_id: line.variant_id,
        quantity: line.quantity,
        sku: line.variant_id.map_or_else(String::new, |id| format!("SKU-{id}")),
        name: "Thing".to_owned(),
        slug: "thing".to_owned(),
        attributes: BTreeMap::new(),
        image_url: None,
        sellable: article.is_some_and(|article| article.sellable),
        available_quantity: stock,
        unit_price: article.map(|article| Money::new(article.price_minor, currency)),
        tax_class: article.map_or_else(String::new, |article| article.tax_class.to_owned()),
        weight_grams: article.map(|article| article.weight_grams),
        problem,
    }
}
