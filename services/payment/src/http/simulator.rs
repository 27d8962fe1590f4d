//! The simulator's pages and books. With another gateway they are not there.

use crate::App;
use crate::providers::simulator::Simulator;
use crate::providers::simulator::http::{Pressed, Shown};
use api::payment::SimulatorBooks;
use axum::extract::{Form, State};
use base::Error;
use service::http::{Json, Path, Result};

fn simulator(app: &App) -> base::Result<&Simulator> {
    app.gateway.simulator().ok_or_else(|| Error::not_found("path"))
}

/// The page on which a customer pays.
#[utoipa::path(get, path = "/api/payments/simulator/checkout/{session}", tag = "simulator",
    params(("session" = String, Path)), responses((status = 200, content_type = "text/html", body = String)))]
pub(super) async fn show_checkout(State(app): State<App>, Path(session): Path<String>) -> Result<Shown> {
    Ok(simulator(&app)?.show_checkout(&session).await?)
}

/// A button of the page on which a customer pays.
#[utoipa::path(post, path = "/api/payments/simulator/checkout/{session}", tag = "simulator",
    params(("session" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "back to the shop"), (status = 402, description = "declined")))]
pub(super) async fn press_checkout(
    State(app): State<App>,
    Path(session): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Result<Shown> {
    Ok(simulator(&app)?.press_checkout(&session, &pressed).await?)
}

/// The bank's page.
#[utoipa::path(get, path = "/api/payments/simulator/authenticate/{intent}", tag = "simulator",
    params(("intent" = String, Path)), responses((status = 200, content_type = "text/html", body = String)))]
pub(super) async fn show_authentication(State(app): State<App>, Path(intent): Path<String>) -> Result<Shown> {
    Ok(simulator(&app)?.show_authentication(&intent).await?)
}

/// A button of the bank's page.
#[utoipa::path(post, path = "/api/payments/simulator/authenticate/{intent}", tag = "simulator",
    params(("intent" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "back to the shop")))]
pub(super) async fn press_authentication(
    State(app): State<App>,
    Path(intent): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Result<Shown> {
    Ok(simulator(&app)?.press_authentication(&intent, &pressed).await?)
}

/// The simulator's own books.
#[utoipa::path(get, path = "/internal/simulator/charges", tag = "simulator",
    responses((status = 200, body = SimulatorBooks)))]
pub(super) async fn list_simulator_charges(State(app): State<App>) -> Result<Json<SimulatorBooks>> {
    Ok(Json(simulator(&app)?.all_books().await?))
}
