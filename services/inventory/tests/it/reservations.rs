//! `/internal/inventory/reservations`.

use crate::stories::{Article, Inventory};
use api::ids::OrderId;
use api::inventory::{
    InventoryReservationCancelled, InventoryReservationConfirmed, InventoryReservationExpired,
    InventoryReservationFailed, InventoryReserved, Reservation, ReservationStatus, Reserve,
};
use base::Id;
use db::sql;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn all_lines_are_held_or_none() {
    let shop = Inventory::open().await;
    let (mugs, plates, unknown) = (shop.article(5).await, shop.article(1).await, Article::new());
    let lines = [mugs.line(2), plates.line(2), unknown.line(1), mugs.line(4)];
    let order_id = OrderId::new();
    let problem = shop.ask(order_id, &lines).await.problem(409, "insufficient-stock");
    let shortages = problem.extra["shortages"].as_array().unwrap();
    assert_eq!(shortages.len(), 3, "two lines of the same mug are one shortage: {shortages:?}");
    let of = |article: &Article| {
        let id = json!(article.variant_id);
        let found = shortages.iter().find(|shortage| shortage["variantId"] == id).unwrap();
        (found["requested"].as_i64().unwrap(), found["available"].as_i64().unwrap())
    };
    assert_eq!((of(&mugs), of(&plates), of(&unknown)), ((6, 5), (2, 1), (1, 0)));
    assert_eq!((shop.levels(&mugs).await, shop.levels(&plates).await), ((5, 0), (1, 0)));
    let path = format!("/internal/inventory/reservations/{order_id}");
    shop.get(&path).as_service("order").await.problem(404, "not-found");
    shop.settle().await;
    assert_eq!(shop.published::<InventoryReservationFailed>().await.len(), 1);
    assert_eq!(shop.published::<InventoryReserved>().await.len(), 0);
    let _second_try = shop.ask(order_id, &[mugs.line(5), plates.line(1)]).await.expect(201);
    shop.assert_sound().await;
}

#[tokio::test]
async fn asking_again_gives_the_same_reservation() {
    let shop = Inventory::open().await;
    let (article, order_id) = (shop.article(5).await, OrderId::new());
    let lines = [article.line(3)];
    let first = shop.ask(order_id, &lines).await.expect(201);
    let reservation: Reservation = first.json();
    assert_eq!(reservation.status, ReservationStatus::Pending);
    assert_eq!(reservation.lines[0].quantity, 3);
    let second: Reservation = shop.ask(order_id, &lines).await.expect(200).json();
    assert_eq!(second, reservation);
    shop.ask(order_id, &[article.line(3)]).await.problem(409, "reservation-differs");
    shop.ask(order_id, &[]).await.problem(422, "validation");
    assert_eq!(shop.levels(&article).await, (5, 3));
    shop.settle().await;
    assert_eq!(shop.published::<InventoryReserved>().await.len(), 1);
}

#[tokio::test]
async fn a_product_named_without_variant_means_its_only_one() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let mut line = article.line(2);
    line.variant_id = None;
    let reservation = shop.reserved(&[line]).await;
    assert_eq!(reservation.lines[0].variant_id, Some(article.variant_id));
    let sibling = Article { product_id: article.product_id, ..Article::new() };
    shop.count(&sibling, 5).await.expect(200);
    let mut line = article.line(1);
    line.variant_id = None;
    shop.ask(Id::new(), &[line]).await.problem(409, "insufficient-stock");
    let mut foreign = article.line(1);
    foreign.product_id = Id::new();
    shop.ask(Id::new(), &[foreign]).await.problem(409, "insufficient-stock");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    for quantity in [0, -1, i64::MIN, i64::MAX] {
        shop.ask(Id::new(), &[article.line(quantity)]).await.problem(422, "validation");
    }
    let line = article.line(1);
    shop.ask(Id::new(), &[line.clone(), line.clone()]).await.problem(422, "validation");
    let many: Vec<_> = (0..101).map(|_| article.line(1)).collect();
    shop.ask(Id::new(), &many).await.problem(422, "validation");
    let now = shop.clock.now();
    for expires_at in [now, now + Duration::from_secs(8 * 24 * 3600)] {
        let body = Reserve { order_id: Id::new(), lines: vec![line.clone()], expires_at };
        let request = shop.post("/internal/inventory/reservations").as_service("order").json(&body);
        request.await.problem(422, "validation");
    }
    assert_eq!(shop.levels(&article).await, (5, 0));
}

