//! Routes of categories.

use super::conditions::Seen;
use crate::App;
use crate::domain::category::Category as Stored;
use crate::domain::view;
use crate::ops::{categories, read};
use api::ids::CategoryId;
use api::product::{Category, CategoryList, MoveCategory, WriteCategory};
use auth::Caller;
use axum::extract::State;
use service::http::{Created, Json, NoContent, Path, Result, Versioned};

fn written(app: &App, category: &Stored) -> Versioned<Category> {
    let catalog = app.shelf.now();
    Versioned(category.version, view::category(category, &catalog.tree, catalog.count(category.id)))
}

/// Lists all categories, parents before their children.
#[utoipa::path(get, path = "/api/categories", tag = "categories", responses((status = 200, body = CategoryList)))]
pub(super) async fn list_categories(State(app): State<App>) -> Json<CategoryList> {
    Json(read::list_categories(&app))
}

/// Reads a category.
#[utoipa::path(get, path = "/api/categories/{id}", tag = "categories", params(("id" = CategoryId, Path)),
    responses((status = 200, body = Category)))]
pub(super) async fn get_category(
    State(app): State<App>,
    Path(id): Path<CategoryId>,
) -> Result<Versioned<Category>> {
    let category = read::get_category(&app, id)?;
    Ok(Versioned(category.version, category))
}

/// Creates a category.
#[utoipa::path(post, path = "/api/categories", tag = "categories", request_body = WriteCategory,
    responses((status = 201, body = Category)))]
pub(super) async fn create_category(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<WriteCategory>,
) -> Result<Created<Versioned<Category>>> {
    let category = categories::create_category(&app, &caller, &body).await?;
    Ok(Created(format!("/api/categories/{}", category.id), written(&app, &category)))
}

/// Replaces a category; another parent moves it.
#[utoipa::path(put, path = "/api/categories/{id}", tag = "categories", params(("id" = CategoryId, Path),
        Seen),
    request_body = WriteCategory, responses((status = 200, body = Category)))]
pub(super) async fn replace_category(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<CategoryId>,
    seen: Seen,
    Json(body): Json<WriteCategory>,
) -> Result<Versioned<Category>> {
    Ok(written(&app, &categories::replace_category(&app, &caller, id, seen.0, &body).await?))
}

/// Hangs a category under another parent.
#[utoipa::path(post, path = "/api/categories/{id}/move", tag = "categories", params(("id" = CategoryId, Path),
        Seen),
    request_body = MoveCategory, responses((status = 200, body = Category)))]
pub(super) async fn move_category(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<CategoryId>,
    seen: Seen,
    Json(body): Json<MoveCategory>,
) -> Result<Versioned<Category>> {
    Ok(written(&app, &categories::move_category(&app, &caller, id, seen.0, body.parent_id).await?))
}

/// Removes an empty category.
#[utoipa::path(delete, path = "/api/categories/{id}", tag = "categories", params(("id" = CategoryId, Path),
        Seen),
    responses((status = 204)))]
pub(super) async fn delete_category(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<CategoryId>,
    seen: Seen,
) -> Result<NoContent> {
    categories::delete_category(&app, &caller, id, seen.0).await?;
    Ok(NoContent)
}
