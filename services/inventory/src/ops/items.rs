//! Items as staff manage them.

use super::book::tell_shoppers;
use crate::App;
use crate::domain::{MAX_PIECES, Unit};
use crate::error::InventoryError;
use crate::store;
use crate::store::item::Filter;
use crate::store::stock::Described;
use api::audit::Deed;
use api::ids::InventoryItemId;
use api::inventory::{
    CreateItem, InventoryAuditRecorded, InventoryItem, InventoryItemCreated, ItemStatus, UpdateItem,
};
use auth::Caller;
use base::page::{Page, PageQuery};
use base::{Check, Money};
use db::{DbError, Tx};
use events::outbox;

/// What audit records call an item.
pub(super) const ITEM: &str = "inventory-item";

/// Items that match, in the order they were opened.
///
/// # Errors
/// 422 for a bad page.
pub(crate) async fn list_items(
    app: &App,
    filter: &Filter,
    page: &PageQuery,
) -> Result<Page<InventoryItem>, InventoryError> {
    let part = page.part(&app.keys, &format!("inventory-items:{filter:?}"))?;
    let mut conn = app.db.conn().await?;
    let rows = store::item::list(&mut conn, filter, &part).await?;
    let mut page_of_items = part.page(&app.keys, rows, |item| item.id);
    if page.count == Some(true) {
        page_of_items.total = Some(store::item::count(&mut conn, filter).await?.unsigned_abs());
    }
    Ok(page_of_items)
}

/// One item.
///
/// # Errors
/// [`InventoryError::ItemNotFound`].
pub(crate) async fn get_item(app: &App, id: InventoryItemId) -> Result<InventoryItem, InventoryError> {
    let mut conn = app.db.conn().await?;
    store::item::by_id(&mut conn, id).await?.ok_or(InventoryError::ItemNotFound)
}

/// Opens an item with nothing in it.
///
/// # Errors
/// [`InventoryError::DuplicateItem`], [`InventoryError::WarehouseNotFound`]; 422.
pub(crate) async fn create_item(
    app: &App,
    caller: &Caller,
    item: CreateItem,
) -> Result<InventoryItem, InventoryError> {
    let mut check = Check::new();
    check.text("/sku", &item.sku, 1..=100);
    let levels = (item.reorder_threshold, item.target_stock_level);
    check_item(&mut check, item.location.as_deref(), levels, item.cost_price);
    check.finish()?;
    let mut tx = app.db.begin().await?;
    store::warehouse::by_id(&mut tx, item.warehouse_id).await?.ok_or(InventoryError::WarehouseNotFound)?;
    let unit_id = Unit::id_of(item.product_id, item.variant_id);
    match store::stock::by_sku(&mut tx, &item.sku).await? {
        Some(other) if other != unit_id => return Err(InventoryError::DuplicateItem),
        Some(_) => {}
        None => describe_by_staff(&mut tx, &item).await?,
    }
    let id = open_item(&mut tx, &item).await?.ok_or(InventoryError::DuplicateItem)?;
    let item = store::item::by_id(&mut tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    let deed = Deed::new("inventory-item.create", ITEM).to(id).changed(None::<&InventoryItem>, Some(&item));
    InventoryAuditRecorded::note(&mut tx, caller, deed).await?;
    tx.commit().await?;
    Ok(item)
}

async fn describe_by_staff(tx: &mut Tx, item: &CreateItem) -> Result<(), InventoryError> {
    let described = Described {
        product_id: item.product_id,
        variant_id: item.variant_id,
        sku: &item.sku,
        product_name: None,
        product_version: 0,
    };
    let now = tx.now();
    let taken = |error: DbError| match error {
        error if error.is_unique("unit_sku") => InventoryError::DuplicateItem,
        error => error.into(),
    };
    store::stock::describe(tx, &described, now).await.map_err(taken)
}

/// Opens an item of a unit that is described and tells so; `None` if there is one.
pub(super) async fn open_item(
    tx: &mut Tx,
    item: &CreateItem,
) -> Result<Option<InventoryItemId>, InventoryError> {
    let now = tx.now();
    let Some(id) = store::item::insert(tx, item, now).await? else { return Ok(None) };
    let event = InventoryItemCreated {
        aggregate_version: 1,
        inventory_item_id: id,
        product_id: item.product_id,
        variant_id: item.variant_id,
        sku: item.sku.clone(),
        warehouse_id: item.warehouse_id,
        location: item.location.clone(),
        initial_quantity_available: 0,
        reorder_threshold: item.reorder_threshold,
        target_stock_level: item.target_stock_level,
        item_status: ItemStatus::Active,
        supplier_id: None,
        cost_price: item.cost_price,
    };
    outbox::publish(tx, &event).await?;
    Ok(Some(id))
}

/// Replaces the settable part of an item. `seen` is the version the writer has seen, if it said so.
///
/// # Errors
/// [`InventoryError::ItemNotFound`], [`InventoryError::Stale`]; 422.
pub(crate) async fn update_item(
    app: &App,
    caller: &Caller,
    id: InventoryItemId,
    seen: Option<i64>,
    change: UpdateItem,
) -> Result<InventoryItem, InventoryError> {
    let mut check = Check::new();
    let levels = (change.reorder_threshold, change.target_stock_level);
    check_item(&mut check, change.location.as_deref(), levels, change.cost_price);
    check.finish()?;
    let writer = Writer { caller, deed: "inventory-item.update" };
    write_item(app, writer, id, seen, |_| Ok(change)).await
}

/// Takes an empty item out of sale. Its ledger stays; `PUT` with status ACTIVE opens it again.
///
/// # Errors
/// [`InventoryError::ItemNotFound`], [`InventoryError::ItemNotEmpty`], [`InventoryError::Stale`].
pub(crate) async fn delete_item(
    app: &App,
    caller: &Caller,
    id: InventoryItemId,
    seen: Option<i64>,
) -> Result<(), InventoryError> {
    let discontinued = |item: &InventoryItem| match item.on_hand {
        0 => Ok(UpdateItem { status: ItemStatus::Discontinued, ..settable(item) }),
        _ => Err(InventoryError::ItemNotEmpty),
    };
    let writer = Writer { caller, deed: "inventory-item.delete" };
    write_item(app, writer, id, seen, discontinued).await.map(drop)
}

fn settable(item: &InventoryItem) -> UpdateItem {
    UpdateItem {
        status: item.status,
        location: item.location.clone(),
        reorder_threshold: item.reorder_threshold,
        target_stock_level: item.target_stock_level,
        cost_price: item.cost_price,
    }
}

/// Who writes an item, and what the audit record calls it.
struct Writer<'a> {
    caller: &'a Caller,
    deed: &'static str,
}