#[tokio::test]
async fn only_order_service_holds_stock() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let held = shop.reserved(&[article.line(1)]).await;
    let body = Reserve { order_id: Id::new(), lines: vec![article.line(1)], expires_at: shop.soon() };
    let post = || shop.post("/internal/inventory/reservations").json(&body);
    post().await.problem(401, "unauthenticated");
    post().as_service("cart").await.problem(403, "forbidden");
    post().as_staff(crate::stories::MANAGER).await.problem(403, "forbidden");
    for verb in ["confirm", "cancel", "extend"] {
        shop.step(held.order_id, verb).as_service("payment").await.problem(403, "forbidden");
    }
    let path = format!("/internal/inventory/reservations/{}", held.order_id);
    let _staff_may_look = shop.get(&path).as_staff(crate::stories::MANAGER).await.expect(200);
    shop.get(&path).as_user(Id::new()).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_paid_hold_has_no_end() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let held = shop.reserved(&[article.line(3)]).await;
    for _ in 0..3 {
        let paid: Reservation = shop.step(held.order_id, "confirm").await.expect(200).json();
        assert_eq!((paid.status, paid.expires_at), (ReservationStatus::Confirmed, None));
        assert_eq!(paid.version, held.version + 1);
    }
    let _harmless = shop.step(held.order_id, "extend").await.expect(200);
    shop.after(Duration::from_secs(7 * 24 * 3600)).await;
    assert_eq!(shop.levels(&article).await, (5, 3));
    assert_eq!(shop.published::<InventoryReservationConfirmed>().await.len(), 1);
    assert_eq!(shop.published::<InventoryReservationExpired>().await.len(), 0);
}

#[tokio::test]
async fn an_unpaid_hold_runs_out() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let held = shop.reserved(&[article.line(3)]).await;
    shop.after(Duration::from_secs(45 * 60 - 1)).await;
    assert_eq!(shop.levels(&article).await, (5, 3));
    shop.after(Duration::from_secs(15)).await;
    assert_eq!(shop.levels(&article).await, (5, 0));
    let over = shop.reservation(held.order_id).await;
    assert_eq!((over.status, over.expires_at), (ReservationStatus::Expired, None));
    shop.step(held.order_id, "extend").await.problem(409, "reservation-expired");
    let _cancelling_is_harmless = shop.step(held.order_id, "cancel").await.expect(200);
    shop.ask(held.order_id, &[article.line(3)]).await.problem(409, "reservation-differs");
    shop.after(Duration::from_secs(60)).await;
    let events = shop.published::<InventoryReservationExpired>().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].order_id, events[0].lines[0].quantity), (held.order_id, 3));
    shop.assert_sound().await;
}

async fn set_reserved(shop: &Inventory, article: &Article, reserved: i64) {
    let id = shop.item(article).await.id;
    let mut tx = shop.db().begin().await.expect("the store");
    let tampered = sql("UPDATE item SET reserved = $2 WHERE id = $1").bind(id).bind(reserved);
    tampered.run_one(&mut tx).await.expect("the store");
    tx.commit().await.expect("the store");
}

