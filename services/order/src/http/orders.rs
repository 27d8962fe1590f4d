//! Routes of shoppers: place, read, change, cancel, pay.

use super::view::{shipment, view};
use crate::App;
use crate::domain::order::Order;
use crate::domain::sort::Sort;
use crate::ops::{self, ListOrders, Paying, Placed, Shopper, Viewer};
use api::cart::CART_TOKEN_PURPOSE;
use api::ids::UserId;
use api::order::{
    self as dto, CancelOrder, HistoryEntry, OrderStatus, PatchOrder, PayOrder, PlaceOrder, Shipment, link,
};
use api::payment::Payment;
use auth::{Caller, SignedIn};
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::page::{CountQuery, Page, PageQuery};
use base::{Error, Timestamp};
use serde::Deserialize;
use service::http::{Created, GuestToken, IfMatch, Json, MergePatch, Path, Query, Result, Versioned};

/// The signed link of a guest.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Link {
    /// The token of the link in the guest's mail.
    token: Option<String>,
}

/// Turns the shopper's cart into an order.
#[utoipa::path(post, path = "/api/orders", tag = "orders", params(GuestToken), request_body = PlaceOrder, responses(
    (status = 201, body = dto::Order), (status = 200, body = dto::Order, description = "the order of an earlier click"),
    (status = 202, body = dto::Order, description = "accepted, finished without the client")))]
pub(super) async fn place_order(
    State(app): State<App>,
    caller: Caller,
    GuestToken(token): GuestToken,
    headers: HeaderMap,
    Json(body): Json<PlaceOrder>,
) -> Result<Response> {
    let shopper = shopper(&app, caller, token)?;
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let placed = ops::place_order(&app, &shopper, body, key).await?;
    Ok(placed_answer(&app, &shopper, placed))
}

/// A token that was not made for a cart leads to none, and nothing is stored for it.
fn shopper(app: &App, caller: Caller, token: Option<String>) -> base::Result<Shopper> {
    match (caller, token) {
        (Caller::User(user), _) => Ok(Shopper::User(user)),
        (Caller::Anonymous, Some(token)) if app.keys.open(CART_TOKEN_PURPOSE, &token).is_none() => {
            Err(Error::conflict("cart-empty", "the cart is empty"))
        }
        (Caller::Anonymous, Some(token)) => Ok(Shopper::Guest(token)),
        (Caller::Anonymous, None) => Err(Error::unauthenticated()),
        (Caller::Service(_), _) => Err(Error::forbidden()),
    }
}

fn placed_answer(app: &App, shopper: &Shopper, placed: Placed) -> Response {
    let viewer = shopper.user_id().map_or(Viewer::Guest, Viewer::Owner);
    let (status, order) = match placed {
        Placed::New(order) => (StatusCode::CREATED, order),
        Placed::Existing(order) => (StatusCode::OK, order),
        Placed::Accepted(order) => (StatusCode::ACCEPTED, order),
    };
    let location = location(app, &order);
    (status, [(LOCATION, location)], versioned(app, &order, &viewer)).into_response()
}

/// Where the order is read; for a guest with the token that opens it.
fn location(app: &App, order: &Order) -> String {
    match order.customer.user_id {
        Some(_) => format!("/api/orders/{}", order.id),
        None => format!("/api/orders/{}?token={}", order.id, link::token(&app.keys, order.id)),
    }
}

fn versioned(app: &App, order: &Order, viewer: &Viewer) -> Versioned<dto::Order> {
    Versioned(order.version, view(app, order, viewer))
}

/// Which orders are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListQuery {
    /// Everybody's; for staff.
    all: Option<bool>,
    /// Of this customer; for staff.
    user_id: Option<UserId>,
    /// In this state.
    status: Option<OrderStatus>,
    /// Accepted at or after.
    from: Option<Timestamp>,
    /// Accepted before.
    to: Option<Timestamp>,
    /// With this number.
    order_number: Option<String>,
    /// `createdAt`, `placedAt`, `totalAmount` or `orderNumber`; `-createdAt` when left out. A minus
    /// turns it round.
    sort: Option<String>,
    /// How many rows, 1–100; 20 when left out.
    limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    cursor: Option<String>,
    /// Whether the answer should carry the total number of rows.
    count: Option<bool>,
}

/// Lists the caller's orders, newest first; staff may list everybody's.
#[utoipa::path(get, path = "/api/orders", tag = "orders",
    params(ListQuery), responses((status = 200, body = Page<dto::Order>)))]
