//! The command as an operator runs it, on a data folder whose stock was changed by hand.

use super::{CHECKS, Invariants, invariants, look};
use crate::args::Common;
use crate::operator_client::Operator;
use crate::output::Outcome;
use crate::settings::Settings;
use base::Id;
use db::sql;

async fn tampered() -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let any = || Some("127.0.0.1:0".to_owned());
    let data_dir = Some(folder.path().to_owned());
    let settings =
        Settings::load(&Common { config: None, data_dir, listen: any(), ops_listen: any() }).unwrap();
    let operator = Operator::connect(&settings).await.unwrap();
    let db = operator.own_host().unwrap().db("inventory").unwrap();
    let mut tx = db.begin().await.unwrap();
    let (unit, now) = (Id::<()>::new(), tx.now());
    sql(
        "INSERT INTO unit (id, product_id, sku, discontinued, in_stock, product_version, version, created_at)
         VALUES ($1, $1, 'MUG', FALSE, TRUE, 1, 1, $2)",
    )
    .bind(unit)
    .bind(now)
    .run_one(&mut tx)
    .await
    .unwrap();
    sql("INSERT INTO item (id, unit_id, warehouse_id, status, on_hand, reserved, low, version, created_at, updated_at)
         SELECT $1, $1, id, 'ACTIVE', 7, 0, FALSE, 1, $2, $2 FROM warehouse ORDER BY id LIMIT 1")
    .bind(unit)
    .bind(now)
    .run_one(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    operator.close().await;
    (folder, settings)
}

async fn broken(settings: &Settings) -> usize {
    let operator = Operator::connect(settings).await.unwrap();
    let found = look(&operator, &CHECKS).await.unwrap();
    operator.close().await;
    found.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_found_then_planned_then_repaired() {
    let (_folder, settings) = tampered().await;
    let run = async |repair: bool, dry_run: bool| {
        matches!(invariants(&settings, Invariants { repair, dry_run }).await.unwrap(), Outcome::Done)
    };
    assert!(!run(false, false).await, "seven pieces of which the ledger knows nothing");
    assert!(!run(true, true).await);
    assert_eq!(broken(&settings).await, 1, "a dry run changes nothing");
    assert!(run(true, false).await);
    assert_eq!(broken(&settings).await, 0);
    assert!(run(true, false).await, "there is nothing left to repair");
    assert!(run(false, false).await);
}