#[tokio::test]
async fn a_hold_that_cannot_be_released_does_not_keep_the_later_ones() {
    for batch in [1, 2, 100] {
        let shop = Inventory::open_with(&[("expiry_batch", batch)]).await;
        let (bad, mugs, plates) = (shop.article(5).await, shop.article(5).await, shop.article(5).await);
        let stuck = shop.reserved(&[bad.line(3)]).await;
        shop.clock.advance(Duration::from_secs(1));
        shop.reserved(&[mugs.line(3)]).await;
        shop.reserved(&[plates.line(3)]).await;
        set_reserved(&shop, &bad, 0).await;
        shop.after(Duration::from_secs(46 * 60)).await;
        assert_eq!((shop.levels(&mugs).await, shop.levels(&plates).await), ((5, 0), (5, 0)));
        assert_eq!(shop.reservation(stuck.order_id).await.status, ReservationStatus::Pending);
        let tasks = events::tasks::list(&mut shop.db().conn().await.unwrap(), 100).await.unwrap();
        let expiry = tasks.iter().find(|task| task.kind == "every:expire-reservations").unwrap();
        let error = expiry.last_error.as_deref().unwrap_or_default();
        assert!(error.contains("1 holds that ran out could not be released"), "{error}");
        set_reserved(&shop, &bad, 3).await;
        shop.after(Duration::from_secs(11)).await;
        assert_eq!(shop.levels(&bad).await, (5, 0), "it is tried again");
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn a_hold_can_be_made_longer() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let held = shop.reserved(&[article.line(3)]).await;
    shop.after(Duration::from_secs(40 * 60)).await;
    let longer: Reservation = shop.step(held.order_id, "extend").await.expect(200).json();
    assert_eq!(longer.expires_at, Some(shop.soon()));
    shop.after(Duration::from_secs(40 * 60)).await;
    assert_eq!(shop.levels(&article).await, (5, 3));
    shop.after(Duration::from_secs(10 * 60)).await;
    assert_eq!(shop.levels(&article).await, (5, 0));
}

#[tokio::test]
async fn paying_after_the_end_holds_again_if_there_is_enough() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let late = shop.reserved(&[article.line(3)]).await;
    let too_late = shop.reserved(&[article.line(2)]).await;
    shop.after(Duration::from_secs(46 * 60)).await;
    let paid: Reservation = shop.step(late.order_id, "confirm").await.expect(200).json();
    assert_eq!((paid.status, paid.lines[0].quantity), (ReservationStatus::Confirmed, 3));
    assert_eq!(shop.levels(&article).await, (5, 3));
    shop.confirmed(&[article.line(1)]).await;
    shop.step(too_late.order_id, "confirm").await.problem(409, "reservation-expired");
    assert_eq!(shop.levels(&article).await, (5, 4));
    assert_eq!(shop.reservation(too_late.order_id).await.status, ReservationStatus::Expired);
    shop.assert_sound().await;
}

#[tokio::test]
async fn cancelling_releases_and_ends_it() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let held = shop.confirmed(&[article.line(3)]).await;
    for _ in 0..2 {
        let over: Reservation = shop.step(held.order_id, "cancel").await.expect(200).json();
        assert_eq!(over.status, ReservationStatus::Cancelled);
    }
    assert_eq!(shop.levels(&article).await, (5, 0));
    shop.step(held.order_id, "confirm").await.problem(409, "reservation-cancelled");
    shop.step(held.order_id, "extend").await.problem(409, "reservation-cancelled");
    shop.step(Id::new(), "cancel").await.problem(404, "not-found");
    shop.step(Id::new(), "confirm").await.problem(404, "not-found");
    shop.settle().await;
    assert_eq!(shop.published::<InventoryReservationCancelled>().await.len(), 1);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_line_no_warehouse_can_serve_alone_is_split() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let second = shop.warehouse("SECOND", 1).await;
    shop.transfer(&article, second.id, 2).await;
    let order_id = OrderId::new();
    let lines = [article.line(4)];
    let held: Reservation = shop.ask(order_id, &lines).await.expect(201).json();
    let mut parts: Vec<_> = held.lines.iter().map(|line| line.quantity).collect();
    parts.sort_unstable();
    assert_eq!(parts, [1, 3]);
    assert!(held.lines.iter().all(|line| line.order_item_id == Some(lines[0].order_item_id)));
    let again: Reservation = shop.ask(order_id, &lines).await.expect(200).json();
    assert_eq!(again, held);
    shop.ask(Id::new(), &[article.line(2)]).await.problem(409, "insufficient-stock");
    let _released = shop.step(order_id, "cancel").await.expect(200);
    let two = shop.reserved(&[article.line(2)]).await;
    assert_eq!(two.lines.len(), 1, "one warehouse has enough");
    shop.assert_sound().await;
}