pub(super) async fn list_orders(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<dto::Order>>> {
    let sort = query.sort.as_deref().map(sort).transpose()?;
    let wanted = ListOrders {
        all: query.all.unwrap_or_default(),
        user_id: query.user_id,
        status: query.status,
        from: query.from,
        to: query.to,
        order_number: query.order_number,
        sort,
    };
    let page = PageQuery { limit: query.limit, cursor: query.cursor, count: query.count };
    let found = ops::list_orders(&app, &user, wanted, &page).await?;
    Ok(Json(found.map(|(order, viewer)| view(&app, &order, &viewer))))
}

fn sort(text: &str) -> base::Result<Sort> {
    let wrong = || {
        Error::field(
            "/sort",
            "unknown",
            "must be createdAt, placedAt, totalAmount or orderNumber, or one of them after a minus",
        )
    };
    Sort::parse(text).ok_or_else(wrong)
}

/// Reads an order by id or number.
#[utoipa::path(get, path = "/api/orders/{id}", tag = "orders",
    params(("id" = String, Path, description = "id or order number"),
        Link), responses((status = 200, body = dto::Order)))]
pub(super) async fn get_order(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(link): Query<Link>,
) -> Result<Versioned<dto::Order>> {
    let (order, viewer) = ops::get_order(&app, &caller, &id, link.token.as_deref()).await?;
    Ok(versioned(&app, &order, &viewer))
}

/// Changes address, method or notes before shipping; the total stays.
#[utoipa::path(patch, path = "/api/orders/{id}", tag = "orders",
    params(("id" = String, Path, description = "id or order number"), IfMatch),
    request_body(content = PatchOrder, content_type = "application/merge-patch+json"),
    responses((status = 200, body = dto::Order)))]
pub(super) async fn patch_order(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    seen: IfMatch,
    patch: MergePatch,
) -> Result<Versioned<dto::Order>> {
    let change = |before: &PatchOrder| patch.apply(before);
    let (order, viewer) = ops::patch_order(&app, &caller, &id, seen.0, change).await?;
    Ok(versioned(&app, &order, &viewer))
}

/// Cancels an order: its owner before it is prepared, staff before it is shipped.
#[utoipa::path(post, path = "/api/orders/{id}/cancel", tag = "orders", request_body = CancelOrder,
    params(("id" = String, Path, description = "id or order number"),
        Link, IfMatch), responses((status = 200, body = dto::Order)))]
pub(super) async fn cancel_order(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(link): Query<Link>,
    seen: IfMatch,
    Json(body): Json<CancelOrder>,
) -> Result<Versioned<dto::Order>> {
    let (order, viewer) = ops::cancel_order(&app, &caller, &id, link.token.as_deref(), seen.0, &body).await?;
    Ok(versioned(&app, &order, &viewer))
}

/// Starts another attempt to pay, until the payment deadline.
#[utoipa::path(post, path = "/api/orders/{id}/payments", tag = "orders", request_body = PayOrder,
    params(("id" = String, Path, description = "id or order number"), Link), responses(
        (status = 201, body = Payment), (status = 202, body = dto::Order, description = "it takes longer")))]
pub(super) async fn pay_order(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(link): Query<Link>,
    Json(body): Json<PayOrder>,
) -> Result<Response> {
    Ok(match ops::pay_order(&app, &caller, &id, link.token.as_deref(), body).await? {
        Paying::Payment(payment) => {
            let location = format!("/api/payments/{}", payment.id);
            Created(location, Versioned(payment.version, *payment)).into_response()
        }
        Paying::Started(order, viewer) => {
            (StatusCode::ACCEPTED, [(LOCATION, location(&app, &order))], versioned(&app, &order, &viewer))
                .into_response()
        }
    })
}

/// Reads the transitions of an order.
#[utoipa::path(get, path = "/api/orders/{id}/history", tag = "orders",
    params(("id" = String, Path, description = "id or order number"), Link, CountQuery),
    responses((status = 200, body = Page<HistoryEntry>)))]
pub(super) async fn order_history(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(link): Query<Link>,
    Query(count): Query<CountQuery>,
) -> Result<Json<Page<HistoryEntry>>> {
    let items = ops::order_history(&app, &caller, &id, link.token.as_deref()).await?;
    Ok(Json(Page::whole(items, count)))
}

/// Reads the shipments of an order.
#[utoipa::path(get, path = "/api/orders/{id}/shipments", tag = "orders",
    params(("id" = String, Path, description = "id or order number"), Link, CountQuery),
    responses((status = 200, body = Page<Shipment>)))]
pub(super) async fn order_shipments(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(link): Query<Link>,
    Query(count): Query<CountQuery>,
) -> Result<Json<Page<Shipment>>> {
    let (order, _) = ops::get_order(&app, &caller, &id, link.token.as_deref()).await?;
    let items = order.shipments.iter().map(|one| shipment(&order, one)).collect();
    Ok(Json(Page::whole(items, count)))
}
