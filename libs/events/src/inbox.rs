//! The inbox: a message is handled once, because the note that it was is committed together with
//! its effect (contracts §2.6).

use base::{Result, Timestamp};
use db::{Db, Tx, sql};
use uuid::Uuid;

/// Notes in `tx` that `consumer` handles this message now. `false` means that it was handled
/// before: drop the transaction and acknowledge.
///
/// # Errors
/// If the store fails; the transaction is lost then.
pub async fn first_time(tx: &mut Tx, consumer: &str, message_id: Uuid, message_type: &str) -> Result<bool> {
    let now = tx.now();
    let inserted =
        sql("INSERT INTO inbox (consumer, message_id, message_type, processed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (consumer, message_id) DO NOTHING")
        .bind(consumer)
        .bind(message_id)
        .bind(message_type)
        .bind(now)
        .run(tx)
        .await?;
    Ok(inserted == 1)
}

/// Removes up to `most` notes older than `before`; answers how many.
pub(crate) async fn prune(db: &Db, before: Timestamp, most: u32) -> Result<u64> {
    let mut tx = db.begin().await?;
    let removed = sql("DELETE FROM inbox WHERE (consumer, message_id) IN
         (SELECT consumer, message_id FROM inbox WHERE processed_at < $1 LIMIT $2)")
    .bind(before)
    .bind(most)
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(removed)
}