async fn write_item(
    app: &App,
    writer: Writer<'_>,
    id: InventoryItemId,
    seen: Option<i64>,
    change: impl FnOnce(&InventoryItem) -> Result<UpdateItem, InventoryError>,
) -> Result<InventoryItem, InventoryError> {
    let threshold = app.config.low_stock_threshold;
    let mut tx = app.db.begin().await?;
    let unit_id = store::item::unit_of(&mut tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    store::stock::open(&mut tx, unit_id, threshold).await?;
    let before = store::item::by_id(&mut tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    let change = change(&before)?;
    let now = tx.now();
    let version = seen.unwrap_or(before.version);
    if !store::item::update(&mut tx, id, version, &change, now).await? {
        return Err(InventoryError::Stale);
    }
    let stock = store::stock::open(&mut tx, unit_id, threshold).await?;
    tell_shoppers(&mut tx, &mut stock.ok_or(InventoryError::ItemNotFound)?, None).await?;
    let item = store::item::by_id(&mut tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    let (was, is) = (settable(&before), settable(&item));
    if was != is {
        let deed = Deed::new(writer.deed, ITEM).to(id).changed(Some(&was), Some(&is));
        InventoryAuditRecorded::note(&mut tx, writer.caller, deed).await?;
    }
    tx.commit().await?;
    Ok(item)
}

fn check_item(
    check: &mut Check,
    location: Option<&str>,
    (threshold, target): (Option<i64>, Option<i64>),
    cost: Option<Money>,
) {
    check.opt_text("/location", location, 1..=100);
    check.number("/reorderThreshold", threshold.unwrap_or_default(), 0..=MAX_PIECES);
    check.number("/targetStockLevel", target.unwrap_or_default(), 0..=MAX_PIECES);
    check.number("/costPrice/amount", cost.map_or(0, |cost| cost.minor), 0..=MAX_COST_MINOR);
}

/// Of one piece; the value of the largest stock of it still fits into 64 bits.
const MAX_COST_MINOR: i64 = 1_000_000_000;
