//! Tables `ledger_transaction` and `ledger_entry`. There is one way in, [`post`], and none to
//! change or remove what was booked.

use crate::domain::ledger::Posting;
use api::ids::{PaymentId, RefundId};
use api::payment::{LedgerEntry, LedgerTransaction};
use base::{Currency, Id, Money, Timestamp};
use db::{Conn, DbError, sql};
use uuid::Uuid;

/// Books a posting. `false` when its business key was booked before. All entries go in with one
/// statement: the ring of running sums they form is complete or refused.
pub(crate) async fn post(
    c: &mut Conn,
    posting: &Posting,
    payment: PaymentId,
    refund: Option<RefundId>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let id = Id::<Posting>::new().uuid();
    let count = posting.entries.len() as i64;
    let inserted = sql("INSERT INTO ledger_transaction (id, business_key, payment_id, refund_id, currency, entry_count, posted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING")
    .bind(id)
    .bind(&posting.business_key)
    .bind(payment)
    .bind(refund)
    .bind(posting.currency)
    .bind(count)
    .bind(now)
    .run(c)
    .await?;
    if inserted == 0 {
        return Ok(false);
    }
    let mut insert = sql(
        "INSERT INTO ledger_entry (transaction_id, position, entry_count, currency, account, amount_minor,
        before_minor, after_minor, previous_position) VALUES ",
    );
    let mut before = 0;
    for (position, (account, minor)) in (1_i64..).zip(&posting.entries) {
        let previous = if position == 1 { count } else { position - 1 };
        insert = insert.push(if position == 1 { "(" } else { ", (" }).push_bind(id);
        insert = insert.push(", ").push_bind(position).push(", ").push_bind(count);
        insert = insert.push(", ").push_bind(posting.currency).push(", ").push_bind(account.as_str());
        insert = insert.push(", ").push_bind(*minor).push(", ").push_bind(before);
        insert = insert.push(", ").push_bind(before + minor).push(", ").push_bind(previous).push(")");
        before += minor;
    }
    insert.run(c).await?;
    Ok(true)
}

/// The postings of a payment and its refunds, the oldest first.
pub(crate) async fn of_payment(c: &mut Conn, payment: PaymentId) -> Result<Vec<LedgerTransaction>, DbError> {
    let rows: Vec<(Uuid, String, Timestamp, Currency, String, i64)> =
        sql("SELECT t.id, t.business_key, t.posted_at, t.currency, e.account, e.amount_minor
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
            WHERE t.payment_id = $1 ORDER BY t.posted_at, t.id, e.position")
        .bind(payment)
        .all(c)
        .await?;
    let mut transactions: Vec<(Uuid, LedgerTransaction)> = Vec::new();
    for (id, business_key, posted_at, currency, account, minor) in rows {
        let entry = LedgerEntry { account, amount: Money::new(minor, currency) };
        match transactions.last_mut() {
            Some((last, transaction)) if *last == id => transaction.entries.push(entry),
            _ => transactions.push((id, LedgerTransaction { business_key, posted_at, entries: vec![entry] })),
        }
    }
    Ok(transactions.into_iter().map(|(_, transaction)| transaction).collect())
}
